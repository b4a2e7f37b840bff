#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "chat/agent.hpp"
#include "chat/model.hpp"

namespace errand::config {

// What load() gives: plain values, checked, in which every name resolves and older spellings are translated.

/// Where a file stands in the order of precedence, nearest first. A file named by a flag is the user's own word.
enum class Layer { flag, project, user, shipped, built_in };

std::string_view name_of(Layer layer);  ///< "flag", "project", "user", "shipped", "built-in"

/// A value somebody wrote down, and where.
struct GivenValue {
  enum class Source {
    own,        ///< in the definition itself
    defaults,   ///< in `_defaults` of its file
    built_in,   ///< nobody wrote it
    held_back,  ///< written in a project that is not trusted; the built-in value counts, or what is left of it
  };
  std::string key;    ///< dotted: "limits.max_turns"
  std::string value;  ///< on one line, as JSON
  Source source = Source::own;
  Location where;           ///< empty for built-in values
  std::string held_back{};  ///< what was written, where `value` is the one that counts in its place
  bool operator==(const GivenValue&) const = default;
};

/// A definition of the same name that a nearer one hides.
struct Shadowed {
  Layer layer = Layer::shipped;
  Location where;
  bool operator==(const Shadowed&) const = default;
};

enum class DefinitionKind { agent, subagent };

/// What may be spent in a day or a month of the calendar, in USD; 0: no limit.
struct SpendingLimits {
  double day_usd = 0;
  double month_usd = 0;
  bool operator==(const SpendingLimits&) const = default;
};

struct AgentEntry {
  DefinitionKind kind = DefinitionKind::agent;
  chat::AgentDefinition definition;
  SpendingLimits spending{};  ///< of all its runs
  Layer layer = Layer::project;
  Location where;  ///< of its id
  std::vector<Shadowed> shadowed;
  std::vector<GivenValue> given;  ///< what was written; origins_of() adds the rest
};

struct SkillEntry {
  chat::SkillDefinition definition;
  Layer layer = Layer::project;
  Location where;  ///< of its SKILL.md
  std::vector<Shadowed> shadowed;
};

/// Every key of a definition with its value and origin, in the order they are documented: `agents show`.
std::vector<GivenValue> origins_of(const AgentEntry& entry);

/// Something the user should hear that stops nothing.
struct Warning {
  std::string code;  ///< untrusted, older_key, foreign_tool, not_used_yet, foreign_config, skill, foreign_agent,
                     ///< env_file, key_file
  std::string message;
  std::optional<Location> where;
  bool operator==(const Warning&) const = default;
};

/// What one config.yaml says, nearest file first.
struct GivenSettings {
  Layer layer = Layer::project;
  std::vector<GivenValue> values;
};

/// An environment variable that a provider's settings name and that is not set.
struct UnsetVariable {
  std::string provider;
  std::string key;  ///< "headers.x-team", "proxy"
  std::string variable;
  bool operator==(const UnsetVariable&) const = default;
};

/// `sessions`: what is archived when a new session begins.
struct SessionSettings {
  std::chrono::milliseconds retention{0};  ///< how long an unused one is kept; 0: always
  int max_sessions = 0;                    ///< how many are kept; 0: all
  double compact_at = 0.8;                 ///< the share of the model's window at which a conversation is compacted
  bool operator==(const SessionSettings&) const = default;
};

/// `terminal`: how a chat looks and is typed into.
struct TerminalSettings {
  std::string keys = "emacs";     ///< "emacs", "vi"
  std::string theme = "auto";     ///< "auto", "dark", "light", "16", "none"
  std::string notify = "unseen";  ///< "unseen", "always", "never"
  std::chrono::milliseconds notify_after{10'000};
  bool operator==(const TerminalSettings&) const = default;
};

struct Settings {
  chat::RetrySettings retry;
  TerminalSettings terminal;
  SessionSettings sessions;
  SpendingLimits budgets;  ///< of everything the user runs
  std::string data_dir;    ///< absolute; empty: not set in a file
  std::string data_dir_origin;
  std::vector<chat::Rule> rules;  ///< `permissions` of the config.yaml files; load() adds them to every agent's own
  std::map<std::string, chat::ModelSpec> models;        ///< aliases of the config.yaml files
  std::map<std::string, chat::ProviderSpec> providers;  ///< built-in ones and those of config.yaml, keys found
  std::vector<UnsetVariable> unset_variables;           ///< their providers can't be asked
  std::vector<GivenSettings> given;                     ///< for shown_settings()
};

/// A value a project's files may set only once the user trusts it.
struct GuardedValue {
  std::string what;   ///< `permissions.allow of agent "coder"`, "ANTHROPIC_API_KEY in .env"
  std::string value;  ///< as written; empty where it may be a secret
  Location where;
  bool operator==(const GuardedValue&) const = default;
};

enum class Trust {
  not_needed,  ///< the project sets nothing that is guarded
  trusted,     ///< the guarded values hold
  changed,     ///< it was trusted with other values: held back
  untrusted,   ///< held back
};

struct Project {
  std::string root;          ///< absolute, symbolic links resolved
  bool is_workspace = true;  ///< false for "/", $HOME and what is above it
  Trust trust = Trust::not_needed;
  std::vector<GuardedValue> guarded;  ///< whether or not they are held back
  std::string guarded_hash;           ///< what a trust covers: changes when a guarded value does
};

using EnvMap = std::map<std::string, std::string, std::less<>>;

/// Where load() looks. Nothing else of the process is consulted.
struct Sources {
  std::string cwd;  ///< absolute
  EnvMap env;       ///< a snapshot of the real environment
  std::string home;
  std::string user_config_dir;             ///< $XDG_CONFIG_HOME/errand
  std::string state_dir;                   ///< $XDG_STATE_HOME/errand: trust is kept here; empty: nothing is trusted
  std::string shipped_dir;                 ///< <prefix>/share/errand; empty: none
  std::optional<std::string> config_file;  ///< --config
  std::optional<std::string> config_text;  ///< what it holds, where it is a pipe and was read already
  std::vector<std::string> dialects;       ///< what `like` of a provider may name; empty: it is not checked
  std::string data_directory;              ///< absolute, decided before: nothing else is asked; empty: it is not
  std::string user;                        ///< likewise
};

/// A variable of a project's .env file that this program reads. Never put into our own environment.
struct EnvFileVariable {
  std::string name;
  std::string value;  ///< may be a secret: never shown
  Location where;
  bool operator==(const EnvFileVariable&) const = default;
};

struct Configuration {
  Sources sources;
  Project project;
  std::vector<AgentEntry> agents;     ///< by layer, then as written
  std::vector<AgentEntry> subagents;  ///< likewise
  std::vector<SkillEntry> skills;     ///< by name
  std::string default_agent;          ///< empty: none was named
  Settings settings;
  std::vector<EnvFileVariable> env_files;        ///< of a trusted project; the first of a name counts
  std::vector<std::string> held_back_providers;  ///< declared by an untrusted project alone
  std::vector<Warning> warnings;
};

}  // namespace errand::config
