#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>

#include "base/call.hpp"
#include "base/error.hpp"
#include "base/json_fwd.hpp"
#include "base/sync.hpp"
#include "chat/agent.hpp"
#include "chat/event.hpp"
#include "chat/interaction.hpp"
#include "chat/tool_spec.hpp"
#include "sandbox/sandbox.hpp"
#include "sandbox/workspace.hpp"
#include "tool/shells.hpp"

namespace errand::http {
class Transport;
}

namespace errand::tool {

class Notes;

/// A path a call is about to touch.
struct Target {
  std::string path;  ///< as the model wrote it
  bool write = false;
};

/// What a tool returns to the model. `Error`s of kind failure, denied, timeout and unavailable become an is_error
/// result with the error's message; limit, storage, internal and cancelled end the run.
struct Output {
  std::vector<chat::UserBlock> content;
  bool is_error = false;
};

/// One text block.
Output text_output(std::string text);

/// What the tools of one session remember between calls. Shared by parallel calls.
struct SessionState {
  struct Seen {
    dev_t device = 0;
    ino_t inode = 0;
    timespec modified{};
    off_t size = 0;
  };
  Sync<std::map<std::string, Seen>> seen_files;  ///< by resolved path: files Read, Written or Edited, as they were then
  Sync<std::string> shell_cwd;                   ///< where the last Bash call ended; empty: the run's cwd
  Sync<std::vector<chat::event::TodoItem>> todos;
  Shells shells;  ///< last: they end before what they could still use
};

/// Everything a call may use. Borrowed for the call.
struct Context {
  const sandbox::Workspace& files;
  const sandbox::Sandbox& shell;
  SessionState& state;
  chat::Interaction& interaction;
  const std::vector<chat::SkillDefinition>& skills;
  std::string call_id;
  std::string cwd;                         ///< absolute; where relative paths start
  std::vector<sandbox::Resolved> targets;  ///< what targets() named, resolved and decided upon, in the same order
  sandbox::Leave leave = sandbox::Leave::roots_only;  ///< outside_too: the user allowed this call's targets
  /// Deny rules, for walks over trees. May be empty: everything. Called from several threads at once.
  std::function<bool(std::string_view absolute_path)> may_read;
  /// Takes todo, tool_output, ask_user_question and answer events. May be empty. Bash calls it from a second thread,
  /// one event at a time and none after run() returned.
  std::function<void(chat::EventBody)> report;
  /// Told of each host a tool asked for. May be empty. Called from several threads at once.
  sandbox::OnContact on_contact = {};
  /// The network, for WebFetch. Null: there is none.
  http::Transport* web = nullptr;
  /// For Memory. Null: nothing is kept across sessions.
  Notes* notes = nullptr;
  /// For ExitPlanMode: the permission mode that follows. Empty: this is no plan mode.
  std::function<void(chat::PermissionMode mode)> leave_plan = {};
  /// Given to commands beside what the policy passes; where both name one, this counts.
  std::vector<std::pair<std::string, std::string>> env = {};
  /// Of a command's output so much is reported while it runs.
  std::size_t max_live_bytes = std::size_t{1} << 20U;
};

/// Something a model can call. Stateless; safe to call from several threads at once.
class Tool {
 public:
  virtual ~Tool() = default;
  [[nodiscard]] virtual const chat::ToolSpec& spec() const = 0;

  /// The paths a call touches; decided upon before run(). `input` has been validated.
  [[nodiscard]] virtual std::vector<Target> targets(const Json& input) const;

  /// What permission rules match beside paths: the command, the host, the subagent, the skill. Empty for most.
  [[nodiscard]] virtual std::string subject(const Json& input) const;

  /// One line for people: "Read src/main.cpp", "Bash make -s test". Not yet sanitised.
  [[nodiscard]] virtual std::string summary(const Json& input) const = 0;

  /// What the call would do to a file, for the person who is asked about it: all hunks of a unified diff. Empty: there
  /// is nothing of the kind to show. Fails with the sentence for the model where run() would fail as things are. Only
  /// reads, and remembers nothing.
  virtual Result<std::string> preview(const Json& input, const Context& context) const;

  /// May take as long as `call` lets it.
  virtual Result<Output> run(const Json& input, const Context& context, const Call& call) = 0;
};

/// Checks `input` against the tool's schema. On failure (`failure`) one plain sentence for the model: the field, what
/// came, what is expected. Knows type, required, properties, additionalProperties: false, items, enum, minimum,
/// maximum, minLength, minItems and maxItems; other keywords, as in the schemas of MCP servers, are theirs to check.
/// Nothing is coerced. A schema that is no JSON object is `internal`.
Result<void> validate(const chat::ToolSpec& spec, const Json& input);

}  // namespace errand::tool
