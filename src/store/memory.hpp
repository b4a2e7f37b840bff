#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace errand::store {

/// The most a memory holds; bytes. All of it goes into every prompt.
inline constexpr std::size_t max_memory_bytes = 16'384;

/// Notes that outlive sessions: plain text that people may edit, one note a line ("- the tests need LANG=C"). Several
/// processes may write at once. Failures are `storage` unless said otherwise.
class MemoryFile {
 public:
  /// `path` need not exist; its directory is made with the first note, 0700, the file 0600.
  explicit MemoryFile(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] const std::string& path() const { return path_; }

  /// The whole text; empty when there is none. A person may have written more than max_memory_bytes.
  [[nodiscard]] Result<std::string> read() const;

  /// Adds one line; line ends in `note` become blanks. One that is there already is not added again. `failure` when it
  /// is blank, or there would be more than max_memory_bytes.
  [[nodiscard]] Result<void> add(std::string_view note) const;

  /// Removes the lines that say just that, with or without their "- "; else the one line that holds it. `failure` when
  /// none does, or several do.
  [[nodiscard]] Result<void> remove(std::string_view note) const;

  /// Replaces all of it.
  [[nodiscard]] Result<void> write(std::string_view text) const;

 private:
  std::string path_;
};

/// A user's two memories.
struct Memories {
  MemoryFile user;     ///< holds everywhere
  MemoryFile project;  ///< holds in one project
};

/// Those of `<data_directory>/<user>/memory/`. `user` is a valid name, `project` an absolute resolved path.
Memories memories_of(const std::string& data_directory, std::string_view user, std::string_view project);

}  // namespace errand::store
