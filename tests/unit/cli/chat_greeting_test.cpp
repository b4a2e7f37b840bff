#include "cli/chat_greeting.hpp"

#include <catch2/catch.hpp>

using namespace errand::cli;
using Lines = std::vector<std::string>;

TEST_CASE("greeting: it is broken at words, and names the home directory as people do", "[cli][chat]") {
  const Greeting greeting{"coder", "anthropic/claude-sonnet-5-5", "/home/ann/src/errand", "/home/ann"};
  CHECK(greeting_lines(greeting, 100) ==
        Lines{"coder on anthropic/claude-sonnet-5-5 in ~/src/errand; /help lists commands, Ctrl-D leaves"});
  CHECK(greeting_lines(greeting, 40) ==
        Lines{"coder on anthropic/claude-sonnet-5-5 in", "~/src/errand; /help lists commands,", "Ctrl-D leaves"});
  CHECK(greeting_lines({"coder", "m", "/home/ann", "/home/ann"}, 19) ==
        Lines{"coder on m in ~;", "/help lists", "commands, Ctrl-D", "leaves"});
}

TEST_CASE("greeting: of a long path its end stays, and nothing of others is obeyed", "[cli][chat]") {
  CHECK(greeting_lines({"coder", "m", "/home/anna/a/long/way/down", "/home/ann"}, 19) ==
        Lines{"coder on m in", "…/down; /help lists", "commands, Ctrl-D", "leaves"});
  for (const auto& line : greeting_lines({"a\x1b[2J", "m\n", "/w/\x1b]0;x\a", ""}, 79))
    CHECK(line.find_first_of("\x1b\a") == std::string::npos);
}
