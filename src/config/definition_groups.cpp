#include <array>
#include <span>

#include <fmt/format.h>

#include "base/text.hpp"
#include "chat/names.hpp"
#include "chat/rule.hpp"
#include "config/definition_reader.hpp"
#include "net/domains.hpp"

// The maps within a definition: limits, sandbox, permissions, thinking.
namespace errand::config {

namespace {

using std::chrono::milliseconds;
using yaml::Node;

// Tokens beyond this are a slip of the finger.
constexpr std::int64_t max_tokens = 1'000'000'000'000;

// --- limits ---

struct WrittenLimits {
  chat::Limits limits;
  SpendingLimits spending;
};

template <int chat::Limits::*field, int least, int most>
void set_count(const Node& node, WrittenLimits& written, Reader& reader) {
  if (const auto value = reader.integer(node, least, most)) written.limits.*field = static_cast<int>(*value);
}

void set_max_tokens(const Node& node, WrittenLimits& written, Reader& reader) {
  if (const auto value = reader.integer(node, 0, max_tokens)) written.limits.max_tokens = *value;
}

void set_max_cost(const Node& node, WrittenLimits& written, Reader& reader) {
  if (const auto value = reader.number(node, 0)) written.limits.max_cost_usd = *value;
}

void set_timeout(const Node& node, WrittenLimits& written, Reader& reader) {
  if (const auto value = reader.duration(node, milliseconds{0})) written.limits.timeout = *value;
}

template <double SpendingLimits::*field>
void set_spending(const Node& node, WrittenLimits& written, Reader& reader) {
  if (const auto value = reader.number(node, 0)) written.spending.*field = *value;
}

using LimitKey = Key<WrittenLimits>;
constexpr std::array limit_keys = {
    LimitKey{"max_turns", "whole number from 1 to 10000", "50", "Turns of one run",
             set_count<&chat::Limits::max_turns, 1, 10'000>},
    LimitKey{"max_tokens", "whole number", "0", "Tokens of one run, its subagents included; 0: no limit",
             set_max_tokens},
    LimitKey{"max_cost_usd", "number", "0", "What one run may cost in USD; 0: no limit", set_max_cost},
    LimitKey{"timeout", "duration", "0s", "How long one run may take; 0s: no limit", set_timeout},
    LimitKey{"parallel_tools", "whole number from 1 to 64", "8", "Tool calls of one reply that run together",
             set_count<&chat::Limits::parallel_tools, 1, 64>},
    LimitKey{"parallel_subagents", "whole number from 1 to 64", "4", "Subagents that run together",
             set_count<&chat::Limits::parallel_subagents, 1, 64>},
    LimitKey{"subagent_depth", "whole number from 0 to 8", "2", "How deep subagents may start subagents; 0: none",
             set_count<&chat::Limits::subagent_depth, 0, 8>},
    LimitKey{"day_usd", "number", "0", "What this agent may cost in a day, in USD; 0: no limit",
             set_spending<&SpendingLimits::day_usd>},
    LimitKey{"month_usd", "number", "0", "What this agent may cost in a month, in USD; 0: no limit",
             set_spending<&SpendingLimits::month_usd>},
};

// --- sandbox ---

using chat::SandboxSettings;

constexpr std::array<std::string_view, 3> networks = {"none", "allowlist", "full"};

void set_network(const Node& node, SandboxSettings& sandbox, Reader& reader) {
  const auto network = chat::network_named(node.text);
  if (!network) return reader.wrong_word(node, networks);
  sandbox.network = *network;
}

template <std::vector<std::string> SandboxSettings::*field>
void set_words(const Node& node, SandboxSettings& sandbox, Reader& reader) {
  if (auto value = reader.words(node)) sandbox.*field = *std::move(value);
}

void set_env(const Node& node, SandboxSettings& sandbox, Reader& reader) {
  const auto names = reader.words(node);
  if (!names) return;
  for (std::size_t i = 0; i < names->size(); ++i) {
    if (is_variable_name((*names)[i])) continue;
    reader.mistake(node.items[i].mark,
                   fmt::format("\"{}\" in {} is no name of an environment variable", (*names)[i], reader.name()),
                   "list names; their values come from the environment");
  }
  sandbox.env = *names;
}

void set_allowed_domains(const Node& node, SandboxSettings& sandbox, Reader& reader) {
  auto hosts = reader.words(node);
  if (!hosts) return;
  for (std::size_t i = 0; i < hosts->size(); ++i) {
    auto rules = net::HostRules::make(net::Reach::listed, std::span(*hosts).subspan(i, 1));
    if (!rules) reader.mistake(std::move(rules).error(), node.items[i].mark);
  }
  sandbox.allowed_domains = *std::move(hosts);
}
void set_memory(const Node& node, SandboxSettings& sandbox, Reader& reader) {
  if (const auto value = reader.size_bytes(node, std::uint64_t{64} << 20U)) sandbox.memory_bytes = *value;
}

void set_processes(const Node& node, SandboxSettings& sandbox, Reader& reader) {
  if (const auto value = reader.integer(node, 1, 65'536)) sandbox.processes = static_cast<int>(*value);
}

void set_cpu(const Node& node, SandboxSettings& sandbox, Reader& reader) {
  if (const auto value = reader.duration(node, milliseconds{1000})) sandbox.cpu = *value;
}

using SandboxKey = Key<SandboxSettings>;
constexpr std::array sandbox_keys = {
    SandboxKey{"network", "none, allowlist or full", "none", "What commands may reach", set_network},
    SandboxKey{"allowed_domains", "list of names", "[]", "Hosts that network: allowlist lets through",
               set_allowed_domains},
    SandboxKey{"writable", "list of paths", "[.]", "What tools may change; paths start at the workspace",
               set_words<&SandboxSettings::writable>},
    SandboxKey{"readable", "list of paths", "[]", "What tools may read beside that",
               set_words<&SandboxSettings::readable>},
    SandboxKey{"env", "list of variable names", "[]", "Environment variables commands see", set_env},
    SandboxKey{"memory", "size", "2GiB", "Memory of one command", set_memory},
    SandboxKey{"processes", "whole number from 1 to 65536", "256", "Processes of one command", set_processes},
    SandboxKey{"cpu", "duration", "120s", "Processor time of one command", set_cpu},
};

// --- permissions ---

template <chat::RuleAction action>
void add_rules(const Node& node, std::vector<chat::Rule>& rules, Reader& reader) {
  const auto written = reader.words(node);
  if (!written) return;
  for (std::size_t i = 0; i < written->size(); ++i) {
    const auto mark = node.items[i].mark;
    auto rule = chat::parse_rule((*written)[i], action, to_string(reader.at(mark)));
    if (rule) {
      rules.push_back(*std::move(rule));
    } else {
      reader.mistake(std::move(rule).error(), mark);
    }
  }
}

using PermissionKey = Key<std::vector<chat::Rule>>;
constexpr std::array permission_keys = {
    PermissionKey{"allow", "list of rules", "[]", "Calls that run without asking", add_rules<chat::RuleAction::allow>},
    PermissionKey{"ask", "list of rules", "[]", "Calls that ask first", add_rules<chat::RuleAction::ask>},
    PermissionKey{"deny", "list of rules", "[]", "Calls that are refused, in every mode",
                  add_rules<chat::RuleAction::deny>},
};

// --- thinking ---

constexpr std::array<std::string_view, 6> efforts = {"none", "minimal", "low", "medium", "high", "max"};

void set_effort(const Node& node, chat::ThinkingSettings& thinking, Reader& reader) {
  if (!chat::is_effort(node.text)) return reader.wrong_word(node, efforts);
  thinking.effort = node.text;
}

void set_budget(const Node& node, chat::ThinkingSettings& thinking, Reader& reader) {
  if (const auto value = reader.integer(node, 1024, 1'000'000)) thinking.budget_tokens = *value;
}

using ThinkingKey = Key<chat::ThinkingSettings>;
constexpr std::array thinking_keys = {
    ThinkingKey{"effort", "none, minimal, low, medium, high or max", "",
                "How much the model thinks; absent: as it likes", set_effort},
    ThinkingKey{"budget_tokens", "whole number from 1024 to 1000000", "",
                "The same in tokens, for models that take a budget", set_budget},
};

template <class T>
void add_documented(std::span<const Key<T>> table, std::string_view prefix, std::vector<DefinitionKey>& out) {
  for (const auto& key : table) {
    if (key.use == Key<T>::Use::older || key.use == Key<T>::Use::group) continue;
    out.push_back({fmt::format("{}{}", prefix, key.name), key.type, key.built_in, key.description,
                   key.use != Key<T>::Use::unused});
  }
}

}  // namespace

bool is_variable_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && is_letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return is_letter(c) || is_digit(c); });
}

void set_limits(const Node& node, DefinitionDraft& draft, Reader& reader) {
  WrittenLimits written;
  read_map<WrittenLimits>(node, limit_keys, written, reader);
  draft.definition.limits = written.limits;
  draft.spending = written.spending;
}

void set_sandbox(const Node& node, DefinitionDraft& draft, Reader& reader) {
  draft.definition.sandbox = {};
  read_map<SandboxSettings>(node, sandbox_keys, draft.definition.sandbox, reader);
}

void add_allowed_directories(const Node& node, DefinitionDraft& draft, Reader& reader) {
  reader.warn("older_key", node.mark, "allowed_directories is the older name of sandbox.writable");
  const auto directories = reader.words(node);
  if (!directories) return;
  auto& writable = draft.definition.sandbox.writable;
  for (const auto& directory : *directories) {
    if (std::ranges::find(writable, directory) == writable.end()) writable.push_back(directory);
  }
  reader.note("sandbox.writable", fmt::format("[{}]", text::join(writable, ", ")), node.mark);
}

void set_thinking(const Node& node, DefinitionDraft& draft, Reader& reader) {
  draft.definition.thinking = {};
  read_map<chat::ThinkingSettings>(node, thinking_keys, draft.definition.thinking, reader);
  if (node.find("effort") != nullptr && node.find("budget_tokens") != nullptr) {
    reader.mistake(node.mark, fmt::format("{} has both an effort and budget_tokens", reader.name()),
                   "keep one of them");
  }
}

void read_permissions(const Node& node, std::vector<chat::Rule>& rules, Reader& reader) {
  read_map<std::vector<chat::Rule>>(node, permission_keys, rules, reader);
}

std::vector<DefinitionKey> documented_group(std::string_view name) {
  std::vector<DefinitionKey> out;
  if (name == "limits") add_documented<WrittenLimits>(limit_keys, "limits.", out);
  if (name == "sandbox") add_documented<SandboxSettings>(sandbox_keys, "sandbox.", out);
  if (name == "permissions") add_documented<std::vector<chat::Rule>>(permission_keys, "permissions.", out);
  if (name == "thinking") add_documented<chat::ThinkingSettings>(thinking_keys, "thinking.", out);
  return out;
}

}  // namespace errand::config
