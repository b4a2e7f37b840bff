#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace errand::store {

/// How bad a finding is.
enum class Weight {
  harmless,  ///< costs nobody anything: a crash leaves it behind, the next run of the session puts it right
  loss,      ///< something that was stored is gone or can't be read; the rest is sound
  damage,    ///< the database itself is broken
};

struct Finding {
  std::string kind;  ///< "damaged", "unreadable", "gap", "counter", "open_run", "lease", "unanswered_call", "orphan",
                     ///< "orphan_files", "index", "mode"
  Weight weight = Weight::harmless;
  std::string text;
  bool mended = false;
  bool operator==(const Finding&) const = default;
};

/// Rows of one table that came through a salvage.
struct SavedRows {
  std::string table;
  std::int64_t saved = 0;
  std::optional<std::int64_t> lost;  ///< absent: nobody knows how many there were
  bool operator==(const SavedRows&) const = default;
};

struct Salvage {
  std::string kept_as;  ///< where the damaged database is now, its -wal beside it
  std::vector<SavedRows> tables;
  bool operator==(const Salvage&) const = default;
};

struct CheckReport {
  std::string path;
  bool is_there = false;
  std::int64_t sessions = 0;
  std::int64_t messages = 0;
  std::vector<Finding> findings;
  std::optional<Salvage> salvage;
};

enum class Mend { nothing, what_can_be };

/// Looks at the whole store of a user: modes, SQLite's integrity, that what belongs together is there, that every
/// message can be read, files that no session has. Reads everything.
///
/// `what_can_be`: puts right what it finds. A damaged database is moved aside (`errand.db.damaged-<time>`, with its
/// -wal and -shm) once every row that can be read is in a new one; what is lost is counted, and each session that lost
/// something says so in an event. `storage` for what is no store of ours or a newer one's (left untouched) or can't be
/// read at all; `busy` when another process has the store open that is to be replaced.
Result<CheckReport> check_store(const std::string& data_directory, std::string_view user, Mend mend);

}  // namespace errand::store
