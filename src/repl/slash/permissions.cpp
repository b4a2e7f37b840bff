#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/try.hpp"
#include "chat/names.hpp"
#include "chat/rule.hpp"
#include "repl/permission_modes.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_permissions(const std::string& argument, SlashContext& context);

namespace {

using chat::PermissionMode;
using chat::Rule;
using chat::RuleAction;

std::string mode_line(PermissionMode mode) {
  return fmt::format("mode   {}: {}", chat::name_of(mode), note_of(mode));
}

// What was allowed in this session stands before what is kept, and that before what files say.
void show(const SlashContext& context) {
  const auto& definition = context.chat.definition();
  auto rules = context.chat.granted();
  std::ranges::copy(definition.rules, std::back_inserter(rules));
  context.say(mode_line(context.chat.mode()));
  for (const auto action : {RuleAction::deny, RuleAction::ask, RuleAction::allow}) {
    for (const auto& rule : rules) {
      if (rule.action != action) continue;
      context.say(fmt::format("{:<6} {}  ({})", chat::name_of(action), chat::to_string(rule), rule.origin));
    }
  }
  if (!rules.empty()) context.say("what denies wins, then what asks, then what allows; the mode decides what is left");
  context.say("/permissions MODE: another mode for this session");
}

Result<PermissionMode> mode_named(const std::string& name) {
  if (const auto mode = chat::permission_mode_named(name)) return *mode;
  std::vector<std::string> known;
  for (const auto mode : permission_modes) known.emplace_back(chat::name_of(mode));
  return fail(ErrorKind::usage, fmt::format("there is no permission mode \"{}\"", name),
              text::suggest(name, known, "modes"));
}

// The one that asks nothing wants a person's word, as an option of the command line would have been.
Result<bool> may_use(PermissionMode mode, const SlashContext& context) {
  if (mode != PermissionMode::bypass) return true;
  return context.confirm(
      "In mode bypass no tool call is asked about, not even outside the workspace; deny and ask rules and the sandbox "
      "hold.\nUse it in this session? [y]es, or Enter for no");
}

}  // namespace

Result<After> run_permissions(const std::string& argument, SlashContext& context) {
  if (argument.empty()) {
    show(context);
    return After::go_on;
  }
  ERRAND_TRY_ASSIGN(const auto mode, mode_named(argument));
  const auto now = context.chat.definition().permission_mode;
  if (mode != now) {
    ERRAND_TRY_ASSIGN(const bool may, may_use(mode, context));
    if (may) context.chat.use_mode(mode);
  }
  context.say(mode_line(context.chat.definition().permission_mode));
  return After::go_on;
}

}  // namespace errand::repl
