#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/event.hpp"
#include "chat/hook.hpp"

namespace errand::agent {

/// Bytes of one hook's text that are passed on, to the model or to people; the rest is left out, which is said.
inline constexpr std::size_t max_hook_text_bytes = 10'000;

/// What the hooks of one event said, together. All text is sanitised and bounded.
struct HookOutcome {
  /// Strictest last. `deny` is also what blocks a prompt, a stop or a compaction.
  enum class Verdict { none, allow, ask, deny };

  Verdict verdict = Verdict::none;
  std::string reason;                         ///< of the verdict, for the model or the person
  std::string updated_input;                  ///< of a call: a JSON object; empty: as it was
  std::string changed_by;                     ///< the command of the hook whose change that is
  Verdict changers_verdict = Verdict::none;   ///< that hook's own
  std::optional<std::string> updated_output;  ///< of a call, for the model
  std::vector<std::string> context;           ///< for the model
  bool ends_run = false;                      ///< `continue: false`
  std::vector<chat::event::Warning> notices;  ///< for people: hook_failed, hook_message, hook_ended_run

  [[nodiscard]] bool blocks() const { return verdict == Verdict::deny || ends_run; }
};

/// How a hook's command ended.
struct HookExit {
  int exit_code = 0;
  std::string standard_output;
  std::string standard_error;
};

/// Reads one hook's answer as Claude Code's protocol has it: exit 2 blocks with stderr as the reason, where the event
/// can be blocked; at exit 0 stdout may hold a JSON object, or, for UserPromptSubmit and SessionStart, plain text for
/// the model; another exit code is a notice. Stricter than the protocol: a hook that was not found (126, 127), that a
/// signal ended or whose answer can't be understood is a failed_hook(). `name` is what people see of the hook.
HookOutcome read_answer(chat::HookEvent event, std::string_view name, const HookExit& exit);

/// What a hook that could not do its work says: a notice, and a denial where it guards a call (PreToolUse,
/// PermissionRequest), since a guard that is not there is no permission.
HookOutcome failed_hook(chat::HookEvent event, std::string_view name, std::string_view why);

/// Adds what another hook of the event said: deny beats ask beats allow; equals add their reasons; the last change of a
/// call counts.
void combine(HookOutcome& all, HookOutcome next);

/// What hooks say of a call that one of them changed: `first` of it as it was, `again` the others as it is now. An
/// allow of the call as it was counts from the changer alone; a second change is left out.
HookOutcome after_change(HookOutcome first, HookOutcome again);

}  // namespace errand::agent
