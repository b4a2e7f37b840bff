#include "repl/terminal_interaction.hpp"

#include <utility>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "render/fold.hpp"
#include "repl/change_lines.hpp"

namespace errand::repl {

namespace {

using chat::ApprovalAnswer;
using chat::ApprovalQuestion;
using chat::Verdict;

constexpr std::size_t first_lines = 25;
constexpr std::size_t last_lines = 14;

enum class Extent { cut, whole };

std::string between(const std::vector<std::string>& lines, std::size_t begin, std::size_t end) {
  std::string out;
  for (auto i = begin; i < end; ++i) out += lines[i] + "\n";
  return out;
}

bool is_long(const std::vector<std::string>& lines) {
  return lines.size() > first_lines + last_lines + 1;
}

// What will happen. A long one loses its middle, never its end: that is where something would be hidden.
std::string shown(const std::vector<std::string>& lines, Extent extent) {
  if (extent == Extent::whole || !is_long(lines)) return between(lines, 0, lines.size());
  const auto hidden = lines.size() - first_lines - last_lines;
  return between(lines, 0, first_lines) +
         fmt::format("  ===== {} lines that count too are not shown here; \"v\" shows all {} =====\n", hidden,
                     lines.size()) +
         between(lines, lines.size() - last_lines, lines.size());
}

std::vector<std::string> command_lines(const ApprovalQuestion& question) {
  auto out = text::lines(unicode::sanitize(question.detail));
  for (auto& line : out) line.insert(0, "    ");
  return out;
}

std::vector<std::string> lines_of(const ApprovalQuestion& question, const render::Theme& theme) {
  const auto change = change_of(question, theme);
  return change ? change->lines : command_lines(question);
}

// What will happen stands as it is; what is said about it is broken at words.
std::string question_text(const ApprovalQuestion& question, const render::Theme& theme, Extent extent,
                          std::size_t columns) {
  const auto change = change_of(question, theme);
  const auto who = question.agent_path == "root" ? "" : fmt::format(" ({})", question.agent_path);
  const auto what = change ? fmt::format("change {}", change->path) : std::string("run");
  const auto where = question.directory.empty() ? "" : fmt::format(" in {}", question.directory);
  const auto said = [&](const std::string& text) { return render::fold(unicode::sanitize(text), columns); };
  auto out = said(fmt::format("\n{}{} wants to {}{}:\n", question.tool, who, what, where));
  out += shown(change ? change->lines : command_lines(question), extent);
  out += said(fmt::format("  it asks because: {}\n", question.reason));
  if (!question.suggested_rule.empty())
    out += said(fmt::format("  \"always\" would keep the rule: {}\n", question.suggested_rule));
  return out;
}

// What each choice of an approval means, in the order of the menu.
enum class Reply { once, session, always, view, deny, deny_because };

struct Approval {
  ChoiceRequest request;
  std::vector<Reply> replies;
};

// Where all is shown already there is no more to view.
Approval approval_menu(const ApprovalQuestion& question, Extent shown) {
  Approval out{{.kind = LineKind::answer,
                .title = "  allow? ",
                .hint = "a letter or arrows, then Enter; other words say why not",
                .choices = {},
                .typed = ChoiceRequest::Typed::answers,
                .digits = ChoiceRequest::Digits::select},
               {}};
  const auto add = [&](Reply reply, Choice choice) {
    out.replies.push_back(reply);
    out.request.choices.push_back(std::move(choice));
  };
  add(Reply::once, {"yes, this once", "", "yes"});
  if (!question.suggested_rule.empty()) {
    add(Reply::session, {"yes, in this session", question.suggested_rule, "session"});
    add(Reply::always, {"always", "keeps the rule " + question.suggested_rule, "always"});
  }
  if (shown == Extent::cut) add(Reply::view, {"view all of it", "", "view"});
  add(Reply::deny, {"no", "", "no"});
  out.request.left = "no";
  out.request.own_words = out.request.choices.size();
  add(Reply::deny_because, {"no, and say why", "", "why"});
  return out;
}

ChoiceRequest question_menu(LineKind kind, const chat::event::Question& question) {
  ChoiceRequest out{.kind = kind,
                    .title = "answer: ",
                    .hint = question.multi_select ? "Space marks, Enter answers, Esc gives no answer"
                                                  : "arrows and Enter or a number, Esc gives no answer",
                    .choices = {},
                    .selected = 0,
                    .typed = ChoiceRequest::Typed::answers,
                    .marks = question.multi_select ? ChoiceRequest::Marks::several : ChoiceRequest::Marks::one};
  for (const auto& option : question.options) out.choices.push_back({option.label, option.description, ""});
  out.own_words = out.choices.size();
  out.left = "no answer";
  out.choices.push_back({"something else", "", ""});
  return out;
}

}  // namespace

void TerminalInteraction::say(std::string_view text) const {
  if (!write_all(out_, text)) return;  // a lost terminal shows at the next read
}

// Only what was picked or left comes back: Ctrl-C and a lost terminal are errors, as the engine has them.
Result<Picked> TerminalInteraction::choose(const ChoiceRequest& request, const Call& call) {
  ERRAND_TRY_ASSIGN(auto picked, in_.choose(request, call));
  if (picked.end == Picked::End::closed) return fail(ErrorKind::failure, "the terminal was closed");
  if (picked.end == Picked::End::interrupted) return fail(ErrorKind::cancelled, "cancelled");
  return picked;
}

Result<std::string> TerminalInteraction::own_words(const std::string& prompt, const Call& call) {
  ERRAND_TRY_ASSIGN(const auto line, in_.read({LineKind::answer_again, prompt}, call));
  if (line.end == ReadLine::End::closed) return fail(ErrorKind::failure, "the terminal was closed");
  if (line.end == ReadLine::End::interrupted) return fail(ErrorKind::cancelled, "cancelled");
  return std::string(text::trim(line.text));
}

Result<ApprovalAnswer> TerminalInteraction::approve(const ApprovalQuestion& question, const Call& call) {
  auto extent = is_long(lines_of(question, theme_())) ? Extent::cut : Extent::whole;
  auto kind = LineKind::answer;
  while (true) {
    auto [request, replies] = approval_menu(question, extent);
    request.kind = std::exchange(kind, LineKind::answer_again);
    say(question_text(question, theme_(), extent, render::fold_columns(out_)));
    ERRAND_TRY_ASSIGN(auto picked, choose(request, call));
    if (picked.end != Picked::End::picked) return ApprovalAnswer{Verdict::deny, ""};
    switch (replies[picked.choices.front()]) {
      case Reply::once:
        return ApprovalAnswer{Verdict::allow_once, ""};
      case Reply::session:
        return ApprovalAnswer{Verdict::allow_session, ""};
      case Reply::always:
        return ApprovalAnswer{Verdict::allow_always, ""};
      case Reply::deny:
        return ApprovalAnswer{Verdict::deny, ""};
      case Reply::deny_because:
        if (picked.own_words.empty()) {
          ERRAND_TRY_ASSIGN(picked.own_words, own_words("  why not? ", call));
        }
        return ApprovalAnswer{Verdict::deny, std::move(picked.own_words)};
      case Reply::view:
        extent = Extent::whole;
        break;
    }
  }
}

Result<std::vector<std::string>> TerminalInteraction::answer(const std::vector<chat::event::Question>& questions,
                                                             const Call& call) {
  std::vector<std::string> out;
  for (const auto& question : questions) {
    ERRAND_TRY_ASSIGN(auto one, answer_one(out.empty() ? LineKind::answer : LineKind::answer_again, question, call));
    out.push_back(std::move(one));
  }
  return out;
}

Result<std::string> TerminalInteraction::answer_one(LineKind kind, const chat::event::Question& question,
                                                    const Call& call) {
  say(render::fold(unicode::sanitize(fmt::format("\n{}\n", question.question)), render::fold_columns(out_), 0));
  const auto request = question_menu(kind, question);
  ERRAND_TRY_ASSIGN(auto picked, choose(request, call));
  std::vector<std::string> out;
  for (const auto choice : picked.choices) {
    if (choice != request.own_words) {
      out.push_back(question.options[choice].label);
      continue;
    }
    if (picked.own_words.empty()) {
      ERRAND_TRY_ASSIGN(picked.own_words, own_words("your answer: ", call));
    }
    if (!picked.own_words.empty()) out.push_back(picked.own_words);
  }
  return text::join(out, ", ");
}

}  // namespace errand::repl
