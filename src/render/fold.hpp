#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace errand::render {

/// Columns that lines for people may have on `fd`, one less than there are; nothing is folded where it is no terminal.
std::size_t fold_columns(int fd);

inline constexpr std::size_t no_folding = static_cast<std::size_t>(-1);
/// How much further a line that goes on is indented than its beginning.
inline constexpr std::size_t usual_hang = 2;

/// Harmless lines, those that are wider than `columns` broken at words. A line end at the end stays.
std::string fold(std::string_view harmless, std::size_t columns, std::size_t hang = usual_hang);

}  // namespace errand::render
