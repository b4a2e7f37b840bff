// What vi does with whole lines, and how it puts back what was taken.

#include <algorithm>
#include <utility>

#include "repl/editor/line_session.hpp"

namespace errand::repl {

namespace {

std::size_t line_end(std::string_view text, std::size_t at) {
  return std::min(text.find('\n', at), text.size());
}

std::size_t line_start(std::string_view text, std::size_t at) {
  const auto before = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  return before == std::string_view::npos ? 0 : before + 1;
}

}  // namespace

// Where the first and the last line of an operator begin; nullopt where there are not so many below or above.
std::optional<ViSpan> LineSession::vi_lines(char op, char motion, std::size_t count) const {
  const std::string_view text = buffer_.text();
  ViSpan out{buffer_.line_start(), buffer_.line_start()};
  if (motion == 'G' || motion == 'g') {
    const auto there = motion == 'g' ? vi_line(text, count) : line_start(text, text.size());
    return ViSpan{std::min(out.from, there), std::max(out.from, there)};
  }
  const bool is_own = motion == op;  // of dd there may be fewer
  for (std::size_t i = is_own ? 1 : 0; i < count; ++i) {
    const bool is_at_end = motion == 'k' ? out.from == 0 : line_end(text, out.to) == text.size();
    if (is_at_end && is_own) break;
    if (is_at_end) return std::nullopt;
    if (motion == 'k')
      out.from = line_start(text, out.from - 1);
    else
      out.to = line_end(text, out.to) + 1;
  }
  return out;
}

// What lines leave for `p` ends with a line end: that is put on lines of its own.
void LineSession::vi_operate_on_lines(char op, char motion, std::size_t count) {
  const auto lines = vi_lines(op, motion, count);
  if (!lines) return;
  const auto first = lines->from;
  const auto end = line_end(buffer_.text(), lines->to);
  if (op == 'c') return vi_operate_on('c', first, end);
  const bool stays = buffer_.line_start() == first;
  buffer_.keep(buffer_.text().substr(first, end - first) + "\n");
  if (op == 'y') return buffer_.move_to(stays ? buffer_.cursor() : first);
  const bool is_last = end == buffer_.text().size();
  buffer_.erase(is_last && first > 0 ? first - 1 : first, is_last ? end : end + 1);
  buffer_.move_to(vi_first_of_line(buffer_.text(), buffer_.cursor()));
}

// What was deleted or copied: behind the cursor or before it, lines below its line or above it.
void LineSession::vi_put(char letter, std::size_t count) {
  if (buffer_.kills().empty()) return;
  if (buffer_.kills().back().ends_with('\n')) return vi_put_lines(letter, count);
  if (letter == 'p' && buffer_.cursor() < buffer_.line_end()) buffer_.right();
  for (std::size_t i = 0; i < count; ++i) buffer_.yank();
  buffer_.left();
}

void LineSession::vi_put_lines(char letter, std::size_t count) {
  auto lines = buffer_.kills().back();
  for (std::size_t i = 1; i < count; ++i) lines += buffer_.kills().back();
  lines.pop_back();
  if (buffer_.text().empty()) {
    buffer_.insert_whole(lines);
    return buffer_.move_to(vi_first_of_line(buffer_.text(), 0));
  }
  const bool is_below = letter == 'p';
  buffer_.move_to(is_below ? buffer_.line_end() : buffer_.line_start());
  const auto begin = buffer_.cursor() + (is_below ? 1 : 0);
  buffer_.insert_whole(is_below ? "\n" + lines : lines + "\n");
  buffer_.move_to(vi_first_of_line(buffer_.text(), begin));
}

}  // namespace errand::repl
