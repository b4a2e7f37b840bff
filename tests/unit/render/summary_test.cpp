#include "render/summary.hpp"

#include <catch2/catch.hpp>

#include "base/unicode.hpp"

using namespace errand;
using namespace errand::render;
using std::chrono::milliseconds;

namespace {

chat::event::ToolResult result(std::string text, bool is_error) {
  chat::event::ToolResult out;
  out.name = "Bash";
  out.duration = milliseconds(1200);
  out.result.content = {chat::Text{std::move(text)}};
  out.result.is_error = is_error;
  return out;
}

}  // namespace

TEST_CASE("summary: a call is one harmless line that keeps its status and duration", "[render][summary]") {
  CHECK(tool_line("Bash make -s test", result("ok", false), 80, Color::off) == "✓ Bash make -s test (1.2s)");
  CHECK(tool_line("Bash make", result("cc x.c\nx.c:1: error\n[exit code 2]\n", true), 80, Color::off) ==
        "✗ Bash make (1.2s): exit code 2");
  CHECK(tool_line("Read a", result("no file \"a\"; similar: b\nmore", true), 80, Color::off) ==
        "✗ Read a (1.2s): no file \"a\"; similar: b");
  CHECK(tool_line("", result("", true), 80, Color::off) == "✗ Bash (1.2s)");
  CHECK(tool_line("Bash a\n\x1b[2Jb\tc", result("", false), 80, Color::off) == "✓ Bash a ⟦escape⟧b c (1.2s)");
  CHECK(tool_line("Bash x", result("", false), 80, Color::on) == "\x1b[32m✓\x1b[0m Bash x\x1b[2m (1.2s)\x1b[0m");
  CHECK(tool_line(ToolLine{ToolStatus::running, "Bash x", {}, {}}, 80, Color::off) == "⋯ Bash x");
}

TEST_CASE("summary: no line is wider than it may be", "[render][summary]") {
  const std::string wide(300, 'w');
  const std::string chinese = "Bash 编译并运行全部测试编译并运行全部测试编译并运行全部测试";
  for (std::size_t columns = 20; columns < 100; ++columns) {
    for (const auto& summary : {wide, chinese, std::string("x")}) {
      for (const bool failed : {true, false}) {
        CAPTURE(columns, summary, failed);
        CHECK(unicode::width(tool_line(summary, result(wide, failed), columns, Color::off)) <= columns);
      }
    }
  }
}

TEST_CASE("summary: todos and figures", "[render][summary]") {
  const chat::event::Todo todo{
      {{"read", "completed", "reading"}, {"write it", "in_progress", "writing it"}, {"test\nall", "pending", ""}}};
  CHECK(todo_lines(todo, 40, Color::off) == "☑ read\n▶ writing it\n☐ test all\n");
  CHECK(todo_lines(todo, 40, Color::off, Work::is_over) == "☑ read\n▷ write it (not finished)\n☐ test all\n");
  CHECK(todo_lines(todo, 22, Color::off, Work::is_over) == "☑ read\n▷ writ… (not finished)\n☐ test all\n");
  chat::event::Done done;
  done.num_turns = 3;
  done.duration = milliseconds(12'000);
  done.usage = {200, 480, 10'000, 0, 0};
  CHECK(figures_line(done) == "3 turns, 12s, 10200 tokens in (98% from the cache), 480 out");
  done.total_cost_usd = 0.03124;
  CHECK(figures_line(done) == "3 turns, 12s, 10200 tokens in (98% from the cache), 480 out, $0.0312");
}
