#include "agent/hook_answer.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"

namespace errand::agent {

namespace {

using chat::HookEvent;
using Verdict = HookOutcome::Verdict;

constexpr std::size_t max_line_columns = 300;

bool can_block(HookEvent event) {
  return event != HookEvent::session_start && event != HookEvent::session_end && event != HookEvent::notification;
}

bool guards_a_call(HookEvent event) {
  return event == HookEvent::pre_tool_use || event == HookEvent::permission_request;
}

bool takes_plain_text(HookEvent event) {
  return event == HookEvent::user_prompt_submit || event == HookEvent::session_start;
}

std::string harmless(std::string_view text) {
  auto clean = unicode::sanitize(text::trim(text));
  if (clean.size() <= max_hook_text_bytes) return clean;
  const auto end = unicode::char_border_before(clean, max_hook_text_bytes);
  return fmt::format("{}\n[… {} bytes left out]", clean.substr(0, end), clean.size() - end);
}

// A field that is a text, else nothing.
std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? harmless(found->get<std::string>()) : std::string();
}

// The field, unless it says nothing by being null.
const Json* said_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string blocked_by(std::string_view name) {
  return fmt::format("blocked by the hook {}", name);
}

chat::event::Warning notice_of(HookEvent event, std::string_view name, std::string_view why) {
  return {"hook_failed", fmt::format("the {} hook {} failed: {}", chat::name_of(event), name, why)};
}

// One JSON answer being read. What decides and is misspelt or has the wrong type was not understood; what only adds
// says nothing then.
class Reading {
 public:
  Reading(HookEvent event, std::string_view name) : event_(event), name_(name) {}

  HookOutcome read(const Json& answer) {
    read_common(answer);
    read_decision(answer);
    if (const auto* specific = said_at(answer, "hookSpecificOutput")) {
      specific->is_object() ? read_specific(*specific) : misunderstood("hookSpecificOutput", *specific);
    }
    return std::move(out_);
  }

 private:
  void read_common(const Json& answer) {
    const auto* goes_on = said_at(answer, "continue");
    if (goes_on != nullptr && !goes_on->is_boolean()) misunderstood("continue", *goes_on);
    if (goes_on != nullptr && *goes_on == false) {
      out_.ends_run = true;
      const auto why = text_at(answer, "stopReason");
      out_.notices.push_back({"hook_ended_run", fmt::format("the {} hook {} ended the run{}{}", chat::name_of(event_),
                                                            name_, why.empty() ? "" : ": ", why)});
    }
    if (auto message = text_at(answer, "systemMessage"); !message.empty()) {
      out_.notices.push_back({"hook_message", std::move(message)});
    }
  }

  // The decision of all events that can be blocked, and the older one of PreToolUse.
  void read_decision(const Json& answer) {
    const auto* said = said_at(answer, "decision");
    if (said == nullptr || !can_block(event_)) return;
    const auto word = text_at(answer, "decision");
    if (word == "block") return decide(Verdict::deny, text_at(answer, "reason"));
    if (word == "approve" && event_ == HookEvent::pre_tool_use)
      return decide(Verdict::allow, text_at(answer, "reason"));
    misunderstood("decision", *said);
  }

  void read_specific(const Json& specific) {
    const auto* event = said_at(specific, "hookEventName");
    if (event != nullptr && *event != chat::name_of(event_)) return misunderstood("hookEventName", *event);
    if (auto context = text_at(specific, "additionalContext"); !context.empty())
      out_.context.push_back(std::move(context));
    if (event_ == HookEvent::pre_tool_use) {
      read_permission(specific);
      read_input(specific);
    } else if (event_ == HookEvent::permission_request) {
      read_behavior(specific);
    } else if (event_ == HookEvent::post_tool_use) {
      read_output(specific);
    }
  }

  void read_permission(const Json& specific) {
    const auto* said = said_at(specific, "permissionDecision");
    if (said == nullptr) return;
    const auto word = text_at(specific, "permissionDecision");
    const auto reason = text_at(specific, "permissionDecisionReason");
    if (word == "allow") return decide(Verdict::allow, reason);
    if (word == "ask") return decide(Verdict::ask, reason);
    if (word == "deny") return decide(Verdict::deny, reason);
    if (word != "defer") misunderstood("permissionDecision", *said);
  }

  void read_behavior(const Json& specific) {
    const auto* decision = said_at(specific, "decision");
    if (decision == nullptr) return;
    const auto word = decision->is_object() ? text_at(*decision, "behavior") : std::string();
    if (word == "allow") return decide(Verdict::allow, {});
    if (word == "deny") return decide(Verdict::deny, text_at(*decision, "message"));
    misunderstood("decision", *decision);
  }

  void read_input(const Json& specific) {
    const auto* input = said_at(specific, "updatedInput");
    if (input == nullptr) return;
    if (!input->is_object()) return misunderstood("updatedInput", *input);
    out_.updated_input = chat::dump(*input);
  }

  void read_output(const Json& specific) {
    const auto output = specific.find("updatedToolOutput");
    if (output == specific.end() || output->is_null()) return;
    out_.updated_output = output->is_string() ? output->get<std::string>() : chat::dump(*output);
  }

  void decide(Verdict verdict, std::string reason) {
    if (verdict < out_.verdict) return;
    if (verdict == Verdict::deny && reason.empty()) reason = blocked_by(name_);
    out_.verdict = verdict;
    out_.reason = std::move(reason);
  }

  void misunderstood(std::string_view key, const Json& said) {
    const auto word = said.is_string() ? fmt::format("\"{}\"", harmless(said.get<std::string>())) : chat::dump(said);
    const auto why = fmt::format("it answered {} {}, which means nothing here", key,
                                 text::ellipsize(harmless(text::first_line(word)), 60));
    combine(out_, failed_hook(event_, name_, why));
  }

  HookEvent event_;
  std::string_view name_;
  HookOutcome out_;
};

HookOutcome blocked(HookEvent event, std::string_view name, const std::string& standard_error) {
  HookOutcome out;
  auto said = harmless(standard_error);
  if (can_block(event)) {
    out.verdict = Verdict::deny;
    out.reason = said.empty() ? blocked_by(name) : std::move(said);
  } else if (!said.empty()) {
    out.notices.push_back({"hook_message", std::move(said)});
  }
  return out;
}

// 126 and 127 are a shell's word for a command that could not be started; above 128 a signal ended it.
bool did_its_work(int exit_code) {
  return exit_code != 126 && exit_code != 127 && exit_code <= 128;
}

HookOutcome failed(HookEvent event, std::string_view name, const HookExit& exit) {
  const auto said = text::ellipsize(harmless(text::first_line(text::trim(exit.standard_error))), max_line_columns);
  const auto why = fmt::format("it ended with exit code {}{}{}", exit.exit_code, said.empty() ? "" : ": ", said);
  if (!did_its_work(exit.exit_code)) return failed_hook(event, name, why);
  HookOutcome out;
  out.notices.push_back(notice_of(event, name, why));
  return out;
}

// Whether text that is no JSON object was meant to decide.
bool looks_like_an_answer(std::string_view written) {
  return written.find("\"hookSpecificOutput\"") != std::string_view::npos ||
         written.find("\"decision\"") != std::string_view::npos;
}

HookOutcome read_plain(HookEvent event, std::string_view name, std::string_view written) {
  HookOutcome out;
  if (takes_plain_text(event)) out.context.push_back(harmless(written));
  if (guards_a_call(event) && looks_like_an_answer(written))
    return failed_hook(event, name, "its output holds an answer and is no JSON object");
  return out;
}

}  // namespace

HookOutcome read_answer(HookEvent event, std::string_view name, const HookExit& exit) {
  if (exit.exit_code == 2) return blocked(event, name, exit.standard_error);
  if (exit.exit_code != 0) return failed(event, name, exit);
  const auto written = text::trim(exit.standard_output);
  if (written.empty()) return {};
  if (!written.starts_with('{')) return read_plain(event, name, written);
  const auto answer = chat::parse_json(written);
  if (answer && answer->is_object()) return Reading(event, name).read(*answer);
  return failed_hook(event, name, "its output begins like a JSON object and is none");
}

HookOutcome failed_hook(HookEvent event, std::string_view name, std::string_view why) {
  HookOutcome out;
  out.notices.push_back(notice_of(event, name, why));
  if (!guards_a_call(event)) return out;
  out.verdict = Verdict::deny;
  out.reason = out.notices.front().message;
  return out;
}

void combine(HookOutcome& all, HookOutcome next) {
  if (next.verdict > all.verdict) {
    all.verdict = next.verdict;
    all.reason = std::move(next.reason);
  } else if (next.verdict == all.verdict && !next.reason.empty() && next.reason != all.reason) {
    all.reason += (all.reason.empty() ? "" : "\n") + next.reason;
  }
  if (!next.updated_input.empty()) {
    all.updated_input = std::move(next.updated_input);
    all.changed_by = std::move(next.changed_by);
    all.changers_verdict = next.changers_verdict;
  }
  if (next.updated_output) all.updated_output = std::move(next.updated_output);
  all.context.insert(all.context.end(), next.context.begin(), next.context.end());
  all.ends_run = all.ends_run || next.ends_run;
  all.notices.insert(all.notices.end(), next.notices.begin(), next.notices.end());
}

HookOutcome after_change(HookOutcome first, HookOutcome again) {
  again.updated_input.clear();
  if (first.verdict == Verdict::allow) first.verdict = first.changers_verdict;
  std::erase_if(again.context, [&](const auto& text) {
    return std::find(first.context.begin(), first.context.end(), text) != first.context.end();
  });
  combine(first, std::move(again));
  return first;
}

}  // namespace errand::agent
