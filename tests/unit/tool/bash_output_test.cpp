#include <thread>

#include <catch2/catch.hpp>

#include "support/tool_bench.hpp"

namespace errand::tool {
namespace {

// All that is printed until the command has ended.
std::string until_end(test::ToolBench& bench, const std::string& id) {
  std::string out;
  constexpr std::string_view running = "[still running]";
  for (;;) {
    auto text = bench.text("BashOutput", {{"id", id}});
    if (!text.ends_with(running)) return out + text;
    out += text.substr(0, text.size() - running.size());
    std::this_thread::yield();
  }
}

TEST_CASE("BashOutput: a background command's output in pieces, then its end", "[tool][bash]") {
  test::ToolBench bench;
  bench.text("Bash", {{"command", "mkfifo go"}});
  const auto started =
      bench.text("Bash", {{"command", "read x < go; echo \"got $x\"; exit 3"}, {"run_in_background", true}});
  CHECK(started.find("started in the background as bash_1; ") == 0);
  CHECK(bench.text("BashOutput", {{"id", "bash_1"}}) == "[still running]");
  bench.text("Bash", {{"command", "echo now > go"}});
  CHECK(until_end(bench, "bash_1") == "got now\n[exit code 3]");
  CHECK(bench.text("BashOutput", {{"id", "bash_1"}}) == "[exit code 3]");
}

TEST_CASE("BashOutput: a filter picks lines, a wrong one loses none", "[tool][bash]") {
  test::ToolBench bench;
  bench.text("Bash", {{"command", "echo one; echo two; echo three"}, {"run_in_background", true}});
  const auto wrong = bench.call("BashOutput", {{"id", "bash_1"}, {"filter", "("}});
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().message.find("the filter \"(\" is no regular expression (RE2): missing )") == 0);
  const auto all = until_end(bench, "bash_1");
  CHECK(all == "one\ntwo\nthree\n[ended, exit code 0]");
  bench.text("Bash", {{"command", "echo one; echo two; echo three"}, {"run_in_background", true}});
  std::string picked;
  do {
    picked += bench.text("BashOutput", {{"id", "bash_2"}, {"filter", "^t"}});
  } while (!picked.ends_with("exit code 0]"));
  CHECK(picked.find("two\n") != std::string::npos);
  CHECK(picked.find("one") == std::string::npos);
}

TEST_CASE("KillShell: ends what ignores signals; only so many run at once", "[tool][bash]") {
  test::ToolBench bench;
  const Json stubborn = {{"command", "trap '' TERM; while :; do read -t 1 <> <(:); done"}, {"run_in_background", true}};
  for (std::size_t i = 0; i < Shells::most_running; ++i) CHECK(bench.call("Bash", stubborn));
  const auto too_many = bench.call("Bash", stubborn);
  REQUIRE_FALSE(too_many);
  CHECK(too_many.error().message.find("8 commands run in the background already") == 0);
  CHECK(bench.text("KillShell", {{"id", "bash_3"}}).find("bash_3 has ended") == 0);
  CHECK(bench.text("BashOutput", {{"id", "bash_3"}}).ends_with("[ended by KillShell]"));
  CHECK(bench.call("Bash", stubborn));
}

TEST_CASE("BashOutput, KillShell: an id nobody knows names those there are", "[tool][bash]") {
  test::ToolBench bench;
  const auto name = GENERATE(as<std::string>{}, "BashOutput", "KillShell");
  const auto none = bench.call(name, {{"id", "bash_9"}});
  REQUIRE_FALSE(none);
  CHECK(none.error().message == "there is no background command \"bash_9\": none was started");
  bench.text("Bash", {{"command", "true"}, {"run_in_background", true}});
  const auto other = bench.call(name, {{"id", "bash_9"}});
  REQUIRE_FALSE(other);
  CHECK(other.error().message == "there is no background command \"bash_9\"; there are: bash_1");
}

}  // namespace
}  // namespace errand::tool
