#include "chat/rule.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "chat/tool_names.hpp"

namespace errand::chat {

namespace {

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '*';
}

Result<std::string> tool_named(std::string_view name, std::string_view rule) {
  if (is_mcp_tool(name) || is_foreign_tool(name)) return std::string(name);
  if (const auto ours = canonical_tool_name(name); !ours.empty()) return std::string(ours);
  std::vector<std::string> known(builtin_tool_names().begin(), builtin_tool_names().end());
  return fail(ErrorKind::config, fmt::format("the rule \"{}\" names an unknown tool \"{}\"", rule, name),
              text::suggest(name, known, "tools"));
}

// Whether it is no URL and has no port; what else is a host is for who compares it with one.
bool may_be_host(std::string_view spec) {
  if (spec.starts_with("domain:")) spec.remove_prefix(7);
  const bool has_port = std::ranges::count(spec, ':') == 1 || spec.find("]:") != std::string_view::npos;
  return !has_port && spec.find_first_of("/@?# \t") == std::string_view::npos;
}

}  // namespace

Result<Rule> parse_rule(std::string_view written, RuleAction action, std::string origin) {
  const auto whole = text::trim(written);
  const auto name_end = std::ranges::find_if_not(whole, is_name_char) - whole.begin();
  const auto name = whole.substr(0, static_cast<std::size_t>(name_end));
  const auto rest = whole.substr(static_cast<std::size_t>(name_end));
  const bool has_spec = rest.size() >= 2 && rest.front() == '(' && rest.back() == ')';
  if (name.empty() || (!rest.empty() && !has_spec)) {
    return fail(ErrorKind::usage, fmt::format("\"{}\" is not a permission rule", written),
                "write a rule as Read, Bash(git status), Bash(make *) or Edit(src/**)");
  }
  auto tool = tool_named(name, whole);
  if (!tool) return fail(std::move(tool).error());
  std::string spec(has_spec ? text::trim(rest.substr(1, rest.size() - 2)) : std::string_view{});
  if (has_spec && spec.empty()) {
    return fail(ErrorKind::usage, fmt::format("the rule \"{}\" has nothing between its parentheses", written),
                fmt::format("write {} alone to mean every call", name));
  }
  if (*tool == "WebFetch" && has_spec && !may_be_host(spec)) {
    return fail(ErrorKind::usage, fmt::format("the rule \"{}\" names no host", whole),
                "write the host alone, it counts for each port and path: WebFetch(domain:example.com)");
  }
  return Rule{action, *std::move(tool), std::move(spec), std::move(origin)};
}

std::string to_string(const Rule& rule) {
  return rule.spec.empty() ? rule.tool : fmt::format("{}({})", rule.tool, rule.spec);
}

}  // namespace errand::chat
