#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "chat/message.hpp"
#include "store/owner.hpp"
#include "store/session_store.hpp"

namespace errand::store {

/// A run as the journal has it.
struct RunInfo {
  std::string id;
  std::string session;
  std::string agent;
  std::string definition_hash;
  std::string trigger;  ///< "tty", "pipe", "cron", "chat", "subagent"; any word
  std::vector<std::string> argv;
  std::string state;  ///< "running", "ended"; "interrupted": nobody saw its end
  Timestamp started{};
  std::optional<Timestamp> ended;  ///< of an interrupted one, when something of it was last stored
  std::optional<int> exit_code;    ///< of one that ended
  std::string error_kind;          ///< empty: none
  std::string stop_reason;
  int turns = 0;
  chat::Usage usage;               ///< subagents included
  std::optional<double> cost_usd;  ///< of one that ended; nullopt: a price was unknown
  std::optional<Owner> owner;      ///< of one that is running: the process that is in it
  bool operator==(const RunInfo&) const = default;
};

enum class WhichRuns {
  alone,   ///< those that were started for themselves: none of a chat's, no subagent's
  failed,  ///< of these, those that ended with another exit code than 0 or were interrupted
  all,
  all_failed,
};

struct RunQuery {
  WhichRuns which = WhichRuns::alone;
  std::string agent;               ///< empty: all
  std::optional<Timestamp> since;  ///< started at or after
  int limit = 20;                  ///< 0: none
};

/// What usage is told apart by.
enum class UsageBy { day, month, agent, model, session, run, project };

struct UsageQuery {
  std::vector<UsageBy> by;
  std::optional<Timestamp> since;
  std::string project;  ///< empty: all
};

/// What the turns of one group used. Each turn is in one group, a subagent's too: under its own agent and model, and
/// under the session, run and project of the run it belongs to.
struct UsageGroup {
  std::vector<std::string> names;  ///< one for each UsageQuery::by; days and months are local ones
  std::int64_t turns = 0;          ///< replies of a conversation: summaries count as requests alone
  std::int64_t requests = 0;
  std::int64_t runs = 0;  ///< that had a part in it
  chat::Usage usage;
  double cost_usd = 0;             ///< of what has a price
  std::int64_t without_price = 0;  ///< requests whose price is unknown: cost_usd lacks them
  bool operator==(const UsageGroup&) const = default;
};

/// What ran, and what it used. Reads alone; the rules of SessionStore hold here too.
class RunJournal {
 public:
  virtual ~RunJournal() = default;

  /// The newest first, by their start.
  virtual Result<std::vector<RunInfo>> list_runs(const RunQuery& query) = 0;

  /// By full id, unique beginning of one (4 characters or more), `latest` or `-N` (as list_runs() has them with
  /// WhichRuns::alone; -1 is `latest`). Nothing found, and an ambiguous beginning: `failure`; what can't be a
  /// reference: `usage`.
  virtual Result<RunInfo> find_run(std::string_view reference) = 0;

  /// What is stored of a run behind position `after` of its session, in order.
  virtual Result<std::vector<StoredRecord>> records_of(const RunInfo& run, std::int64_t after) = 0;

  /// Sorted by names. What a deleted session used is still in it.
  virtual Result<std::vector<UsageGroup>> usage(const UsageQuery& query) = 0;
};

}  // namespace errand::store
