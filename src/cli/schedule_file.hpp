#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/call.hpp"
#include "base/error.hpp"
#include "base/time.hpp"
#include "store/owner.hpp"

namespace errand::cli {

/// What happens to a time that comes while the entry's run before still works.
enum class Overlap {
  skip,  ///< it is left out
  wait,  ///< it runs as soon as that one has ended
  allow  ///< both run
};
std::string_view name_of(Overlap overlap);
std::optional<Overlap> overlap_named(std::string_view name);

/// What happens to times that came while nobody looked.
enum class IfMissed {
  run,  ///< the newest of them runs late
  skip  ///< they are told, and no more
};
std::string_view name_of(IfMissed what);
std::optional<IfMissed> if_missed_named(std::string_view name);

/// A run on a timetable, and what became of it.
struct ScheduleEntry {
  std::string name;
  std::string when;  ///< as it was written
  std::string zone;
  std::string directory;               ///< absolute; where it runs
  std::vector<std::string> arguments;  ///< of errand run
  Overlap overlap = Overlap::skip;
  IfMissed if_missed = IfMissed::run;
  std::chrono::seconds jitter{0};
  Timestamp created{};

  struct Run {
    Timestamp started{};
    std::optional<Timestamp> ended;
    std::optional<int> exit;
  };

  Timestamp handled{};                  ///< its times up to here have had their turn
  std::optional<Run> last;              ///< that was started
  std::optional<store::Owner> starter;  ///< the process that waits for the last one; none once it ended
  std::optional<Timestamp> renewed;     ///< its last sign of life, every store::owner_renewal while the run works
  std::int64_t missed = 0;              ///< times for which nothing ran, since it was added
  std::int64_t skipped = 0;             ///< times that were left out because of an overlap
};

/// Whether the last run still works.
[[nodiscard]] bool is_running(const ScheduleEntry& entry);

/// A name of an entry: [A-Za-z0-9._-]{1,64}, no leading dot.
[[nodiscard]] bool is_schedule_name(std::string_view name);

inline constexpr std::size_t max_schedule_entries = 1000;

/// The entries of one user: `<data directory>/<user>/schedule.json`, mode 0600, replaced whole under a lock.
class ScheduleFile {
 public:
  explicit ScheduleFile(const std::string& user_directory) : path_(user_directory + "/schedule.json") {}

  /// Sorted by name; none when there is no file. `storage` when it can't be read or is none of ours.
  [[nodiscard]] Result<std::vector<ScheduleEntry>> read() const;

  /// Reads, changes and writes; others that change it wait meanwhile, `busy` after ten seconds. What `change` fails
  /// with leaves the file as it was. The user's directory must be there.
  Result<void> change(const std::function<Result<void>(std::vector<ScheduleEntry>&)>& change, const Call& call) const;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace errand::cli
