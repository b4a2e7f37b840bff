#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "render/theme.hpp"

namespace errand::render {

/// So many lines are shown.
struct LineLimit {
  std::size_t lines = 0;
  std::string_view opens{};  ///< what shows the others, as TextOptions has it
};

/// The hunks of a unified diff in a tool's result ("updated a.txt\n@@ …") as painted lines of at most `columns`; what
/// is longer than the limit ends in a count. Empty where there is no diff.
std::vector<std::string> diff_lines(std::string_view result, const Theme& theme, std::size_t columns,
                                    const LineLimit& limit);

/// A new file's text as added lines. `input` is the JSON of a call of Write; text that is none gives nothing.
std::vector<std::string> new_file_lines(std::string_view input, const Theme& theme, std::size_t columns,
                                        const LineLimit& limit);

struct ChangeRows {
  std::vector<std::string> rows;     ///< painted
  std::vector<std::size_t> telling;  ///< which of them are lines that change, or a later hunk's header, ascending
};

/// Hunks of a unified diff, all of them and each whole, however long: rows of at most `columns`.
ChangeRows change_rows(std::string_view hunks, const Theme& theme, std::size_t columns);

}  // namespace errand::render
