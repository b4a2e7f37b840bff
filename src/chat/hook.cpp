#include "chat/hook.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/text.hpp"
#include "chat/tool_names.hpp"

namespace errand::chat {

namespace {

// In the order of HookEvent.
constexpr std::array<std::string_view, 11> names = {
    "PreToolUse",   "PermissionRequest", "PostToolUse",  "PostToolUseFailure", "UserPromptSubmit", "Stop",
    "SubagentStop", "PreCompact",        "SessionStart", "SessionEnd",         "Notification"};

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         c == ' ' || c == ',' || c == '|';
}

std::vector<std::string> names_in(std::string_view matcher) {
  std::vector<std::string> out;
  for (const auto& comma : text::split(matcher, ',')) {
    for (const auto& bar : text::split(comma, '|')) {
      const auto name = text::trim(bar);
      if (name.empty()) continue;
      out.emplace_back(name);
      if (const auto ours = canonical_tool_name(name); !ours.empty() && ours != name) out.emplace_back(ours);
    }
  }
  return out;
}

}  // namespace

std::string_view name_of(HookEvent event) {
  return names[static_cast<std::size_t>(event)];
}

std::optional<HookEvent> hook_event_named(std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<HookEvent>(found - names.begin());
}

std::span<const std::string_view> hook_event_names() {
  return names;
}

bool is_about_a_call(HookEvent event) {
  return event <= HookEvent::post_tool_use_failure;
}

Result<HookMatcher> compile_matcher(std::string_view matcher) {
  const auto trimmed = text::trim(matcher);
  if (trimmed.empty() || trimmed == "*") return HookMatcher([](std::string_view) { return true; });
  if (std::ranges::all_of(trimmed, is_plain)) {
    return HookMatcher([known = names_in(trimmed)](std::string_view subject) {
      return std::ranges::find(known, subject) != known.end();
    });
  }
  const re2::StringPiece written(trimmed.data(), trimmed.size());
  // Shared, since what a std::function holds must be copyable.
  const auto pattern = std::make_shared<const RE2>(written, RE2::Quiet);
  if (!pattern->ok()) {
    return fail(ErrorKind::config, fmt::format("the matcher \"{}\" is no pattern: {}", trimmed, pattern->error()),
                "write names as Edit|Write, * for all, or a regular expression as RE2 has them");
  }
  return HookMatcher([pattern](std::string_view subject) {
    return RE2::PartialMatch(re2::StringPiece(subject.data(), subject.size()), *pattern);
  });
}

}  // namespace errand::chat
