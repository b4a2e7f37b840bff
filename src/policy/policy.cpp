#include "policy/policy.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/text.hpp"
#include "chat/names.hpp"
#include "chat/rule.hpp"
#include "chat/tool_names.hpp"
#include "net/host.hpp"
#include "policy/bash_rules.hpp"
#include "policy/glimpse.hpp"
#include "policy/match.hpp"

namespace errand::policy {

namespace {

using chat::Effect;
using chat::PermissionMode;
using chat::Rule;
using chat::RuleAction;

bool is_read_tool(std::string_view tool) {
  return tool == "Read" || tool == "Grep" || tool == "Glob";
}

bool is_file_tool(std::string_view tool) {
  return is_read_tool(tool) || tool == "Edit" || tool == "Write";
}

// Whether the rule is about calls of `tool`, whatever its spec.
bool names_tool(const Rule& rule, std::string_view tool) {
  if (rule.tool == tool) return true;
  if (rule.tool == "Read") return is_read_tool(tool) || (tool == "Edit" && rule.action != RuleAction::allow);
  if (rule.tool == "Edit") return tool == "Write";
  if (rule.tool.find('*') != std::string::npos) return matches_wildcard(rule.tool, tool);
  return chat::is_mcp_tool(rule.tool) && tool.starts_with(rule.tool + "__");
}

std::string_view without_final_dot(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

// Of a name ("*.example.com", "127.*") or an IPv6 address ("fe80::*").
bool is_host_pattern(std::string_view text) {
  const bool has_colon = text.find(':') != std::string_view::npos;
  const bool has_dot = text.find('.') != std::string_view::npos;
  return !(has_colon && has_dot) && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || std::string_view("*.-_:").find(c) != std::string::npos;
  });
}

// The spec in the one spelling hosts are judged in; nothing when it can't be read as a host or a pattern of hosts.
std::optional<std::string> wanted_host(std::string_view spec) {
  if (spec.starts_with("domain:")) spec.remove_prefix(7);
  const auto written = text::lower(without_final_dot(text::trim(spec)));
  const std::string_view parents = written.starts_with("*.") ? "*." : "";
  const auto rest = std::string_view(written).substr(parents.size());
  if (rest.find('*') != std::string_view::npos) return is_host_pattern(rest) ? std::optional(written) : std::nullopt;
  auto host = net::parse_host(rest);
  if (!host) return std::nullopt;
  return std::string(parents) + host->name;
}

// What can't be read allows nothing, and forbids everything.
bool matches_host(std::string_view spec, std::string_view subject, Reading reading) {
  const auto wanted = wanted_host(spec);
  if (!wanted) return reading == Reading::wide;
  const auto host = text::lower(without_final_dot(subject));
  if (matches_wildcard(*wanted, host)) return true;
  if (reading == Reading::strict) return false;
  const auto parent = wanted->starts_with("*.") ? wanted->substr(2) : *wanted;
  return matches_wildcard(parent, host) || matches_wildcard("*." + parent, host);
}

bool matches_subject(const Rule& rule, const CallFacts& call, Reading reading) {
  if (call.tool == "WebFetch") return matches_host(rule.spec, call.subject, reading);
  return matches_wildcard(rule.spec, call.subject);
}

// One decision being made: what is worked out for the first rule that needs it is kept.
class Judge {
 public:
  Judge(std::span<const Rule> rules, PermissionMode mode, const CallFacts& call, const Roots& roots)
      : rules_(rules), mode_(mode), call_(call), roots_(roots) {}

  Decision decide() {
    if (auto decided = by_hidden()) return *std::move(decided);
    if (auto decided = by_rules_of(RuleAction::deny)) return *std::move(decided);
    if (auto decided = by_plan()) return *std::move(decided);
    if (doubt_) return asking(*std::move(doubt_));
    if (auto decided = by_rules_of(RuleAction::ask)) return asking(*std::move(decided));
    if (auto decided = by_allow()) return *std::move(decided);
    return by_mode();
  }

 private:
  [[nodiscard]] std::optional<Decision> by_hidden() const {
    for (const auto& path : call_.paths) {
      if (path.hidden) return Decision{Outcome::deny, {}, fmt::format("{} is never shown to tools", path.path), {}};
    }
    return std::nullopt;
  }

  // The first rule that fits for certain; a deny rule that may fit becomes the doubt_.
  std::optional<Decision> by_rules_of(RuleAction action) {
    const bool denies = action == RuleAction::deny;
    for (const auto& rule : rules_) {
      if (rule.action != action) continue;
      const auto match = match_of(rule);
      if (match == Match::no) continue;
      if (match == Match::maybe && denies) {
        if (!doubt_) doubt_ = by_rule(rule, Outcome::ask, "it may run what", "denies");
        continue;
      }
      return denies ? by_rule(rule, Outcome::deny, "it is what", "denies")
                    : by_rule(rule, Outcome::ask, "it is what", "asks about");
    }
    return std::nullopt;
  }

  static Decision by_rule(const Rule& rule, Outcome outcome, std::string_view before, std::string_view verb) {
    const auto origin = rule.origin.empty() ? std::string{} : fmt::format(" ({})", rule.origin);
    const auto written = chat::to_string(rule);
    return {outcome, written, fmt::format("{} the rule {}{} {}", before, written, origin, verb), {}};
  }

  // How a deny or ask rule fits.
  Match match_of(const Rule& rule) {
    if (!names_tool(rule, call_.tool)) return Match::no;
    if (rule.spec.empty()) return Match::yes;
    if (call_.tool == "Bash") return match_command(rule.spec, call_.command, glimpse());
    if (is_file_tool(call_.tool)) {
      const PathPattern pattern(rule.spec, roots_);
      const bool covered = std::ranges::any_of(
          call_.paths, [&](const PathFact& path) { return pattern.covers(path.path, Reading::wide); });
      return covered ? Match::yes : Match::no;
    }
    if (call_.subject.empty()) return Match::maybe;  // nothing to compare with
    return matches_subject(rule, call_, Reading::wide) ? Match::yes : Match::no;
  }

  const Glimpse& glimpse() {
    if (!glimpse_) glimpse_ = look_over(call_.command);
    return *glimpse_;
  }

  [[nodiscard]] std::optional<Decision> by_plan() const {
    if (mode_ != PermissionMode::plan) return std::nullopt;
    const bool writes = std::ranges::any_of(call_.paths, &PathFact::write);
    const bool changes = call_.effect == Effect::write || call_.effect == Effect::execute || writes;
    // What a server's tool does is not known, over the network either.
    if (!changes && !chat::is_mcp_tool(call_.tool)) return std::nullopt;
    return Decision{Outcome::deny, {}, "plan mode is read-only", {}};
  }

  std::optional<Decision> by_allow() {
    if (call_.tool == "Bash") {
      auto allowance = allow_command(rules_, call_.command);
      suggestion_ = std::move(allowance.suggestion);
      if (!allowance.allowed) return std::nullopt;
      return allowed_by(allowance.rule);
    }
    if (!call_.paths.empty()) return by_allowed_paths();
    for (const auto& rule : rules_) {
      if (rule.action != RuleAction::allow || !names_tool(rule, call_.tool)) continue;
      const bool fits = rule.spec.empty() || (!call_.subject.empty() && matches_subject(rule, call_, Reading::strict));
      if (fits) return allowed_by(chat::to_string(rule));
    }
    suggestion_ = suggestion_for_subject();
    return std::nullopt;
  }

  static Decision allowed_by(std::string rule) {
    auto reason = fmt::format("the rule {} allows it", rule);
    return {Outcome::allow, std::move(rule), std::move(reason), {}};
  }

  std::optional<Decision> by_allowed_paths() {
    std::string first;
    for (const auto& path : call_.paths) {
      const auto* rule = allow_rule_for(path);
      if (rule == nullptr) {
        // What reading inside the roots needs no rule for is not what is missing.
        if (is_free(path)) continue;
        suggestion_ = suggestion_for(path);
        return std::nullopt;
      }
      if (first.empty()) first = chat::to_string(*rule);
    }
    if (first.empty()) return std::nullopt;
    return allowed_by(std::move(first));
  }

  [[nodiscard]] const Rule* allow_rule_for(const PathFact& path) const {
    for (const auto& rule : rules_) {
      if (rule.action != RuleAction::allow || !names_tool(rule, call_.tool)) continue;
      const bool fits =
          rule.spec.empty() ? path.inside : PathPattern(rule.spec, roots_).covers(path.path, Reading::strict);
      if (fits) return &rule;
    }
    return nullptr;
  }

  [[nodiscard]] bool is_free(const PathFact& path) const {
    if (mode_ == PermissionMode::bypass) return true;
    return path.inside && (!path.write || mode_ == PermissionMode::automatic);
  }

  [[nodiscard]] std::string suggestion_for(const PathFact& path) const {
    const auto pattern = pattern_for(path.path);
    const auto tool = is_read_tool(call_.tool) ? "Read" : is_file_tool(call_.tool) ? "Edit" : call_.tool;
    return pattern.empty() ? std::string{} : fmt::format("{}({})", tool, pattern);
  }

  [[nodiscard]] std::string suggestion_for_subject() const {
    if (call_.subject.find('*') != std::string::npos) return {};
    if (call_.tool == "WebFetch") {
      return call_.subject.empty() ? std::string{} : fmt::format("WebFetch(domain:{})", text::lower(call_.subject));
    }
    return call_.subject.empty() ? call_.tool : fmt::format("{}({})", call_.tool, call_.subject);
  }

  [[nodiscard]] Decision by_mode() const {
    auto reason = why_not_free();
    if (reason.empty()) {
      return {Outcome::allow, {}, fmt::format("permission mode \"{}\" allows it", chat::name_of(mode_)), {}};
    }
    return asking({Outcome::ask, {}, std::move(reason), suggestion_});
  }

  // Without a person to ask, what would ask is denied.
  [[nodiscard]] Decision asking(Decision decision) const {
    if (mode_ != PermissionMode::deny) return decision;
    decision.outcome = Outcome::deny;
    decision.reason += ", and permission mode \"deny\" asks nobody";
    return decision;
  }

  // Empty: the mode lets the call through.
  [[nodiscard]] std::string why_not_free() const {
    if (mode_ == PermissionMode::bypass) return {};
    for (const auto& path : call_.paths) {
      if (path.inside) continue;
      if (path.guarded) return fmt::format("it writes what is protected in the workspace: {}", path.path);
      return fmt::format("it {} outside the workspace: {}", path.write ? "writes" : "reads", path.path);
    }
    const bool writes = std::ranges::any_of(call_.paths, &PathFact::write);
    switch (call_.effect) {
      case Effect::none:
      case Effect::question:
      case Effect::delegate:
      case Effect::read:
        return writes ? why_not_written() : std::string{};
      case Effect::write:
        return why_not_written();
      case Effect::execute:
        if (mode_ == PermissionMode::automatic && call_.contained) return {};
        if (chat::is_mcp_tool(call_.tool)) return "it asks an MCP server";
        return mode_ == PermissionMode::automatic ? "it runs outside the sandbox" : "it runs a command";
      case Effect::network:
        if (chat::is_mcp_tool(call_.tool)) return "it asks an MCP server";
        return call_.subject.empty() ? "it uses the network" : fmt::format("it reaches {}", call_.subject);
    }
    return "its effect is unknown";
  }

  [[nodiscard]] std::string why_not_written() const {
    const bool known = call_.contained || !call_.paths.empty();
    if (mode_ == PermissionMode::automatic && known) return {};
    return "it changes files";
  }

  std::span<const Rule> rules_;
  PermissionMode mode_;
  const CallFacts& call_;
  const Roots& roots_;
  std::optional<Glimpse> glimpse_;
  std::optional<Decision> doubt_;
  std::string suggestion_;
};

bool denies_whole(const Rule& rule, std::string_view tool) {
  if (rule.action != RuleAction::deny || !names_tool(rule, tool)) return false;
  return rule.spec.empty() || rule.spec == "*" || (rule.spec == ":*" && tool == "Bash");
}

}  // namespace

Decision decide(std::span<const Rule> rules, PermissionMode mode, const CallFacts& call, const Roots& roots) {
  return Judge(rules, mode, call, roots).decide();
}

bool is_denied_whole(std::span<const Rule> rules, std::string_view tool) {
  return std::ranges::any_of(rules, [&](const Rule& rule) { return denies_whole(rule, tool); });
}

bool is_read_denied(std::span<const Rule> rules, std::string_view tool, std::string_view absolute_path,
                    const Roots& roots) {
  return ReadFilter(rules, tool, roots).denies(absolute_path);
}

ReadFilter::ReadFilter(std::span<const Rule> rules, std::string_view tool, const Roots& roots)
    : whole_(is_denied_whole(rules, tool)) {
  for (const auto& rule : rules) {
    const bool applies = rule.action == RuleAction::deny && names_tool(rule, tool) && !rule.spec.empty();
    if (applies) patterns_.emplace_back(rule.spec, roots);
  }
}

bool ReadFilter::denies(std::string_view absolute_path) const {
  return whole_ || std::ranges::any_of(patterns_, [&](const PathPattern& pattern) {
           return pattern.covers(absolute_path, Reading::wide);
         });
}

}  // namespace errand::policy
