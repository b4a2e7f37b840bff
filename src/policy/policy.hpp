#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "chat/agent.hpp"
#include "chat/tool_spec.hpp"

namespace errand::policy {

/// A path a call touches, as it was resolved.
struct PathFact {
  std::string path;  ///< absolute, without links
  bool write = false;
  bool inside = false;  ///< in a readable or (for writing) writable root
  bool hidden = false;  ///< never to be touched, whatever the rules
};

/// What decide() knows of a call.
struct CallFacts {
  std::string tool;
  chat::Effect effect = chat::Effect::none;
  std::string command;          ///< Bash: the command line
  std::vector<PathFact> paths;  ///< file tools
  std::string subject;          ///< WebFetch: the host; Task: the subagent; Skill: the name
  bool contained = false;       ///< the sandbox will hold it
};

/// Where rule patterns start.
struct Roots {
  std::string project;
  std::string home;
};

enum class Outcome { allow, ask, deny };

struct Decision {
  Outcome outcome = Outcome::ask;
  std::string rule;            ///< the rule that decided, as written; empty: the mode did
  std::string reason;          ///< one clause for people and models
  std::string suggested_rule;  ///< for `ask`: the narrowest rule that would allow it; may be empty
};

/// allow, ask or deny. Pure. Order: deny, ask, allow, then the mode's default; a deny holds in every mode.
Decision decide(std::span<const chat::Rule> rules, chat::PermissionMode mode, const CallFacts& call,
                const Roots& roots);

/// Whether a rule denies every call of `tool`, so that the model is not offered it.
[[nodiscard]] bool is_denied_whole(std::span<const chat::Rule> rules, std::string_view tool);

/// Whether a deny rule covers reading `absolute_path` with `tool` (Read, Grep, Glob); for walks over trees.
[[nodiscard]] bool is_read_denied(std::span<const chat::Rule> rules, std::string_view tool,
                                  std::string_view absolute_path, const Roots& roots);

}  // namespace errand::policy
