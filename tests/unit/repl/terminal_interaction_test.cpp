#include "repl/terminal_interaction.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "repl/cooked_lines.hpp"

using namespace errand;
using chat::Verdict;

namespace {

struct Exchange {
  chat::ApprovalAnswer answer;
  std::string shown;
};

Exchange asked(const chat::ApprovalQuestion& question, const std::string& typed) {
  const auto input = memory_file(typed).value();
  auto pipe = make_pipe().value();
  repl::CookedLines lines(input.get(), pipe.write_end.get(), 1000);
  repl::TerminalInteraction terminal(lines, pipe.write_end.get());
  auto answer = terminal.approve(question, {}).value();
  pipe.write_end.reset();
  return {std::move(answer), read_all(pipe.read_end.get(), 1U << 20U).value()};
}

chat::ApprovalQuestion question_of(const std::string& detail) {
  return {.tool = "Bash",
          .summary = {},
          .detail = detail,
          .reason = "it runs a command",
          .suggested_rule = "Bash(make)",
          .agent_path = "root",
          .directory = "/w/sub"};
}

std::string many(std::size_t count, const std::string& last) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += "echo 1\n";
  return out + last;
}

}  // namespace

TEST_CASE("terminal interaction: what will run is shown with its end, and whole when asked for", "[repl]") {
  const auto cut = asked(question_of(many(100, "touch evil")), "y\n");
  CHECK(cut.answer.verdict == Verdict::allow_once);
  CHECK_THAT(cut.shown, Catch::Contains("    touch evil\n"));
  CHECK_THAT(cut.shown, Catch::Contains("62 lines that count too are not shown here; \"v\" shows all 101"));
  CHECK(text::lines(cut.shown).size() < 60);

  const auto hidden = many(50, "touch evil\n") + many(50, "true");
  CHECK_THAT(asked(question_of(hidden), "y\n").shown, !Catch::Contains("touch evil"));
  const auto whole = asked(question_of(hidden), "v\nno\n");
  CHECK(whole.answer.verdict == Verdict::deny);
  CHECK_THAT(whole.shown, Catch::Contains("    touch evil\n"));
  const auto views = [](const std::string& shown) {
    return text::split(shown, '\n').size() -
           text::split(text::replace_all(shown, "view all of it (v)\n", ""), '\n').size();
  };
  CHECK(views(whole.shown) == 1);  // then there is no more to view
}

TEST_CASE("terminal interaction: the question says what, where and why", "[repl]") {
  CHECK(asked(question_of("make"), "y\n").shown ==
        "\nBash wants to run in /w/sub:\n    make\n  it asks because: it runs a command\n"
        "  \"always\" keeps for you: Bash(make), in every project\n"
        "  1. yes, this once (y)\n  2. yes, in this session (s) - Bash(make)\n"
        "  3. always (a) - keeps the rule Bash(make), in every project\n  4. no (n)\n  5. no, and say why (w)\n"
        "  allow? (a number, a letter, or your own words): ");
}

TEST_CASE("terminal interaction: an answer is a key, a word or the reason why not", "[repl]") {
  struct Case {
    std::string_view rule;
    std::string_view typed;
    Verdict verdict;
    std::string_view reason;
  };
  const auto c = GENERATE(values<Case>({
      {"Bash(make)", "YES\n", Verdict::allow_once, ""},
      {"Bash(make)", "s\n", Verdict::allow_session, ""},
      {"Bash(make)", "always\n", Verdict::allow_always, ""},
      {"Bash(make)", "\n\nuse ninja\n", Verdict::deny, "use ninja"},
      {"Bash(make)", "2\n", Verdict::allow_session, ""},
      {"Bash(make)", "5\nuse ninja\n", Verdict::deny, "use ninja"},
      {"Bash(make)", "5\n\ny\n", Verdict::allow_once, ""},
      {"Bash(make)", "5\n/exit\nuse ninja\n", Verdict::deny, "use ninja"},
      {"Bash(make)", "/exit\n9\nn\n", Verdict::deny, ""},
      {"", "a\ns\nS\ny\n", Verdict::allow_once, ""},  // no rule to keep: it is no key then, and no reason either
      {"", "an s\n", Verdict::deny, "an s"},
      {"", "2\n", Verdict::deny, ""},
  }));
  CAPTURE(c.rule, c.typed);
  auto question = question_of("make");
  question.suggested_rule = c.rule;
  const auto seen = asked(question, std::string(c.typed));
  CHECK(seen.answer.verdict == c.verdict);
  CHECK(seen.answer.reason == c.reason);
  CHECK((seen.shown.find("always (a)") == std::string::npos) == c.rule.empty());
}

TEST_CASE("terminal interaction: a change of a file is shown as a diff, and whole when asked for", "[repl]") {
  auto question = question_of(
      R"({"file_path": "src/a.cpp", "edits": [
          {"old_string": "one\ntwo\nthree", "new_string": "one\n2\nthree"},
          {"old_string": "x", "new_string": "x\n", "replace_all": true}]})");
  question.tool = "Edit";
  CHECK_THAT(asked(question, "n\n").shown,
             Catch::Contains("\nEdit wants to change src/a.cpp in /w/sub:\n  @@ edit 1 of 2 @@\n   one\n  -two\n  +2\n"
                             "   three\n  @@ edit 2 of 2, wherever it stands @@\n   x\n  +\n  it asks because: "));
  question.detail = "--- src/a.cpp\n+++ src/a.cpp\n@@ -3,2 +3,2 @@\n two\n-three\n+\x1b[2J3\n";
  CHECK_THAT(asked(question, "n\n").shown,
             Catch::Contains("\nEdit wants to change src/a.cpp in /w/sub:\n  @@ -3,2 +3,2 @@\n   two\n  -three\n"
                             "  +⟦escape⟧3\n  it asks because: "));
  question.tool = "Write";
  question.detail = "--- /dev/null\n+++ b.txt\n@@ -0,0 +1 @@\n+first\n";
  CHECK_THAT(asked(question, "n\n").shown,
             Catch::Contains("\nWrite wants to create b.txt in /w/sub:\n  @@ -0,0 +1 @@\n  +first\n  it asks"));
  question.detail = R"({"file_path": "b.txt", "content": "first\n\u001b[2Jlast\n"})";
  CHECK_THAT(asked(question, "n\n").shown,
             Catch::Contains("\nWrite wants to change b.txt in /w/sub:\n  +first\n  +⟦escape⟧last\n  it asks"));
  question.detail = R"({"file_path": 1})";
  CHECK_THAT(asked(question, "n\n").shown, Catch::Contains("wants to run in /w/sub:\n    {\"file_path\": 1}\n"));
}

TEST_CASE("terminal interaction: several answers are numbers, parted by commas or blanks", "[repl]") {
  const chat::event::Question question{"Which sides?", "", {{"front", ""}, {"back", ""}, {"top", ""}}, true};
  const auto [typed, answer] = GENERATE(values<std::pair<std::string, std::string>>({
      {"1,3\n", "front, top"},
      {"1 3\n", "front, top"},
      {"1, 3\n", "front, top"},
      {"9\n2\n", "back"},
      {"1 9\n2\n", "back"},
      {"1, the edge\n", "front, the edge"},
      {"4\nthe edge\n", "the edge"},
      {"4\n\n2\n", "back"},
      {"/exit\n2\n", "back"},
  }));
  CAPTURE(typed);
  const auto input = memory_file(typed).value();
  auto pipe = make_pipe().value();
  repl::CookedLines lines(input.get(), pipe.write_end.get(), 1000);
  repl::TerminalInteraction terminal(lines, pipe.write_end.get());
  CHECK(terminal.answer({question}, {}).value() == std::vector<std::string>{answer});
  pipe.write_end.reset();
  const auto shown = read_all(pipe.read_end.get(), 1U << 20U).value();
  CHECK_THAT(shown, Catch::StartsWith("\nWhich sides?\n  1. front\n"));
  if (typed.find('9') != std::string::npos) CHECK_THAT(shown, Catch::Contains("there is no choice 9, only 1 to 4\n"));
}

TEST_CASE("terminal interaction: a plan is approved with the mode that follows, edited, or rejected", "[repl][plan]") {
  struct Case {
    std::string typed;
    chat::PlanAnswer::Verdict verdict;
    chat::PermissionMode mode;
    std::string plan;
    std::string reason;
  };
  using PlanVerdict = chat::PlanAnswer::Verdict;
  const auto c = GENERATE(values<Case>({
      {"\n\ny\n", PlanVerdict::approve, chat::PermissionMode::ask, "1. one", ""},
      {"2\n", PlanVerdict::approve, chat::PermissionMode::automatic, "1. one", ""},
      {"edit\nauto\n", PlanVerdict::approve, chat::PermissionMode::automatic, "1. one\n2. ⟦escape⟧two", ""},
      {"e\nn\n", PlanVerdict::reject, chat::PermissionMode::ask, "1. one\n2. ⟦escape⟧two", ""},
      {"5\nless\n", PlanVerdict::reject, chat::PermissionMode::ask, "1. one", "less"},
      {"do less\n", PlanVerdict::reject, chat::PermissionMode::ask, "1. one", "do less"},
  }));
  CAPTURE(c.typed);
  const auto input = memory_file(c.typed).value();
  auto pipe = make_pipe().value();
  repl::CookedLines lines(input.get(), pipe.write_end.get(), 1000,
                          [](const std::string& text) -> Result<std::string> { return text + "\n2. \x1b[2Jtwo"; });
  repl::TerminalInteraction terminal(lines, pipe.write_end.get());
  const auto answer = terminal.review("1. one", {}).value();
  CHECK(answer.verdict == c.verdict);
  CHECK(answer.mode == c.mode);
  CHECK(answer.plan == c.plan);
  CHECK(answer.reason == c.reason);
}

TEST_CASE("terminal interaction: where no editor is, or it leaves nothing, the plan stays and is asked about again",
          "[repl][plan]") {
  const bool has_editor = GENERATE(false, true);
  const auto input = memory_file("e\ny\n").value();
  auto pipe = make_pipe().value();
  repl::CookedLines lines(input.get(), pipe.write_end.get(), 1000);
  const auto empty = [](const std::string&) -> Result<std::string> { return std::string(" \n"); };
  repl::CookedLines editing(input.get(), pipe.write_end.get(), 1000, empty);
  repl::TerminalInteraction terminal(has_editor ? editing : lines, pipe.write_end.get());
  CHECK(terminal.review("1. one", {}).value().plan == "1. one");
  pipe.write_end.reset();
  CHECK_THAT(read_all(pipe.read_end.get(), 1U << 20U).value(),
             Catch::Contains(has_editor ? "an empty plan is none" : "error: there is no editor here"));
}
