#include "agent/hook_answer.hpp"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

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

std::string blocked_by(std::string_view name) {
  return fmt::format("blocked by the hook {}", name);
}

// One JSON answer being read. What has the wrong type says nothing; what is misspelt is a notice.
class Reading {
 public:
  Reading(HookEvent event, std::string_view name) : event_(event), name_(name) {}

  HookOutcome read(const Json& answer) {
    read_common(answer);
    read_decision(answer);
    const auto specific = answer.find("hookSpecificOutput");
    if (specific != answer.end() && specific->is_object()) read_specific(*specific);
    return std::move(out_);
  }

 private:
  void read_common(const Json& answer) {
    if (const auto goes_on = answer.find("continue"); goes_on != answer.end() && *goes_on == false) {
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
    const auto word = text_at(answer, "decision");
    if (word.empty() || !can_block(event_)) return;
    if (word == "block") return decide(Verdict::deny, text_at(answer, "reason"));
    if (word == "approve" && event_ == HookEvent::pre_tool_use)
      return decide(Verdict::allow, text_at(answer, "reason"));
    misunderstood("decision", word);
  }

  void read_specific(const Json& specific) {
    if (const auto event = text_at(specific, "hookEventName"); !event.empty() && event != chat::name_of(event_)) {
      return misunderstood("hookEventName", event);
    }
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
    const auto word = text_at(specific, "permissionDecision");
    const auto reason = text_at(specific, "permissionDecisionReason");
    if (word == "allow") return decide(Verdict::allow, reason);
    if (word == "ask") return decide(Verdict::ask, reason);
    if (word == "deny") return decide(Verdict::deny, reason);
    if (!word.empty() && word != "defer") misunderstood("permissionDecision", word);
  }

  void read_behavior(const Json& specific) {
    const auto decision = specific.find("decision");
    if (decision == specific.end() || !decision->is_object()) return;
    const auto word = text_at(*decision, "behavior");
    if (word == "allow") return decide(Verdict::allow, {});
    if (word == "deny") return decide(Verdict::deny, text_at(*decision, "message"));
    if (!word.empty()) misunderstood("behavior", word);
  }

  void read_input(const Json& specific) {
    const auto input = specific.find("updatedInput");
    if (input != specific.end() && input->is_object()) out_.updated_input = chat::dump(*input);
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

  void misunderstood(std::string_view key, std::string_view word) {
    out_.notices.push_back(failed_hook(event_, name_,
                                       fmt::format("it answered {} \"{}\", which means nothing here", key,
                                                   text::ellipsize(text::first_line(word), 60))));
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

HookOutcome failed(HookEvent event, std::string_view name, const HookExit& exit) {
  const auto said = text::ellipsize(harmless(text::first_line(text::trim(exit.standard_error))), max_line_columns);
  HookOutcome out;
  out.notices.push_back(failed_hook(
      event, name, fmt::format("it ended with exit code {}{}{}", exit.exit_code, said.empty() ? "" : ": ", said)));
  return out;
}

}  // namespace

HookOutcome read_answer(HookEvent event, std::string_view name, const HookExit& exit) {
  if (exit.exit_code == 2) return blocked(event, name, exit.standard_error);
  if (exit.exit_code != 0) return failed(event, name, exit);
  const auto written = text::trim(exit.standard_output);
  if (written.empty()) return {};
  if (!written.starts_with('{')) {
    HookOutcome out;
    if (takes_plain_text(event)) out.context.push_back(harmless(written));
    return out;
  }
  const auto answer = chat::parse_json(written);
  if (answer && answer->is_object()) return Reading(event, name).read(*answer);
  HookOutcome out;
  out.notices.push_back(failed_hook(event, name, "its output begins like a JSON object and is none"));
  return out;
}

chat::event::Warning failed_hook(HookEvent event, std::string_view name, std::string_view why) {
  return {"hook_failed", fmt::format("the {} hook {} failed: {}", chat::name_of(event), name, why)};
}

void combine(HookOutcome& all, HookOutcome next) {
  if (next.verdict > all.verdict) {
    all.verdict = next.verdict;
    all.reason = std::move(next.reason);
  } else if (next.verdict == all.verdict && !next.reason.empty()) {
    all.reason += (all.reason.empty() ? "" : "\n") + next.reason;
  }
  if (!next.updated_input.empty()) all.updated_input = std::move(next.updated_input);
  if (next.updated_output) all.updated_output = std::move(next.updated_output);
  all.context.insert(all.context.end(), next.context.begin(), next.context.end());
  all.ends_run = all.ends_run || next.ends_run;
  all.notices.insert(all.notices.end(), next.notices.begin(), next.notices.end());
}

}  // namespace errand::agent
