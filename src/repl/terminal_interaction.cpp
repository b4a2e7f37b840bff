#include "repl/terminal_interaction.hpp"

#include <charconv>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"

namespace errand::repl {

namespace {

constexpr std::size_t max_detail_lines = 40;

std::string indented(const std::string& detail) {
  const auto lines = text::lines(detail);
  std::string out;
  for (std::size_t i = 0; i < lines.size() && i < max_detail_lines; ++i) out += "    " + lines[i] + "\n";
  if (lines.size() > max_detail_lines) out += fmt::format("    [… {} more lines]\n", lines.size() - max_detail_lines);
  return out;
}

std::string question_text(const chat::ApprovalQuestion& question) {
  std::string out = fmt::format("\n{}{} wants to run:\n", question.tool,
                                question.agent_path == "root" ? "" : fmt::format(" ({})", question.agent_path));
  out += indented(question.detail);
  out += fmt::format("  it asks because: {}\n", question.reason);
  if (!question.suggested_rule.empty())
    out += fmt::format("  \"always\" would keep the rule: {}\n", question.suggested_rule);
  return unicode::sanitize(out) + "  allow? [y]es once, [s]ession, [a]lways, [n]o (or the reason why not): ";
}

// A number picks an option; any other text is the answer itself.
std::string chosen(const std::string& line, const chat::event::Question& question) {
  std::size_t number = 0;
  const auto [end, status] = std::from_chars(line.data(), line.data() + line.size(), number);
  const bool whole = status == std::errc{} && end == line.data() + line.size();
  if (whole && number >= 1 && number <= question.options.size()) return question.options[number - 1].label;
  return line;
}

}  // namespace

void TerminalInteraction::say(std::string_view text) const {
  if (!write_all(out_, text)) return;  // a lost terminal shows at the next read
}

Result<std::string> TerminalInteraction::read_line(const Call& call) {
  ERRAND_TRY_ASSIGN(const auto line, in_.next(call));
  if (!line) return fail(ErrorKind::failure, "the terminal was closed");
  return std::string(text::trim(*line));
}

Result<chat::ApprovalAnswer> TerminalInteraction::approve(const chat::ApprovalQuestion& question, const Call& call) {
  in_.drop_pending();
  while (true) {
    say(question_text(question));
    ERRAND_TRY_ASSIGN(const auto line, read_line(call));
    const auto word = text::lower(line);
    if (word == "y" || word == "yes") return chat::ApprovalAnswer{chat::Verdict::allow_once, ""};
    if (word == "s" || word == "session") return chat::ApprovalAnswer{chat::Verdict::allow_session, ""};
    if (word == "a" || word == "always") return chat::ApprovalAnswer{chat::Verdict::allow_always, ""};
    if (word == "n" || word == "no") return chat::ApprovalAnswer{chat::Verdict::deny, ""};
    if (!line.empty()) return chat::ApprovalAnswer{chat::Verdict::deny, line};
  }
}

Result<std::vector<std::string>> TerminalInteraction::answer(const std::vector<chat::event::Question>& questions,
                                                             const Call& call) {
  in_.drop_pending();
  std::vector<std::string> out;
  for (const auto& question : questions) {
    ERRAND_TRY_ASSIGN(auto one, ask_one(question, call));
    out.push_back(std::move(one));
  }
  return out;
}

Result<std::string> TerminalInteraction::ask_one(const chat::event::Question& question, const Call& call) {
  std::string shown = fmt::format("\n{}\n", question.question);
  for (std::size_t i = 0; i < question.options.size(); ++i) {
    const auto& option = question.options[i];
    shown +=
        fmt::format("  {}. {}{}{}\n", i + 1, option.label, option.description.empty() ? "" : " - ", option.description);
  }
  say(unicode::sanitize(shown) +
      (question.multi_select ? "answer (numbers separated by commas, or text): " : "answer (a number, or text): "));
  ERRAND_TRY_ASSIGN(const auto line, read_line(call));
  if (!question.multi_select) return chosen(line, question);
  std::vector<std::string> picked;
  for (const auto& part : text::split(line, ',')) picked.push_back(chosen(std::string(text::trim(part)), question));
  return text::join(picked, ", ");
}

}  // namespace errand::repl
