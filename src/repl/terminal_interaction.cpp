#include "repl/terminal_interaction.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "render/fold.hpp"
#include "render/line.hpp"
#include "repl/change_lines.hpp"

namespace errand::repl {

namespace {

using chat::ApprovalAnswer;
using chat::ApprovalQuestion;
using chat::Verdict;

// A shorter one is seen whole on every screen that has room for its answers.
constexpr std::size_t long_question_bytes = 200;

constexpr std::size_t command_margin = 4;
constexpr std::size_t least_columns = 12;

std::vector<std::string> said(const std::string& text, std::size_t columns) {
  return text::lines(render::fold(unicode::sanitize(text), columns));
}

// As it will run: broken at the edge alone, no blank of it lost.
std::vector<std::string> command_rows(const std::string& command, std::size_t columns) {
  const auto room = std::max(columns, least_columns) - command_margin;
  std::vector<std::string> out;
  for (const auto& line : text::lines(text::replace_all(unicode::sanitize(command), "\t", "    "))) {
    for (const auto& piece : render::cut({render::Run{line, {}}}, room))
      out.push_back(std::string(command_margin, ' ') + render::paint(piece, render::Theme()));
  }
  return out;
}

// What a rule that is kept reaches: one that names its place means the same from everywhere.
std::string kept_rule(const std::string& rule) {
  return rule.find("(//") == std::string::npos ? rule + ", in every project" : rule;
}

// What will happen stands as it is; what is said about it is broken at words.
Subject subject_of(const ApprovalQuestion& question, const render::Theme& theme, std::size_t columns) {
  auto change = change_of(question, theme, columns);
  const auto who = question.agent_path == "root" ? "" : fmt::format(" ({})", question.agent_path);
  const auto verb = !change ? "run" : change->kind == Change::Kind::creates ? "create " : "change ";
  const auto where = question.directory.empty() ? "" : fmt::format(" in {}", question.directory);
  Subject out;
  out.before = said(
      fmt::format("\n{}{} wants to {}{}{}:\n", question.tool, who, verb, change ? change->path : "", where), columns);
  if (change) {
    out.what = std::move(change->lines.rows);
    out.telling = std::move(change->lines.telling);
  } else {
    out.what = command_rows(question.detail, columns);
  }
  auto about = fmt::format("  it asks because: {}\n", question.reason);
  if (!question.suggested_rule.empty())
    about += fmt::format("  \"always\" keeps for you: {}\n", kept_rule(question.suggested_rule));
  out.after = said(about, columns);
  return out;
}

// It is asked for with each key: made anew for another width alone.
std::function<Subject(std::size_t)> remembered(std::function<Subject(std::size_t)> make) {
  return [make = std::move(make), columns = std::size_t{0}, kept = Subject()](std::size_t wanted) mutable {
    if (wanted != columns) kept = make(wanted);
    columns = wanted;
    return kept;
  };
}

// What each choice of an approval means, in the order of the menu.
enum class Reply { once, session, always, deny, deny_because };

struct Approval {
  ChoiceRequest request;
  std::vector<Reply> replies;
};

// Behind all others: it answers nothing.
void offer_all(ChoiceRequest& request) {
  request.shows_all = request.choices.size();
  request.choices.push_back({"view all of it", "", "view"});
}

Approval approval_menu(const ApprovalQuestion& question) {
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
  if (const auto& rule = question.suggested_rule; !rule.empty()) {
    add(Reply::session, {"yes, in this session", rule, "session"});
    add(Reply::always, {"always", "keeps the rule " + kept_rule(rule), "always"});
  }
  add(Reply::deny, {"no", "", "no"});
  out.request.left = "no";
  out.request.own_words = out.request.choices.size();
  out.request.own_title = "  why not? ";
  add(Reply::deny_because, {"no, and say why", "", "why"});
  offer_all(out.request);
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
  out.own_title = "your answer: ";
  out.left = "no answer";
  out.choices.push_back({"something else", "", ""});
  out.about = [text = unicode::sanitize(question.question)](std::size_t columns) {
    return Subject{.before = {""}, .what = text::lines(render::fold(text, columns, 0))};
  };
  if (question.question.size() > long_question_bytes) offer_all(out);
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

Result<ApprovalAnswer> TerminalInteraction::approve(const ApprovalQuestion& question, const Call& call) {
  auto [request, replies] = approval_menu(question);
  request.about =
      remembered([this, &question](std::size_t columns) { return subject_of(question, theme_(), columns); });
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
    case Reply::deny_because:
      return ApprovalAnswer{Verdict::deny, std::move(picked.own_words)};
  }
  return ApprovalAnswer{};
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
  const auto request = question_menu(kind, question);
  ERRAND_TRY_ASSIGN(auto picked, choose(request, call));
  std::vector<std::string> out;
  for (const auto choice : picked.choices)
    out.push_back(choice == request.own_words ? picked.own_words : question.options[choice].label);
  return text::join(out, ", ");
}

}  // namespace errand::repl
