#include <atomic>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "base/file.hpp"
#include "capture.hpp"
#include "render/change_view.hpp"
#include "render/markdown.hpp"
#include "render/text_sink.hpp"
#include "screen.hpp"

using namespace errand;
using namespace errand::render;
using namespace std::chrono_literals;
namespace event = chat::event;
using Lines = std::vector<std::string>;

namespace {

Lines without_empty_end(Lines lines) {
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

// A sink on a virtual screen, with a clock that stands still.
class Stage {
 public:
  Stage(int rows, int columns, Verbosity verbosity = Verbosity::normal) : screen_(rows, columns) {
    TextOptions options;
    options.out_fd = options.err_fd = file_.fd();
    options.answer = AnswerMode::streamed;
    options.out = options.err = Medium::terminal;
    options.out_motion = options.err_motion = Motion::on;
    options.columns = static_cast<std::size_t>(columns);
    options.rows = static_cast<std::size_t>(rows);
    options.verbosity = verbosity;
    options.repaint_every = 0ms;
    options.now = [this] { return now_.load(); };
    sink_ = std::make_unique<TextSink>(options);
  }

  Stage& send(chat::EventBody body, std::string agent_path = "root") {
    chat::Event e;
    e.agent_path = std::move(agent_path);
    e.body = std::move(body);
    sink_->on_event(e);
    return *this;
  }
  Stage& text(std::string delta) { return send(event::TextDelta{std::move(delta)}); }
  Stage& reply(std::string whole) {
    event::Assistant e;
    e.message.content = {chat::Text{std::move(whole)}};
    return send(std::move(e));
  }
  Stage& result(std::string id, std::string name, std::string content) {
    event::ToolResult e;
    e.result = {std::move(id), {chat::Text{std::move(content)}}, false};
    e.name = std::move(name);
    e.duration = 1200ms;
    return send(std::move(e));
  }
  Stage& done(std::string text, std::optional<Error> error = std::nullopt) {
    event::Done e;
    e.result = std::move(text);
    e.error = std::move(error);
    return send(std::move(e));
  }
  TextSink& sink() { return *sink_; }

  Lines lines() {
    const auto all = file_.text();
    screen_.write(std::string_view(all).substr(written_));
    written_ = all.size();
    return screen_.lines();
  }

  void pass(std::chrono::steady_clock::duration time) { now_ = now_.load() + time; }

 private:
  std::atomic<std::chrono::steady_clock::time_point> now_{
      std::chrono::steady_clock::time_point{1h}};  // the ticker's too
  test::Capture file_;
  test::VirtualScreen screen_;
  std::size_t written_ = 0;
  std::unique_ptr<TextSink> sink_;
};

}  // namespace

TEST_CASE("text sink: an answer that streams leaves on the screen what it is when it comes whole", "[render][live]") {
  for (const auto* name : {"mixed", "tables", "code", "lists"}) {
    const auto text = read_file(std::string(ERRAND_SOURCE_DIR "/tests/golden/markdown/") + name + ".md").value();
    for (const int columns : {81, 41, 21}) {
      CAPTURE(name, columns);
      Stage stage(8, columns);
      for (std::size_t at = 0; at < text.size(); at += 7) stage.text(text.substr(at, 7)).lines();
      stage.reply(text).done(text);
      Markdown markdown({Theme(), Hyperlinks::off, static_cast<std::size_t>(columns) - 1});
      markdown.feed(text);
      markdown.finish();
      CHECK(stage.lines() == without_empty_end(markdown.take()));
    }
  }
}

TEST_CASE("text sink: what is unfinished or runs stands below what is finished, and goes when it ends",
          "[render][live]") {
  Stage stage(10, 40);
  stage.text("One **bo");
  CHECK(stage.lines() == Lines{"One bo"});
  stage.send(event::Warning{"x", "look out"});
  CHECK(stage.lines() == Lines{"warning: look out", "One bo"});
  stage.text("ld** word.").reply("One **bold** word.");
  CHECK(stage.lines() == Lines{"warning: look out", "One bold word."});
  stage.send(event::ToolUse{"1", "Bash", "{}", "Bash make"}).send(event::ToolUse{"2", "Task", "{}", "Task look"});
  stage.send(event::ToolUse{"1", "Read", "{}", "Read a.txt"}, "root/looker#1");
  stage.pass(65s);
  stage.send(event::ToolUse{"3", "Bash", "{}", "Bash a command that is too long for one line"});
  CHECK(stage.lines() == Lines{"warning: look out", "One bold word.", "⋯ Bash make (1m05s)", "⋯ Task look (1m05s)",
                               "⋯ Bash a command that is too long for …", "  [looker#1] ⋯ Read a.txt (1m05s)"});
  stage.result("1", "Bash", "made");
  CHECK(stage.lines() == Lines{"warning: look out", "One bold word.", "✓ Bash make (1.2s)", "⋯ Task look (1m05s)",
                               "⋯ Bash a command that is too long for …", "  [looker#1] ⋯ Read a.txt (1m05s)"});
  stage.sink().make_room();
  CHECK(stage.lines() == Lines{"warning: look out", "One bold word.", "✓ Bash make (1.2s)"});
  stage.send(event::Cancelled{"SIGINT"}).done("", Error{ErrorKind::cancelled, "cancelled", "", {}, {}, false});
  CHECK(stage.lines() == Lines{"warning: look out", "One bold word.", "✓ Bash make (1.2s)", "cancelled (SIGINT)"});
}

TEST_CASE("text sink: a call's time does not count the time a person took to allow it", "[render][live]") {
  Stage stage(10, 40);
  stage.send(event::ToolUse{"1", "Bash", "{}", "Bash make"});
  stage.pass(60s);
  stage.send(event::Approval{"a", "1", "allow", "user"});
  stage.pass(5s);
  stage.send(event::ToolUse{"2", "Read", "{}", "Read a.txt"});
  CHECK(stage.lines() == Lines{"⋯ Bash make (5s)", "⋯ Read a.txt"});
}

TEST_CASE("text sink: a change that a person allowed stands above already, unless it was too long to be seen whole",
          "[render][live]") {
  struct Case {
    int rows;
    std::string by;
    bool is_shown;
  };
  const auto c = GENERATE(values<Case>({{20, "user", false}, {18, "user", true}, {20, "rule", true}}));
  CAPTURE(c.rows, c.by);
  Stage stage(c.rows, 40);
  stage.send(event::ToolUse{"1", "Edit", "{}", "Edit a.txt"}).send(event::Approval{"a", "1", "allow", c.by});
  stage.result("1", "Edit", "updated a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+2");
  auto expected = Lines{"✓ Edit a.txt (1.2s)"};
  if (c.is_shown) expected.insert(expected.end(), {"  @@ -1,3 +1,3 @@", "   one", "  -two", "  +2"});
  CHECK(stage.lines() == expected);
  stage.send(event::ToolUse{"2", "Edit", "{}", "Edit b.txt"}).result("2", "Edit", "updated b.txt\n@@ -1 +1 @@\n+b");
  expected.insert(expected.end(), {"✓ Edit b.txt (1.2s)", "  @@ -1 +1 @@", "  +b"});
  CHECK(stage.lines() == expected);
}

TEST_CASE("text sink: a new file that no menu could show whole is shown, as far as others are", "[render][live]") {
  Stage stage(24, 40);
  std::string content;
  for (int i = 1; i <= 500; ++i) content += "line\\n";
  stage.send(event::ToolUse{"1", "Write", R"({"content": ")" + content + R"("})", "Write a.txt"});
  stage.send(event::Approval{"a", "1", "allow", "user"}).result("1", "Write", "created a.txt (500 lines)");
  const auto lines = stage.lines();
  REQUIRE(lines.size() > 2);
  CHECK(lines[0] == "✓ Write a.txt (1.2s)");
  CHECK(lines[1] == "  +line");
}

TEST_CASE("text sink: an answer that is cut off stays as it is, above the word that says so", "[render][live]") {
  Stage stage(10, 40);
  stage.text("# Title\n\nHalf a **sen").send(event::Cancelled{"SIGINT"});
  stage.done("Half", Error{ErrorKind::cancelled, "cancelled", "", {}, {}, false});
  CHECK(stage.lines() == Lines{"# Title", "", "Half a **sen", "cancelled (SIGINT)", "the answer is partial"});
  const Error error{ErrorKind::unavailable, "the model went away", "", {}, {}, false};
  stage.text("| a | b |\n|--|--|\n| 1").send(event::ErrorEvent{error}).done("", error);
  CHECK(stage.lines() == Lines{"# Title", "", "Half a **sen", "cancelled (SIGINT)", "the answer is partial", "a │ b",
                               "──┼──", "1 │", "error: the model went away"});
}

TEST_CASE("text sink: thinking is one line while it lasts, then how long it took", "[render][live]") {
  Stage stage(10, 40);
  stage.send(event::ThinkingDelta{"I should "});
  CHECK(stage.lines() == Lines{"thinking…"});
  stage.pass(4200ms);
  stage.send(event::ThinkingDelta{"look."});
  stage.text("Yes.").reply("Yes.");
  CHECK(stage.lines() == Lines{"thought for 4s", "Yes."});
  stage.send(event::ThinkingDelta{"short"}).text("No.").reply("No.").done("No.");
  CHECK(stage.lines() == Lines{"thought for 4s", "Yes.", "No."});
}

TEST_CASE("text sink: a reply that has stopped coming says for how long, from five seconds on", "[render][live]") {
  Stage stage(10, 40);
  const auto lines_after = [&](std::chrono::milliseconds time) {
    stage.pass(time);
    stage.sink().fit();
    return stage.lines();
  };
  stage.send(event::User{}).text("Half an answer");
  CHECK(lines_after(4999ms) == Lines{"Half an answer"});
  CHECK(lines_after(1ms) == Lines{"Half an answer", "waiting… (5s)"});
  CHECK(lines_after(60s) == Lines{"Half an answer", "waiting… (1m05s)"});
  stage.send(event::TextDelta{"of another"}, "root/looker#1");
  CHECK(stage.lines() == Lines{"Half an answer", "waiting… (1m05s)"});
  stage.text(" goes on");
  CHECK(lines_after(4s) == Lines{"Half an answer goes on"});
  CHECK(lines_after(1s) == Lines{"Half an answer goes on", "waiting… (5s)"});
  stage.reply("Half an answer goes on").send(event::ToolUse{"1", "Bash", "{}", "Bash make"});
  CHECK(lines_after(5s) == Lines{"Half an answer goes on", "⋯ Bash make (5s)"});
  stage.result("1", "Bash", "made").text("Then").done("Then");
  CHECK(lines_after(10s) == Lines{"Half an answer goes on", "✓ Bash make (1.2s)", "Then"});
}

TEST_CASE("text sink: a model that is waited for is one line, from the first second until it says something",
          "[render][live]") {
  Stage stage(10, 40);
  stage.send(event::User{});
  CHECK(stage.lines() == Lines{});
  stage.pass(5s);
  stage.send(event::Warning{"x", "look out"});
  CHECK(stage.lines() == Lines{"warning: look out", "waiting… (5s)"});
  stage.text("Let me see.");
  CHECK(stage.lines() == Lines{"warning: look out", "Let me see."});
  stage.reply("Let me see.").send(event::ToolUse{"1", "Bash", "{}", "Bash make"});
  stage.send(event::ToolUse{"2", "Bash", "{}", "Bash test"}).result("1", "Bash", "made");
  stage.pass(2s);
  stage.send(event::Warning{"x", "still"});
  CHECK(stage.lines() ==
        Lines{"warning: look out", "Let me see.", "✓ Bash make (1.2s)", "warning: still", "⋯ Bash test (2s)"});
  stage.result("2", "Bash", "tested");
  stage.pass(3s);
  stage.send(event::UsageEvent{}, "root/explorer#1");
  stage.sink().fit();
  CHECK(stage.lines() == Lines{"warning: look out", "Let me see.", "✓ Bash make (1.2s)", "warning: still",
                               "✓ Bash test (1.2s)", "waiting… (3s)"});
  stage.reply("Done.").done("Done.");
  CHECK(stage.lines().back() == "Done.");
}

TEST_CASE("text sink: a wait for another try says which one that is, and waiting begins anew after it",
          "[render][live]") {
  Stage stage(10, 60);
  stage.send(event::User{});
  stage.pass(9s);
  event::Retry retry;
  retry.attempt = 2;
  retry.max_attempts = 5;
  retry.delay = 4s;
  retry.reason = "overloaded";
  stage.send(retry);
  CHECK(stage.lines() == Lines{"overloaded: trying again in 4.0s, attempt 2 of 5", "… asking again in 4s (2 of 5)"});
  stage.pass(6s);
  stage.send(event::Warning{"x", "look out"});
  CHECK(stage.lines() ==
        Lines{"overloaded: trying again in 4.0s, attempt 2 of 5", "warning: look out", "waiting… (2s)"});
  stage.text("Here.").reply("Here.").done("Here.");
  CHECK(stage.lines().back() == "Here.");
}

TEST_CASE("text sink: what is asked of a model between runs is not waited for", "[render][live]") {
  Stage stage(10, 60);
  event::Retry retry;
  retry.reason = "overloaded";
  stage.send(event::User{}).reply("Here.").done("Here.");
  stage.send(retry).send(event::CompactCompleted{});
  stage.pass(5s);
  stage.send(event::Warning{"x", "look out"});
  CHECK(stage.lines().back() == "warning: look out");
}

TEST_CASE("text sink: how a run ended is its last word, behind what is left to do", "[render][live]") {
  Stage stage(10, 60);
  const event::Todo todos{{{"Look", "completed", ""}, {"Write", "pending", ""}}};
  stage.send(todos).send(event::Cancelled{"SIGINT"});
  stage.done("", Error{ErrorKind::cancelled, "cancelled", "", {}, {}, false});
  CHECK(stage.lines() == Lines{"☑ Look", "☐ Write", "cancelled (SIGINT)"});
  const Error error{ErrorKind::unavailable, "the model went away", "", {}, {}, false};
  stage.send(todos).send(event::ErrorEvent{error}).done("", error);
  CHECK(stage.lines() ==
        Lines{"☑ Look", "☐ Write", "cancelled (SIGINT)", "☑ Look", "☐ Write", "error: the model went away"});
}

TEST_CASE("text sink: notes, warnings and errors are broken at words", "[render][live]") {
  Stage stage(10, 24);
  stage.send(event::Warning{"x", "the definition has changed since then"});
  const Error error{ErrorKind::unavailable, "the model went away for good", "ask it later", {}, {}, false};
  stage.send(event::ErrorEvent{error}).done("", error);
  CHECK(stage.lines() == Lines{"warning: the definition", "  has changed since", "  then", "error: the model went",
                               "  away for good", "  hint: ask it later"});
}

TEST_CASE("text sink: an edit shows its diff, a new file its beginning", "[render][live]") {
  Stage stage(20, 40);
  stage.send(event::ToolUse{"1", "Edit", "{}", "Edit a.txt"});
  stage.result("1", "Edit", "updated a.txt\n@@ -1,2 +1,2 @@\n same\n-old\tx\n+new \x1b[2J\n");
  std::string content;
  for (int i = 1; i <= 11; ++i) content += fmt::format("line {}\\n", i);
  stage.send(event::ToolUse{"2", "Write", "{\"content\": \"" + content + "\"}", "Write b.txt"});
  stage.result("2", "Write", "created b.txt (11 lines)");
  stage.done("");
  CHECK(stage.lines() == Lines{"✓ Edit a.txt (1.2s)", "  @@ -1,2 +1,2 @@", "   same", "  -old    x", "  +new ⟦escape⟧",
                               "✓ Write b.txt (1.2s)", "  +line 1", "  +line 2", "  +line 3", "  +line 4", "  +line 5",
                               "  +line 6", "  +line 7", "  +line 8", "  … 3 lines more"});
}

TEST_CASE("live: a person's own command has a line with its time, and of a lot its two ends stay", "[render][live]") {
  Stage stage(80, 40);
  stage.sink().begin_command("! make all");
  CHECK(stage.lines() == Lines{"⋯ ! make all"});
  stage.sink().command_said("one\nha");
  CHECK(stage.lines() == Lines{"one", "ha", "⋯ ! make all"});
  std::string flood = "lf\n";
  for (int i = 0; i < 100; ++i) flood += fmt::format("row {}\n", i);
  stage.sink().command_said(flood);
  stage.pass(2s);
  stage.sink().command_said("row 100");
  auto shown = stage.lines();
  REQUIRE(shown.size() > 7);
  CHECK(Lines(shown.end() - 8, shown.end()) ==
        Lines{"row 27", "… 68 lines", "row 96", "row 97", "row 98", "row 99", "row 100", "⋯ ! make all (2s)"});
  stage.sink().end_command("elsewhere");
  shown = stage.lines();
  REQUIRE(shown.size() == 61);
  CHECK(shown[0] == "one");
  CHECK(shown[1] == "half");
  CHECK(shown[30] == "… 43 lines between: elsewhere");
  CHECK(shown[31] == "row 71");
  CHECK(shown[60] == "row 100");
  stage.sink().begin_command("! true");
  stage.sink().end_command("elsewhere");
  CHECK(stage.lines().back() == "row 100");
}
