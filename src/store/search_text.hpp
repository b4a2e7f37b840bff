#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace errand::store {

/// Of a longer text, this much of its beginning and of its end can be found.
inline constexpr std::size_t max_searchable_end_bytes = std::size_t{64} << 10U;

/// A text of a message, or one tool call of it.
struct SearchablePart {
  std::string text;
  std::string tool;  ///< whose call or result it is; empty: none's
  bool operator==(const SearchablePart&) const = default;
};

/// What of a message can be searched for.
struct Searchable {
  std::vector<SearchablePart> parts;
  std::vector<std::string> tools;  ///< called, or the one whose result it is; each once
  std::vector<std::string> paths;  ///< in the input of its calls, as they stand there
  bool operator==(const Searchable&) const = default;

  /// The parts, a line each or more.
  [[nodiscard]] std::string text() const;
};

/// Of a stored message: `type` and `json` as in StoredRecord. A row that can't be read has nothing. Must give the same
/// for the same row always, since what was put into an index is taken out of it by its words: a change needs a
/// migration that makes the index anew.
Searchable searchable_of(std::string_view type, const std::string& json);

/// The files that the run wrote which ended with this stored `done` event.
std::vector<std::string> files_written(const std::string& done_json);

}  // namespace errand::store
