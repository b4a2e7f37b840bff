#include "agent/opening.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "agent/tell_hooks.hpp"
#include "base/json.hpp"
#include "base/log.hpp"

namespace errand::agent {

namespace {

using chat::HookEvent;

// Nobody waits long for a program that has said its last word.
constexpr std::chrono::seconds session_end_limit{10};

// What the hooks of one event add to the prompt, or that they block it.
void take(Opening& opening, HookEvent event, HookOutcome said, const chat::UserMessage& prompt) {
  std::ranges::move(said.notices, std::back_inserter(opening.notices));
  if (!said.context.empty()) {
    if (!opening.changed) opening.changed = prompt;
    add_context(opening.changed->content, event, said.context);
  }
  if (!said.blocks()) return;
  opening.dropped = true;
  if (said.verdict == HookOutcome::Verdict::deny)
    opening.notices.push_back({"hook_blocked", fmt::format("a hook blocked the prompt: {}", said.reason)});
}

}  // namespace

Opening hear_prompt_hooks(const Agent& agent, const chat::UserMessage& prompt, std::string_view source,
                          const std::string& run, const Call& call) {
  Opening opening;
  if (!source.empty() && agent.hooks.has(HookEvent::session_start)) {
    const Json fields = {{"source", source}, {"model", agent.provider->model().full_name()}};
    take(opening, HookEvent::session_start, agent.hooks.run(HookEvent::session_start, {source, nullptr}, fields, call),
         prompt);
  }
  if (!opening.dropped && agent.hooks.has(HookEvent::user_prompt_submit)) {
    const Json fields = {{"prompt", chat::text_of(prompt.content)}, {"prompt_id", run}};
    take(opening, HookEvent::user_prompt_submit, agent.hooks.run(HookEvent::user_prompt_submit, {}, fields, call),
         prompt);
  }
  return opening;
}

chat::event::Warning secret_removed_from_prompt() {
  return {
      "secret_removed",
      "the prompt holds what looks like a secret: it was taken out, and neither sent nor kept; give tools what they "
      "need by a file or by sandbox.env"};
}

void tell_session_end(const Agent& agent, std::string_view reason) {
  if (!agent.hooks.has(HookEvent::session_end)) return;
  const auto said = agent.hooks.run(HookEvent::session_end, {reason, nullptr}, {{"reason", reason}},
                                    Call{}.within(session_end_limit));
  for (const auto& notice : said.notices) log::warn("agent: {}", notice.message);
}

}  // namespace errand::agent
