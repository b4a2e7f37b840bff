#include "cli/chat_hints.hpp"

#include <catch2/catch.hpp>

using errand::cli::in_chat_words;

TEST_CASE("chat hints: what a shell would do is said as the chat does it", "[cli][chat]") {
  CHECK(in_chat_words("see \"errand sessions list\"") == "see /sessions");
  CHECK(in_chat_words("start one without -c; \"errand sessions\" lists all") ==
        "start one without -c; /sessions lists all");
  CHECK(in_chat_words("use a model here (-m ollama/MODEL), or a file (-m scripted/FILE)") ==
        "use a model here (/model ollama/MODEL), or a file (/model scripted/FILE)");
  CHECK(in_chat_words("raise --max-turns, or continue the session with -c") == "raise --max-turns, or ask it to go on");
  CHECK(in_chat_words("wait until it is done, or go on in a copy with --fork") ==
        "wait until it is done, or go on in a copy: /resume REF --fork");
  CHECK(in_chat_words("\"errand sessions show --json\" has the ids") == "/rewind alone lets you pick a prompt");
  CHECK(in_chat_words("allow it with --allow or permissions.allow, or use another --permission-mode") ==
        "/permissions MODE, or Shift-Tab, goes on in another mode");
  CHECK(in_chat_words("set ANTHROPIC_API_KEY") == "set ANTHROPIC_API_KEY");
  CHECK(in_chat_words("").empty());
}
