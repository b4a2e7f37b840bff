#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace errand::repl {

/// What somebody is asked about: harmless rows for a screen, which may be painted.
struct Subject {
  std::vector<std::string> before{};   ///< who wants what
  std::vector<std::string> what{};     ///< what will happen
  std::vector<std::string> after{};    ///< what is said about it
  std::vector<std::size_t> telling{};  ///< of `what`, ascending: where there is little room the others go first
  bool operator==(const Subject&) const = default;
};

[[nodiscard]] std::size_t row_count(const Subject& subject);

/// All of it.
[[nodiscard]] std::vector<std::string> all_rows(const Subject& subject);

/// At most `room` rows of it, none wider than `columns` that was not. A long one loses its middle, never its end: that
/// is where something would be hidden; where some rows tell it, the others go before that. How much that is stands in
/// its place, and that "v" shows it.
[[nodiscard]] std::vector<std::string> rows_in(const Subject& subject, std::size_t room, std::size_t columns);

/// Once all of it was shown: what is wanted, and that the rest stands above.
[[nodiscard]] Subject shown_above(const Subject& subject, std::size_t columns);

/// How many rows of it stay behind.
inline constexpr std::size_t rows_that_stay = 44;

}  // namespace errand::repl
