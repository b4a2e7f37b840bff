#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "render/theme.hpp"

namespace errand::render {

struct Look {
  Style style = Style::text;
  std::uint8_t marks = 0;
  std::string link;  ///< the address an OSC 8 link leads to: printable ASCII only; empty for none
  bool operator==(const Look&) const = default;
};

constexpr std::size_t no_source = static_cast<std::size_t>(-1);

/// Harmless text in one look.
struct Run {
  std::string text;
  Look look;
  std::size_t source = no_source;  ///< where its first byte stands in the text it was made from, if it is copied
};
using Line = std::vector<Run>;

std::size_t width(const Line& line);
void append(Line& line, Run run);  ///< joins what looks alike
void append(Line& line, const Line& more);

/// The bytes for a terminal, without a line end; every style and link that begins also ends.
std::string paint(const Line& line, const Theme& theme);

/// A line of a wrapped text.
struct WrappedLine {
  Line line;
  std::size_t source = no_source;  ///< of its first character
};

/// Lines of at most `columns` (at least 2), broken at blanks, which are dropped there, and between wide characters
/// (Han, kana, emoji); a longer word is cut between clusters. '\n' in a run's text ends a line.
std::vector<WrappedLine> wrap(const Line& text, std::size_t columns);

/// The same cut at exactly `columns`, every blank kept: for code.
std::vector<Line> cut(const Line& text, std::size_t columns);

}  // namespace errand::render
