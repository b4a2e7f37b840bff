#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace errand::repl {

/// Where prompts are kept, and what takes secrets out of them first.
struct HistoryFile {
  std::string path;
  std::function<std::string(std::string)> clean;
};

/// The prompts of this user, oldest first, for Up and Ctrl-R. Several processes may add to one file at once.
///
/// The file (0600) has an entry a line; in one "\\n" is a line end and "\\\\" a backslash. It is only added to, until
/// it has twice as many entries as are kept; then it is written anew with the newest ones.
class History {
 public:
  static constexpr std::size_t max_entries = 10'000;
  /// A longer prompt is not kept: it is nothing that one looks for by Up.
  static constexpr std::size_t max_entry_bytes = std::size_t{64} << 10U;
  static constexpr std::size_t max_file_bytes = std::size_t{64} << 20U;

  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }

  /// Reads what is there; a file that is missing is made when something is added. Fails with `storage`.
  Result<void> open(HistoryFile file);

  /// Keeps a prompt; one that is like the newest is not kept again. Fails with `storage`; in memory it is kept even so.
  Result<void> add(const std::string& line);

 private:
  Result<void> append(const std::string& line);

  HistoryFile file_;
  std::vector<std::string> lines_;
};

}  // namespace errand::repl
