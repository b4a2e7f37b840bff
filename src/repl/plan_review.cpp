// How a person reads the plan of an agent in plan mode, changes it, and says what follows.

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "render/markdown.hpp"
#include "render/options.hpp"
#include "repl/terminal_interaction.hpp"

namespace errand::repl {

namespace {

using chat::PermissionMode;
using chat::PlanAnswer;

enum class Reply { ask, automatic, edit, reject, reject_because };

// In the order of the menu.
constexpr Reply replies[] = {Reply::ask, Reply::automatic, Reply::edit, Reply::reject, Reply::reject_because};

ChoiceRequest plan_menu() {
  return {.kind = LineKind::answer,
          .title = "  go ahead? ",
          .hint = "a letter or arrows, then Enter; other words say why not",
          .choices = {{"yes, and ask as ever", "permission mode ask", "yes"},
                      {"yes, without asking", "permission mode auto: inside the sandbox nothing asks", "auto"},
                      {"edit the plan first", "in your editor", "edit"},
                      {"no, plan on", "", "no"},
                      {"no, and say why", "", "why"},
                      {"view all of it", "", "view"}},
          .typed = ChoiceRequest::Typed::answers,
          .digits = ChoiceRequest::Digits::select,
          .own_words = 4,
          .own_title = "  why not? ",
          .left = "no, plan on",
          .shows_all = 5};
}

}  // namespace

Subject TerminalInteraction::plan_subject(const std::string& plan, std::size_t columns) const {
  render::Markdown markdown({.theme = theme_(), .columns = std::min(columns, render::columns_of(out_))});
  markdown.feed(plan);
  markdown.finish();
  return {.before = {"", "The plan:", ""}, .what = markdown.take(), .after = {""}};
}

// Where the editor fails the plan stays, and the person hears why.
void TerminalInteraction::edit(std::string& plan) const {
  auto edited = in_.edit_outside(plan);
  if (!edited) return say(unicode::sanitize(fmt::format("error: {}\n", edited.error().message)));
  if (text::trim(*edited).empty()) return say("an empty plan is none: it stays as it was\n");
  plan = unicode::sanitize(*edited);
}

Result<PlanAnswer> TerminalInteraction::review(const std::string& plan, const Call& call) {
  auto request = plan_menu();
  PlanAnswer out;
  out.plan = plan;
  while (true) {
    request.about = [this, &out](std::size_t columns) { return plan_subject(out.plan, columns); };
    ERRAND_TRY_ASSIGN(auto picked, choose(request, call));
    request.kind = LineKind::answer_again;
    if (picked.end != Picked::End::picked) return out;
    switch (replies[picked.choices.front()]) {
      case Reply::ask:
      case Reply::automatic:
        out.verdict = PlanAnswer::Verdict::approve;
        out.mode = picked.choices.front() == 0 ? PermissionMode::ask : PermissionMode::automatic;
        return out;
      case Reply::reject_because:
        out.reason = std::move(picked.own_words);
        return out;
      case Reply::reject:
        return out;
      case Reply::edit:
        edit(out.plan);
        break;
    }
  }
}

}  // namespace errand::repl
