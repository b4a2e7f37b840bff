#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "terminal/key.hpp"

namespace errand::terminal {

/// What a terminal can be asked and answers among the keys, some time later.
enum class Answer { background, place, shown };

/// Asks for the cursor's place (ECMA-48 DSR). A terminal answers it when it has shown all that came before.
inline constexpr std::string_view ask_place = "\x1b[6n";

/// Asks for a sign of life (DSR 5), which comes when it has shown all that came before: unlike a place it can be no
/// key.
inline constexpr std::string_view ask_shown = "\x1b[5n";

/// Where the cursor is, from 0.
struct Place {
  std::size_t row = 0;
  std::size_t column = 0;
  bool operator==(const Place&) const = default;
};
/// What an answer to it says ("[24;80R"); nullopt: the reply is another.
[[nodiscard]] std::optional<Place> place_in(const Key& reply);

/// Which question `key` answers; nullopt: it is no answer to these.
[[nodiscard]] std::optional<Answer> answer_in(const Key& key);

/// How bytes fit such an answer, which may be cut anywhere.
struct Fit {
  enum class Kind { none, beginning, whole };
  Kind kind = Kind::none;
  std::size_t bytes = 0;  ///< of a whole one
};
[[nodiscard]] Fit fit_of(Answer answer, std::string_view bytes);

/// Whether so much of one has come that nobody has typed it.
[[nodiscard]] bool is_surely(Answer answer, std::string_view bytes);

}  // namespace errand::terminal
