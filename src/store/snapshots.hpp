#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/error.hpp"
#include "base/time.hpp"

namespace errand::store {

/// What a file held before a tool call changed it.
struct Snapshot {
  enum class Before {
    absent,  ///< there was no such file
    kept,    ///< `hash` names the content
    left,    ///< too large, or the session has as much as may be kept: it can't be had again
  };
  std::int64_t position = 0;  ///< of the session's newest record when it was taken
  std::string call_id;
  std::string path;  ///< absolute, without links
  Before before = Before::absent;
  std::string hash;        ///< SHA-256 of the content before, hexadecimal; empty unless kept
  std::int64_t size = 0;   ///< bytes before
  std::string after_hash;  ///< of what the call left; empty: it left no file, or its end was not seen
  bool ended = false;      ///< the call's end was seen
  Timestamp time{};
  bool operator==(const Snapshot&) const = default;
};

/// The largest file that is kept, and how much is kept for one session; bytes.
inline constexpr std::int64_t max_snapshot_bytes = std::int64_t{16} << 20U;
inline constexpr std::int64_t max_session_snapshot_bytes = std::int64_t{256} << 20U;

/// Keeps what files held before tools changed them, so that a session can go back and take its files with it. Contents
/// are kept once each, and go with their session. Thread-safe. Failures are `storage`; an unknown session `failure`.
class Snapshots {
 public:
  virtual ~Snapshots() = default;

  /// Before a call changes `path`, which does not exist yet. Returns what note_after() is given.
  virtual Result<std::int64_t> keep_absent(std::string_view session, std::string_view call_id,
                                           std::string_view path) = 0;

  /// Before a call changes `path`, which has `size` bytes. `content` is empty where that is more than
  /// max_snapshot_bytes. On disk when it returns, but for the row, which the session's next append takes along.
  virtual Result<std::int64_t> keep_content(std::string_view session, std::string_view call_id, std::string_view path,
                                            std::string_view content, std::int64_t size) = 0;

  /// After it: the SHA-256 of what the file holds now, or nothing for a file that is not there.
  virtual Result<void> note_after(std::int64_t snapshot, std::string_view hash) = 0;

  /// Those taken at `position` or later, oldest first.
  virtual Result<std::vector<Snapshot>> snapshots(std::string_view session, std::int64_t position) = 0;

  /// The bytes of a snapshot that was kept. `storage` when they are gone or are others.
  virtual Result<std::string> snapshot_content(std::string_view session, std::string_view hash) = 0;
};

}  // namespace errand::store
