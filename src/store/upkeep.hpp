#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/session_store.hpp"

namespace errand::store {

/// One run of a session as its row has it.
struct StoredRun {
  std::string id;  ///< UUID
  std::string agent;
  std::string definition_hash;
  std::string trigger;
  std::vector<std::string> argv;
  std::string state;  ///< "running", "ended", "interrupted"
  Timestamp started{};
  std::optional<Timestamp> ended;
  std::optional<int> exit_code;
  std::string error_kind;  ///< empty: none
  std::string stop_reason;
  int turns = 0;
  chat::Usage usage;
  std::optional<double> cost_usd;
  bool operator==(const StoredRun&) const = default;
};

/// Everything the database has of one session: what an export holds and an import makes. Not its files.
struct WholeSession {
  SessionInfo info;
  std::vector<StoredRecord> records;
  std::vector<StoredRun> runs;  ///< by start
  bool operator==(const WholeSession&) const = default;
};

/// Which sessions may go: those that fit all of it.
struct StaleQuery {
  enum class Named { kept, included };

  std::optional<Timestamp> before;  ///< last changed before that; absent: whenever
  std::int64_t keep_newest = 0;     ///< not these many newest ones of `project` and `agent`
  std::string project;              ///< empty: all
  std::string agent;                ///< empty: all
  Named named = Named::kept;
  int limit = 0;  ///< 0: none
};

/// A session as somebody read it whole.
struct SeenSession {
  std::string id;
  std::int64_t last_position = 0;  ///< of its records; 0: it had none
};

/// What remove() does with `files/<session>/`.
enum class SessionFiles {
  removed,
  archived,  ///< moved to archive/<session>.files
};

struct Removed {
  std::vector<std::string> sessions;  ///< ids, subagents' included
  std::int64_t messages = 0;
  bool operator==(const Removed&) const = default;
};

/// Looking after what is kept: removing, copying, bringing in. Failures as SessionStore says.
class Upkeep {
 public:
  virtual ~Upkeep() = default;

  /// As it stood at one moment.
  virtual Result<WholeSession> read_whole(std::string_view session) = 0;

  /// Its records behind that position, in order.
  virtual Result<std::vector<StoredRecord>> records_after(std::string_view session, std::int64_t position) = 0;

  /// Another number once another connection has changed anything. Costs no disk access.
  virtual Result<std::int64_t> change_count() = 0;

  /// The session and its subagents' sessions, each after its parent.
  virtual Result<std::vector<std::string>> family(std::string_view session) = 0;

  /// A fork that ends with that message of the conversation; `failure` when it is none of it.
  virtual Result<SessionInfo> fork_at(std::string_view session, std::string_view name, std::string_view message_id) = 0;

  /// The session as given, durable when it returns; positions are counted anew, a run that was running is interrupted,
  /// and a parent that is not here is left out. `failure` when the id is taken, or a message or run is malformed.
  virtual Result<SessionInfo> import_session(const WholeSession& session) = 0;

  /// The sessions with their subagents' sessions and all they have, in one durable transaction, then their files: a
  /// crash in between leaves files that nobody names, for check_store(). `busy` when another live process has one, and
  /// then nothing is removed.
  virtual Result<Removed> remove(const std::vector<std::string>& sessions, SessionFiles files) = 0;

  /// remove() for a family that was written to the archive, its root first. Whether all of it is as it was seen and the
  /// root is still among stale(`query`), whose limit does not count, is looked at in the transaction that removes: else
  /// `busy`, and nothing is removed.
  virtual Result<Removed> remove_archived(const std::vector<SeenSession>& family, const StaleQuery& query) = 0;

  /// The oldest first, without subagents' sessions and running ones. A family goes or stays as one: what keeps a
  /// subagent's session keeps all of it.
  virtual Result<std::vector<SessionInfo>> stale(const StaleQuery& query) = 0;

  /// `archive/` beside the database, made with mode 0700. `storage` for a store that is temporary or not there.
  virtual Result<std::string> archive_directory() = 0;

  /// The names and sizes in bytes of the files in `files/<session>/`, by name; none when there is no such directory.
  struct KeptFile {
    std::string name;  ///< below the directory
    std::int64_t bytes = 0;
    bool operator==(const KeptFile&) const = default;
  };
  virtual Result<std::vector<KeptFile>> kept_files(std::string_view session) = 0;
};

}  // namespace errand::store
