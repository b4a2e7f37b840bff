#include "repl/terminal_interaction.hpp"

#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"

namespace errand::repl {

namespace {

constexpr std::size_t first_lines = 25;
constexpr std::size_t last_lines = 14;

enum class Extent { cut, whole };

std::string between(const std::vector<std::string>& lines, std::size_t begin, std::size_t end) {
  std::string out;
  for (auto i = begin; i < end; ++i) out += "    " + lines[i] + "\n";
  return out;
}

// What will run. A long one loses its middle, never its end: that is where something would be hidden.
std::string indented(const std::vector<std::string>& lines, Extent extent) {
  if (extent == Extent::whole || lines.size() <= first_lines + last_lines + 1) return between(lines, 0, lines.size());
  const auto hidden = lines.size() - first_lines - last_lines;
  return between(lines, 0, first_lines) +
         fmt::format("  ===== {} lines that will run too are not shown here; \"v\" shows all {} =====\n", hidden,
                     lines.size()) +
         between(lines, lines.size() - last_lines, lines.size());
}

std::string question_text(const chat::ApprovalQuestion& question, Extent extent) {
  const auto who = question.agent_path == "root" ? "" : fmt::format(" ({})", question.agent_path);
  const auto where = question.directory.empty() ? "" : fmt::format(" in {}", question.directory);
  const bool has_rule = !question.suggested_rule.empty();
  auto out = fmt::format("\n{}{} wants to run{}:\n", question.tool, who, where);
  out += indented(text::lines(question.detail), extent);
  out += fmt::format("  it asks because: {}\n", question.reason);
  if (has_rule) out += fmt::format("  \"always\" would keep the rule: {}\n", question.suggested_rule);
  return unicode::sanitize(out) + fmt::format("  allow? [y]es once, {}[v]iew all, [n]o (or the reason why not): ",
                                              has_rule ? "[s]ession, [a]lways, " : "");
}

// Nothing for what is no answer: it is asked again.
std::optional<chat::ApprovalAnswer> answer_in(const std::string& line, const chat::ApprovalQuestion& question) {
  using chat::Verdict;
  const auto word = text::lower(line);
  if (line.empty()) return std::nullopt;
  if (word == "y" || word == "yes") return chat::ApprovalAnswer{Verdict::allow_once, ""};
  if (word == "n" || word == "no") return chat::ApprovalAnswer{Verdict::deny, ""};
  const bool session = word == "s" || word == "session";
  const bool always = word == "a" || word == "always";
  if (!session && !always) return chat::ApprovalAnswer{Verdict::deny, line};
  if (question.suggested_rule.empty()) return std::nullopt;  // nothing could be kept
  return chat::ApprovalAnswer{session ? Verdict::allow_session : Verdict::allow_always, ""};
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

// The last line of `text` is what stands before the answer.
Result<std::string> TerminalInteraction::ask(LineKind kind, std::string_view text, const Call& call) {
  const auto last = text.rfind('\n') + 1;  // npos + 1 is 0
  say(text.substr(0, last));
  ERRAND_TRY_ASSIGN(const auto line, in_.read({kind, std::string(text.substr(last))}, call));
  switch (line.end) {
    case ReadLine::End::closed:
      return fail(ErrorKind::failure, "the terminal was closed");
    case ReadLine::End::interrupted:
      return fail(ErrorKind::cancelled, "cancelled");
    case ReadLine::End::submitted:
      break;
  }
  return std::string(text::trim(line.text));
}

Result<chat::ApprovalAnswer> TerminalInteraction::approve(const chat::ApprovalQuestion& question, const Call& call) {
  auto extent = Extent::cut;
  auto kind = LineKind::answer;
  while (true) {
    ERRAND_TRY_ASSIGN(const auto line, ask(kind, question_text(question, extent), call));
    kind = LineKind::answer_again;
    const auto word = text::lower(line);
    if (word == "v" || word == "view") {
      extent = Extent::whole;
    } else if (auto answer = answer_in(line, question)) {
      return *std::move(answer);
    }
  }
}

Result<std::vector<std::string>> TerminalInteraction::answer(const std::vector<chat::event::Question>& questions,
                                                             const Call& call) {
  std::vector<std::string> out;
  for (const auto& question : questions) {
    ERRAND_TRY_ASSIGN(auto one, ask_one(out.empty() ? LineKind::answer : LineKind::answer_again, question, call));
    out.push_back(std::move(one));
  }
  return out;
}

Result<std::string> TerminalInteraction::ask_one(LineKind kind, const chat::event::Question& question,
                                                 const Call& call) {
  std::string shown = fmt::format("\n{}\n", question.question);
  for (std::size_t i = 0; i < question.options.size(); ++i) {
    const auto& option = question.options[i];
    shown +=
        fmt::format("  {}. {}{}{}\n", i + 1, option.label, option.description.empty() ? "" : " - ", option.description);
  }
  shown = unicode::sanitize(shown) +
          (question.multi_select ? "answer (numbers separated by commas, or text): " : "answer (a number, or text): ");
  ERRAND_TRY_ASSIGN(const auto line, ask(kind, shown, call));
  if (!question.multi_select) return chosen(line, question);
  std::vector<std::string> picked;
  for (const auto& part : text::split(line, ',')) picked.push_back(chosen(std::string(text::trim(part)), question));
  return text::join(picked, ", ");
}

}  // namespace errand::repl
