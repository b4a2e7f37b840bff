#include <thread>

#include <catch2/catch.hpp>

#include "base/rewrites.hpp"
#include "support/tool_bench.hpp"

namespace errand::tool {
namespace {

std::string live_text(const std::vector<chat::EventBody>& events) {
  std::string out;
  for (const auto& event : events) {
    if (const auto* output = std::get_if<chat::event::ToolOutput>(&event)) out += output->text;
  }
  return out;
}

TEST_CASE("Bash: what the model reads of a command", "[tool][bash]") {
  test::ToolBench bench;
  struct Row {
    const char* command;
    const char* text;
  };
  const auto row = GENERATE(values<Row>({
      {"echo out; echo err >&2; echo out", "out\nerr\nout\n"},
      {"true", "(no output)"},
      {"echo half; exit 3", "half\n[exit code 3]"},
      {"printf half; false", "half\n[exit code 1]"},
      {"exit 139", "[exit code 139, as from SIGSEGV]"},
      {"kill -KILL $$", "[killed by signal 9 (SIGKILL)]"},
      {"printf 'a\\033[31mb\\000c\\377\\n'", "a⟦escape⟧b⟦control⟧c\uFFFD\n"},
      {"printf 'one\\r\\n10 %%\\r20 %%\\r\\033[K30 %%\\ndone\\r'", "one\n⟦escape⟧30 %\ndone"},
      {"set -eu; set -x; false; echo no", "++ false\n[exit code 1]"},
      {"cat", "(no output)"},
      {"exec >log.txt; echo hidden", "(no output)"},
      {"exec >&-; echo lost 2>/dev/null", "[exit code 1]"},
      {"if true; then", "/bin/bash: eval: line 2: syntax error: unexpected end of file\n[exit code 1]"},
      {"echo $#", "1\n"},
      {"cat <<'X'\nhere\nX", "here\n"},
  }));
  CAPTURE(row.command);
  const auto text = bench.text("Bash", {{"command", row.command}});
  if (std::string_view(row.command).starts_with("if true")) {
    CHECK(text.find("syntax error: unexpected end of file\n[exit code ") != std::string::npos);
  } else {
    CHECK(text == row.text);
  }
  // What was shown live is the same output.
  CHECK((text == "(no output)" || text.starts_with(errand::text::last_rewrites(live_text(bench.events)))));
  if (std::string_view(row.command).starts_with("exec >log")) CHECK(bench.read("log.txt") == "hidden\n");
}

TEST_CASE("Bash: the working directory is kept, as far as it is in the workspace", "[tool][bash]") {
  test::ToolBench bench;
  bench.write("sub/deep/x", "");
  const auto pwd = [&] { return bench.text("Bash", {{"command", "pwd"}}); };
  CHECK(pwd() == bench.root() + "\n");
  CHECK(bench.text("Bash", {{"command", "cd sub/deep && exit 3"}}) == "[exit code 3]");
  CHECK(pwd() == bench.root() + "/sub/deep\n");
  CHECK(bench.text("Bash", {{"command", "set -e; cd ..; false"}}) == "[exit code 1]");
  CHECK(pwd() == bench.root() + "/sub\n");
  CHECK(bench.text("Bash", {{"command", "cd /"}}) ==
        "[the next command starts in sub: / is not kept between commands]");
  CHECK(pwd() == bench.root() + "/sub\n");
  bench.text("Bash", {{"command", "ln -s .. up; cd up"}});
  CHECK(pwd() == bench.root() + "\n");
  bench.text("Bash", {{"command", "mkdir gone; cd gone; rmdir ../gone"}});
  CHECK(pwd() == bench.root() + "\n");
  bench.text("Bash", {{"command", "cd sub"}});
  std::filesystem::remove_all(bench.root() + "/sub");
  CHECK(pwd() == bench.root() + "\n");
}

TEST_CASE("Bash: a timeout keeps what was printed and says so", "[tool][bash]") {
  test::ToolBench bench;
  const auto output = bench.call("Bash", {{"command", "echo before; cd /usr; sleep 60"}, {"timeout", 1}});
  REQUIRE(output);
  CHECK(output->is_error);
  const auto text = chat::text_of(output->content);
  CHECK(text.starts_with("before\n"));
  CHECK(text.find("[timed out after 1") != std::string::npos);
}

TEST_CASE("Bash: the user's stop ends it and keeps what was printed", "[tool][bash]") {
  test::ToolBench bench;
  std::stop_source source;
  std::jthread stopper([&] {
    while (!std::filesystem::exists(bench.root() + "/started")) std::this_thread::yield();
    source.request_stop();
  });
  const auto output =
      bench.call("Bash", {{"command", "echo before; touch started; sleep 60"}}, Call{source.get_token()});
  REQUIRE(output);
  CHECK(chat::text_of(output->content).starts_with("before\n[cancelled by the user after "));
}

TEST_CASE("Bash: output without end is cut and said", "[tool][bash]") {
  test::ToolBench bench;
  const auto text = bench.text("Bash", {{"command", "yes"}});
  CHECK(text.size() > (16U << 20U));
  CHECK(text.size() < (17U << 20U));
  CHECK(text.ends_with("\n[killed: it wrote more than 16 MiB; this is the output until then]"));
  CHECK(live_text(bench.events).size() == std::size_t{1} << 20U);
}

TEST_CASE("Bash: no sandbox, no command; and off is said", "[tool][bash]") {
  test::ToolBench refused;
  refused.shell.refusal = "bubblewrap is not installed";
  const auto output = refused.call("Bash", {{"command", "echo never > ran"}});
  REQUIRE_FALSE(output);
  CHECK(output.error().kind == ErrorKind::denied);
  CHECK_FALSE(std::filesystem::exists(refused.root() + "/ran"));

  test::ToolBench off([](sandbox::SandboxPolicy& policy) { policy.enforced = false; });
  CHECK(off.text("Bash", {{"command", "echo hi"}}) == "hi\n[ran without a sandbox]");
}

}  // namespace
}  // namespace errand::tool
