#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace errand::repl {

/// The files below a directory, for completion: what git ignores and hidden directories are left out. A walk is cut off
/// after a time and a number of files, those near the top first, and is good for a few seconds.
class FileFinder {
 public:
  static constexpr std::chrono::milliseconds time_limit{120};
  static constexpr std::chrono::seconds good_for{5};
  static constexpr std::size_t max_files = 50'000;

  explicit FileFinder(std::string directory) : directory_(std::move(directory)) {}

  /// Paths that match, best first; directories end with '/'. An empty query lists the directory itself. One that begins
  /// with "/", "~/", "./" or "../" names its directory, which alone is looked at, all of it: what git ignores too, and
  /// hidden files where the name that was begun says so.
  std::vector<std::string> find(std::string_view query, std::size_t limit);

 private:
  [[nodiscard]] std::vector<std::string> beginning_with(std::string_view query, std::size_t limit) const;

  std::string directory_;
  std::vector<std::string> paths_;
  std::chrono::steady_clock::time_point walked_{};
};

/// How well `path` fits `query`, without case: its letters in their order. 0: it does not; more is better, and most of
/// all where the file's name begins with it.
[[nodiscard]] std::size_t fuzzy_score(std::string_view path, std::string_view query);

}  // namespace errand::repl
