#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace errand::repl {

// Where vi's motions lead in a text, and what its text objects take (POSIX vi, and vim's objects). Pure; positions are
// bytes on grapheme borders.

/// `w`, `b`, `e` stop between words and other characters, `W`, `B`, `E` only at white space.
enum class ViWords { small, big };
[[nodiscard]] std::size_t vi_next_word(std::string_view text, std::size_t at, ViWords words);
[[nodiscard]] std::size_t vi_previous_word(std::string_view text, std::size_t at, ViWords words);
[[nodiscard]] std::size_t vi_word_end(std::string_view text, std::size_t at, ViWords words);

/// Behind the characters of one kind that `at` is among, in its line; `at` itself at the line's end.
[[nodiscard]] std::size_t vi_run_end(std::string_view text, std::size_t at, ViWords words);

/// `^`: the first character of the line at `at` that is no blank.
[[nodiscard]] std::size_t vi_first_of_line(std::string_view text, std::size_t at);

/// Back onto the last character of a word, as `ge` goes.
[[nodiscard]] std::size_t vi_previous_word_end(std::string_view text, std::size_t at, ViWords words);
/// Where the n-th line begins, from 1; the last one where there are not so many.
[[nodiscard]] std::size_t vi_line(std::string_view text, std::size_t number);

/// A search in a line: `key` is one of f, F, t, T, and `character` a grapheme.
struct ViSearch {
  char key = 0;
  std::string character;
};
/// The same the other way, as `,` has it.
[[nodiscard]] ViSearch vi_reversed(ViSearch search);

enum class ViTry { first, again };
/// Where the cursor goes to for the `count`-th one; nullopt: there are not so many. A search for `t` that is tried
/// again passes over the one it stands at.
[[nodiscard]] std::optional<std::size_t> vi_find(std::string_view text, std::size_t at, const ViSearch& search,
                                                 std::size_t count, ViTry attempt);

struct ViSpan {
  std::size_t from = 0;
  std::size_t to = 0;
};
/// A text object: `reach` is i or a; `what` is w, W, a quote or a bracket (b and B too). nullopt: there is none here.
[[nodiscard]] std::optional<ViSpan> vi_object(std::string_view text, std::size_t at, char reach, char what);

}  // namespace errand::repl
