#include "cli/policy_learning.hpp"

#include <algorithm>
#include <map>

#include "base/json.hpp"
#include "base/json_fields.hpp"
#include "base/try.hpp"
#include "chat/codec.hpp"
#include "policy/shell.hpp"

namespace errand::cli {

namespace {

void add_denials(const store::StoredRecord& record, const std::string& agent, std::vector<PastDenial>& out) {
  const auto done = chat::parse_json(record.json);
  if (!done || !done->is_object() || !done->contains("denials") || !done->at("denials").is_array()) return;
  for (const auto& denial : done->at("denials")) {
    if (!denial.is_object() || denial.contains("input_raw") || !denial.contains("input")) continue;
    out.push_back({agent, string_at(denial, "tool"), chat::dump(denial.at("input")), record.time});
  }
}

// A tool with nothing said of what it does is more than anybody was refused.
bool is_narrow(const std::string& rule) {
  const auto open = rule.find('(');
  if (open == std::string::npos || rule.find("[removed: ") != std::string::npos) return false;
  const auto inside = rule.substr(open + 1, rule.size() - open - 2);
  return !inside.empty() && inside != "*" && inside != "**";
}

// Of several commands, or one with more in it than words, a rule would say less than what ran.
bool is_plain(const PastDenial& denial) {
  if (denial.tool != "Bash") return true;
  const auto input = chat::parse_json(denial.input);
  if (!input || !input->is_object()) return false;
  const auto commands = policy::parse_command_line(string_at(*input, "command"));
  return commands && commands->size() == 1;
}

// What is protected is for a person to write, each time anew.
bool is_protected(const policy::Decision& decision) {
  return decision.reason.starts_with("it writes what is protected");
}

}  // namespace

Result<std::vector<PastDenial>> past_denials(store::SessionStore& store, const std::string& project,
                                             const std::string& agent, std::optional<Timestamp> since) {
  store::SessionQuery query;
  query.project = project;
  query.agent = agent;
  query.since = since;
  query.limit = 0;
  ERRAND_TRY_ASSIGN(const auto sessions, store.list(query));
  std::vector<PastDenial> out;
  for (const auto& session : sessions) {
    ERRAND_TRY_ASSIGN(const auto records, store.records(session.id));
    for (const auto& record : records) {
      if (record.type == "done" && (!since || record.time >= *since)) add_denials(record, session.start.agent, out);
    }
  }
  std::ranges::stable_sort(out, {}, &PastDenial::time);
  return out;
}

Learned learn_rules(const std::vector<PastDenial>& denials, const Decide& decide) {
  Learned out;
  std::map<std::string, LearnedRule> by_rule;
  for (const auto& denial : denials) {
    const auto decision = decide(denial);
    if (!decision) {
      ++out.unclear;
    } else if (decision->outcome == policy::Outcome::allow) {
      ++out.allowed;
    } else if (decision->outcome == policy::Outcome::deny) {
      ++out.forbidden;
    } else if (!is_narrow(decision->suggested_rule) || is_protected(*decision) || !is_plain(denial)) {
      ++out.unclear;
    } else {
      auto& learned = by_rule[decision->suggested_rule];
      learned.rule = decision->suggested_rule;
      ++learned.count;
      learned.last = std::max(learned.last, denial.time);
      learned.agents.insert(denial.agent);
    }
  }
  for (auto& [rule, learned] : by_rule) out.rules.push_back(std::move(learned));
  std::ranges::stable_sort(out.rules, std::greater<>{}, &LearnedRule::count);
  return out;
}

}  // namespace errand::cli
