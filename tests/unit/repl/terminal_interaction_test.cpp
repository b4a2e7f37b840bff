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
  CHECK_THAT(cut.shown, Catch::Contains("62 lines that will run too are not shown here; \"v\" shows all 101"));
  CHECK(text::lines(cut.shown).size() < 50);

  const auto hidden = many(50, "touch evil\n") + many(50, "true");
  CHECK_THAT(asked(question_of(hidden), "y\n").shown, !Catch::Contains("touch evil"));
  const auto whole = asked(question_of(hidden), "v\nno\n");
  CHECK(whole.answer.verdict == Verdict::deny);
  CHECK_THAT(whole.shown, Catch::Contains("    touch evil\n"));
}

TEST_CASE("terminal interaction: the question says what, where and why", "[repl]") {
  CHECK(asked(question_of("make"), "y\n").shown ==
        "\nBash wants to run in /w/sub:\n    make\n  it asks because: it runs a command\n"
        "  \"always\" would keep the rule: Bash(make)\n"
        "  allow? [y]es once, [s]ession, [a]lways, [v]iew all, [n]o (or the reason why not): ");
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
      {"", "a\ns\nn\n", Verdict::deny, ""},  // no rule to keep: asked again
  }));
  CAPTURE(c.rule, c.typed);
  auto question = question_of("make");
  question.suggested_rule = c.rule;
  const auto seen = asked(question, std::string(c.typed));
  CHECK(seen.answer.verdict == c.verdict);
  CHECK(seen.answer.reason == c.reason);
  CHECK((seen.shown.find("[a]lways") == std::string::npos) == c.rule.empty());
}
