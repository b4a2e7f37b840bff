#pragma once

#include <string>
#include <vector>

#include "base/call.hpp"
#include "base/error.hpp"
#include "chat/agent.hpp"
#include "chat/event.hpp"

namespace errand::chat {

/// What a person is asked before a tool call runs.
struct ApprovalQuestion {
  std::string tool;
  std::string summary;         ///< one line: what will happen
  std::string detail;          ///< the whole command or change, as it will run; may be many lines
  std::string reason;          ///< why it asks: the rule or the mode
  std::string suggested_rule;  ///< the narrowest rule that would allow it next time; empty: no one rule would
  std::string agent_path;      ///< who wants it
  std::string directory;       ///< where it will run
};

enum class Verdict { allow_once, allow_session, allow_always, deny };

struct ApprovalAnswer {
  Verdict verdict = Verdict::deny;
  std::string reason;  ///< for the model, when denied
};

/// What a person says of a plan that an agent in plan mode presents.
struct PlanAnswer {
  enum class Verdict { approve, reject };
  Verdict verdict = Verdict::reject;
  PermissionMode mode = PermissionMode::ask;  ///< that follows plan mode, when approved
  std::string plan;                           ///< as it is approved: the person may have changed it
  std::string reason;                         ///< for the model, when rejected; may be empty
};

/// The person on the other side, if any. Faces implement it; the engine calls it from one thread at a time.
class Interaction {
 public:
  virtual ~Interaction() = default;

  /// Whether someone is there to ask. When not, the engine denies and never calls the others.
  [[nodiscard]] virtual bool available() const = 0;

  /// An error (cancelled, timeout, a lost terminal) is a denial.
  virtual Result<ApprovalAnswer> approve(const ApprovalQuestion& question, const Call& call) = 0;

  /// One answer for each question; several choices of one are joined by ", ".
  virtual Result<std::vector<std::string>> answer(const std::vector<event::Question>& questions, const Call& call) = 0;

  /// Shows the plan, which is Markdown. An error is a rejection.
  virtual Result<PlanAnswer> review(const std::string& plan, const Call& call) = 0;
};

}  // namespace errand::chat
