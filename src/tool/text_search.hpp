#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/call.hpp"
#include "base/error.hpp"

namespace errand::tool {

enum class SearchCase { sensitive, ignored };
enum class SearchSpan { line, multiline };
enum class SearchOutput { content, files, count };

/// What to look for in files, and what to tell of them.
struct SearchSpec {
  std::string pattern;  ///< RE2 syntax
  SearchCase letters = SearchCase::sensitive;
  SearchSpan span = SearchSpan::line;  ///< multiline: '.' and the match may run over line ends
  SearchOutput output = SearchOutput::content;
  std::size_t before = 0;  ///< lines of context
  std::size_t after = 0;
  bool line_numbers = true;
  std::size_t max_lines = 0;  ///< of output for one file; 0: no limit
};

/// What one file holds.
struct FileHits {
  std::string text;         ///< content: lines "label:12:text", context "label-11-text", "--" between groups
  std::size_t lines = 0;    ///< of `text`
  std::size_t matches = 0;  ///< matching lines; with SearchOutput::files at most 1
  bool cut = false;         ///< the rest of the file was not looked at: max_lines or max_text_bytes was reached
};

/// Searches one file after another. Binary files (with a NUL byte) hold nothing; UTF-16 with a byte order mark is
/// decoded. One thread at a time: it keeps its buffer and the compiled pattern.
class TextSearch {
 public:
  static constexpr std::size_t max_text_bytes = 256U << 10U;  ///< for one file
  static constexpr std::size_t max_shown_line_bytes = 500;    ///< longer lines are cut around the match
  /// Multiline and UTF-16 need the whole file; larger ones are passed over there.
  static constexpr std::size_t max_whole_bytes = 32U << 20U;

  /// `failure` in a sentence for the model when the pattern is not valid.
  static Result<TextSearch> make(const SearchSpec& spec);
  TextSearch(TextSearch&&) noexcept;
  TextSearch& operator=(TextSearch&&) noexcept;
  ~TextSearch();

  /// Reads `fd` from its start. `label` stands before each line. A file that can't be read holds nothing.
  Result<FileHits> search(int fd, std::string_view label, const Call& call);

 private:
  struct State;
  explicit TextSearch(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The longest text of at least three bytes that every match of the RE2 pattern holds, as far as a simple reading of
/// the pattern shows; empty when it shows none.
std::string required_text(std::string_view pattern);

}  // namespace errand::tool
