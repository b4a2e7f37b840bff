#include "agent/hooks.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "agent/task_group.hpp"
#include "base/fd.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "base/try.hpp"
#include "chat/codec.hpp"
#include "chat/rule.hpp"
#include "chat/sdk_modes.hpp"

namespace errand::agent {

namespace {

using chat::HookEvent;
using chat::PermissionMode;

constexpr std::size_t max_output_bytes = 1U << 20U;
constexpr std::size_t max_parallel = 8;

// What the sandbox gives every command, and what we give every hook, is not replaced by our own environment's.
constexpr std::array<std::string_view, 16> kept_names = {
    "PATH",  "HOME",      "USER",     "LOGNAME", "SHELL", "LANG",       "TERM",     "TMPDIR",
    "PAGER", "GIT_PAGER", "NO_COLOR", "PWD",     "IFS",   "CLAUDECODE", "BASH_ENV", "GIT_TERMINAL_PROMPT"};

constexpr std::array<const char*, 2> project_names = {"CLAUDE_PROJECT_DIR", "ERRAND_PROJECT_DIR"};

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// The names behind each "${" of a command line. The shell expands them, so that their values are in no argv and are
// never read as shell text.
std::vector<std::string> variables_of(std::string_view command) {
  std::vector<std::string> out;
  for (auto at = command.find("${"); at != std::string_view::npos; at = command.find("${", at + 2)) {
    const auto rest = command.substr(at + 2);
    const auto end = std::ranges::find_if_not(rest, is_name_char);
    std::string name(rest.begin(), end);
    if (!name.empty() && std::ranges::find(out, name) == out.end()) out.push_back(std::move(name));
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> environment_for(const chat::Hook& hook, const HookPlace& place) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& name : variables_of(hook.command)) {
    if (std::ranges::find(kept_names, name) != kept_names.end()) continue;
    const auto found = std::ranges::find(place.env, name, &std::pair<std::string, std::string>::first);
    if (found != place.env.end()) out.push_back(*found);
  }
  for (const auto* name : project_names) out.emplace_back(name, place.policy.workspace);
  return out;
}

std::string why_cut(const Finished& finished, std::chrono::milliseconds timeout) {
  if (!finished.note.empty()) return finished.note;
  if (finished.end == ProcessEnd::output_limit) return fmt::format("it wrote more than {} bytes", max_output_bytes);
  return fmt::format("it did not end within {}", format_duration(timeout));
}

// Nothing to match in these: a matcher says nothing.
bool has_subject(HookEvent event) {
  return event != HookEvent::user_prompt_submit && event != HookEvent::stop;
}

}  // namespace

Hooks::Hooks(const std::vector<chat::Hook>& hooks, HookPlace place, const sandbox::Sandbox& sandbox)
    : place_(std::move(place)), sandbox_(&sandbox) {
  for (const auto& hook : hooks) {
    const auto event = chat::hook_event_named(hook.event);
    if (!event) continue;  // config lets none through
    auto matcher = chat::compile_matcher(hook.matcher);
    if (!matcher) matcher = chat::compile_matcher("*");  // nor one of these: rather too often than never
    Ready ready{.hook = hook,
                .event = *event,
                .matches = *std::move(matcher),
                .condition = {},
                .env = environment_for(hook, place_),
                .name = hook.origin.empty() ? fmt::format("\"{}\"", text::first_line(hook.command)) : hook.origin};
    if (!hook.condition.empty()) {
      if (auto rule = chat::parse_rule(hook.condition, chat::RuleAction::deny, {}))
        ready.condition.push_back(*std::move(rule));
    }
    hooks_.push_back(std::move(ready));
  }
}

bool Hooks::has(HookEvent event) const {
  return std::ranges::any_of(hooks_, [&](const Ready& ready) { return ready.event == event; });
}

HookOutcome Hooks::run(HookEvent event, const HookSubject& subject, const Json& fields, const Call& call) const {
  const auto chosen = matching(event, subject);
  if (chosen.empty()) return {};
  const auto input = standard_input(event, fields);
  std::vector<HookOutcome> outcomes(chosen.size());
  run_together(chosen.size(), max_parallel, [&](std::size_t i) { outcomes[i] = run_one(*chosen[i], input, call); });
  HookOutcome all;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    outcomes[i].changed_by = chosen[i]->hook.command;
    outcomes[i].changers_verdict = outcomes[i].verdict;
    combine(all, std::move(outcomes[i]));
  }
  return all;
}

std::vector<const Hooks::Ready*> Hooks::matching(HookEvent event, const HookSubject& subject) const {
  std::vector<const Ready*> out;
  for (const auto& ready : hooks_) {
    if (ready.event != event || ready.hook.command == subject.left_out || !fits(ready, subject)) continue;
    const auto same = [&](const Ready* other) { return other->hook.command == ready.hook.command; };
    if (std::ranges::none_of(out, same)) out.push_back(&ready);
  }
  return out;
}

// As a deny rule would: where it can't be excluded that the call fits, the hook is asked.
bool Hooks::fits(const Ready& ready, const HookSubject& subject) const {
  if (has_subject(ready.event) && !ready.matches(subject.matched)) return false;
  if (ready.condition.empty() || subject.call == nullptr) return true;
  const auto decision = policy::decide(ready.condition, PermissionMode::bypass, *subject.call, place_.roots);
  return decision.outcome != policy::Outcome::allow;
}

std::string Hooks::standard_input(HookEvent event, const Json& fields) const {
  Json out = {{"session_id", place_.session},
              {"transcript_path", ""},
              {"cwd", place_.cwd},
              {"hook_event_name", chat::name_of(event)}};
  if (event != HookEvent::session_start && event != HookEvent::session_end)
    out["permission_mode"] = chat::find_name(chat::sdk_mode_names, place_.mode());
  if (!place_.agent_id.empty()) {
    out["agent_id"] = place_.agent_id;
    out["agent_type"] = place_.agent_type;
  }
  out.update(fields);
  return chat::dump(out) + "\n";
}

HookOutcome Hooks::run_one(const Ready& ready, const std::string& input, const Call& call) const {
  auto outcome = start(ready, input, call);
  if (outcome) return *std::move(outcome);
  auto why = outcome.error().message;
  if (!outcome.error().hint.empty()) why += fmt::format(" ({})", outcome.error().hint);
  return failed_hook(ready.event, ready.name, fmt::format("it could not be run: {}", why));
}

Result<HookOutcome> Hooks::start(const Ready& ready, const std::string& input, const Call& call) const {
  ERRAND_TRY_ASSIGN(const auto standard_input, memory_file(input));
  auto policy = place_.policy;
  policy.env.insert(policy.env.end(), ready.env.begin(), ready.env.end());
  if (place_.span_variables) std::ranges::move(place_.span_variables(), std::back_inserter(policy.env));
  sandbox::Command command;
  command.argv = {"/bin/bash", "-c", ready.hook.command};
  command.cwd = policy.workspace;
  command.merge_stderr = false;
  command.max_output_bytes = max_output_bytes;
  command.stdin_fd = standard_input.get();
  HookExit exit;
  const auto keep = [&](OutputStream stream, std::string_view piece) {
    (stream == OutputStream::standard_output ? exit.standard_output : exit.standard_error) += piece;
  };
  ERRAND_TRY_ASSIGN(const auto finished, sandbox_->run(command, policy, keep, call.within(ready.hook.timeout)));
  if (!call.check()) return HookOutcome{};
  exit.exit_code = finished.exit_code;
  if (finished.end == ProcessEnd::exited || finished.end == ProcessEnd::signalled)
    return read_answer(ready.event, ready.name, exit);
  return failed_hook(ready.event, ready.name, why_cut(finished, ready.hook.timeout));
}

}  // namespace errand::agent
