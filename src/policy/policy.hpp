#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "chat/agent.hpp"
#include "chat/tool_spec.hpp"
#include "policy/path_rules.hpp"

namespace errand::policy {

/// A path a call touches, as it was resolved.
struct PathFact {
  std::string path;  ///< absolute, without links
  bool write = false;
  bool inside = false;   ///< in a readable or (for writing) writable root
  bool hidden = false;   ///< never to be touched, whatever the rules
  bool guarded = false;  ///< in a root, but of a protected name: not inside for writing
};

/// What decide() knows of a call.
struct CallFacts {
  std::string tool;  ///< its own name, not an older or foreign one
  chat::Effect effect = chat::Effect::none;
  std::string command;          ///< Bash: the command line
  std::vector<PathFact> paths;  ///< file tools
  std::string subject;          ///< WebFetch: the host; Task: the subagent; Skill: the name
  bool contained = false;       ///< the sandbox will hold it
};

enum class Outcome { allow, ask, deny };

struct Decision {
  Outcome outcome = Outcome::ask;
  std::string rule;            ///< the rule that decided, as written; empty: the mode did
  std::string reason;          ///< one clause for people and models
  std::string suggested_rule;  ///< where the mode did not allow: the narrowest rule that would; may be empty
};

/// allow, ask or deny. Pure. Order: hidden paths, deny, ask, allow, then the mode's default.
///
/// A rule fits a call
/// - by its tool: the same name, `mcp__server__*`, `mcp__server`; Read rules cover Read, Grep and Glob (and where they
///   deny or ask, Edit, which shows what it finds), Edit rules cover Edit and Write;
/// - `Bash(…)`: the exact command, a prefix (`git diff:*`, `git diff *`) at a word's end, or `*`. An allow rule fits
/// one
///   simple command, all of a compound need one, and wrappers that change nothing (timeout, nice, xargs …) are looked
///   through; a line that parse_command_line() does not take apart is allowed by its exact text or `Bash` alone. One
///   fit of a deny rule denies; where it can't be excluded that a denied command runs, the call asks in every mode;
/// - files: see PathPattern. An allow rule has to cover every path of the call; without a pattern it covers the paths
///   inside the roots only;
/// - `WebFetch(domain:example.com)`: that host (`*.example.com`: those below; deny and ask take both), `Task(name)`,
///   `Skill(name)`, with '*' for any text.
///
/// Modes: `ask`, `automatic`, `deny` and `bypass` as docs/tools.md has them; `plan` denies writing and executing even
/// where an allow rule fits. `bypass` asks nothing of its own; what a rule asks about it still asks.
Decision decide(std::span<const chat::Rule> rules, chat::PermissionMode mode, const CallFacts& call,
                const Roots& roots);

/// Whether a rule denies every call of `tool`, so that the model is not offered it.
[[nodiscard]] bool is_denied_whole(std::span<const chat::Rule> rules, std::string_view tool);

/// Whether a deny rule covers reading `absolute_path` with `tool` (Read, Grep, Glob).
[[nodiscard]] bool is_read_denied(std::span<const chat::Rule> rules, std::string_view tool,
                                  std::string_view absolute_path, const Roots& roots);

/// is_read_denied() for walks over trees: the patterns are compiled once.
class ReadFilter {
 public:
  ReadFilter(std::span<const chat::Rule> rules, std::string_view tool, const Roots& roots);

  [[nodiscard]] bool denies(std::string_view absolute_path) const;

 private:
  bool whole_ = false;
  std::vector<PathPattern> patterns_;
};

}  // namespace errand::policy
