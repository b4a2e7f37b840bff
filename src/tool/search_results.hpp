#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "tool/text_search.hpp"

namespace errand::tool {

/// The hits of many files, as workers bring them in any order: keeps the first ones by path, so that what is shown does
/// not depend on who was quicker. Thread-safe.
class SearchResults {
 public:
  struct Limits {
    std::size_t max_lines = 0;  ///< of output; 0: no limit
    std::size_t max_bytes = 0;
  };

  explicit SearchResults(Limits limits) : limits_(limits) {}

  /// Whether hits at `path` would still be kept: only then must the file be searched.
  [[nodiscard]] bool wants(const std::string& path) const;
  void add(const std::string& path, FileHits hits);

  /// Counts a file that was searched.
  void searched();
  [[nodiscard]] std::size_t files_searched() const;

  struct Text {
    std::string text;
    bool cut = false;  ///< there is more than this
  };
  /// All of it in order of path, within the limits, cut at a line's end.
  [[nodiscard]] Text text() const;

 private:
  void drop_surplus();

  Limits limits_;
  mutable std::mutex mutex_;
  std::map<std::string, FileHits> kept_;
  std::size_t lines_ = 0;  // of kept_
  std::size_t bytes_ = 0;
  std::size_t searched_ = 0;
  std::optional<std::string> end_;  // from this path on nothing is kept
};

}  // namespace errand::tool
