#include "render/live.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <sys/ioctl.h>

#include "base/unicode.hpp"

namespace errand::render {

namespace {

constexpr std::string_view erase_to_end_of_line = "\x1b[K";
constexpr std::string_view erase_below = "\x1b[J";
constexpr std::string_view begin_update = "\x1b[?2026h";
constexpr std::string_view end_update = "\x1b[?2026l";
constexpr std::string_view next_line = "\r\n";  // also where the terminal adds no carriage return

// Of a painted line: SGR and OSC 8 take no columns.
std::size_t columns_of(std::string_view line) {
  std::string text;
  while (!line.empty()) {
    const auto escape = std::min(line.find('\x1b'), line.size());
    text += line.substr(0, escape);
    line.remove_prefix(escape);
    if (line.empty()) break;
    const auto end = line.starts_with("\x1b]") ? line.find("\x1b\\") : line.find('m');
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + (line[1] == ']' ? 2 : 1));
  }
  return unicode::width(text);
}

std::size_t common_beginning(const LiveLines::Lines& one, const LiveLines::Lines& other) {
  const auto [end, ignored] = std::mismatch(one.begin(), one.end(), other.begin(), other.end());
  return static_cast<std::size_t>(end - one.begin());
}

}  // namespace

ScreenSize screen_size(int fd, ScreenSize otherwise) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) otherwise = {size.ws_col, size.ws_row};
  return {std::max<std::size_t>(otherwise.columns, 20), std::max<std::size_t>(otherwise.rows, 2)};
}

// From behind the last line to the start of one. A terminal that has become narrower shows a line on several rows.
std::string LiveLines::to_line(std::size_t index, ScreenSize size) const {
  std::size_t rows = 0;
  for (auto i = index; i < shown_.size(); ++i) {
    const auto columns = columns_of(shown_[i]);
    rows += columns <= size.columns ? 1 : (columns + size.columns - 1) / size.columns;
  }
  return rows > 1 ? fmt::format("\r\x1b[{}A", rows - 1) : "\r";
}

std::string LiveLines::update(const Lines& finished, Lines live, ScreenSize size) {
  const auto most = size.rows - 1;
  const bool cut_off = live.size() > most;
  if (cut_off) live.erase(live.begin(), live.end() - static_cast<std::ptrdiff_t>(most));
  auto all = finished;
  all.insert(all.end(), live.begin(), live.end());

  const bool was_cut_off = std::exchange(cut_off_, cut_off);
  auto same = (was_cut_off || cut_off) && !finished.empty() ? 0 : common_beginning(shown_, all);
  if (finished.empty() && same == all.size() && same == shown_.size()) return {};
  if (all.empty()) {
    auto out = to_line(0, size) + std::string(shown_.size() > 1 ? erase_below : erase_to_end_of_line);
    shown_.clear();
    return out;
  }

  std::string out;
  const bool only_more = same == shown_.size();
  if (only_more) {
    const bool ends_line = !shown_.empty() && (same < all.size() || live.empty());
    if (ends_line) out += next_line;
  } else {
    same = std::min(same, all.size() - 1);
    const bool one_grows =
        finished.empty() && same + 1 == shown_.size() && same + 1 == all.size() && all[same].starts_with(shown_[same]);
    if (one_grows) {
      out = all[same].substr(shown_[same].size());
      shown_ = std::move(live);
      return out;
    }
    out += to_line(same, size);
  }
  for (auto i = same; i < all.size(); ++i) {
    out += all[i];
    if (!only_more) out += erase_to_end_of_line;
    if (i < finished.size() || i + 1 < all.size()) out += next_line;
  }
  // At the start of a line below finished ones nothing may be left, at the end of the last live one neither.
  if (!only_more && shown_.size() > (live.empty() ? finished.size() : all.size())) out += erase_below;
  const bool one_line = shown_.empty() && all.size() == 1 && finished.empty();
  shown_ = std::move(live);
  if (one_line || out.empty()) return out;
  return std::string(begin_update) + out + std::string(end_update);
}

}  // namespace errand::render
