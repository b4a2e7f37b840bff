#include "repl/editor/line_queue.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "repl/command_word.hpp"

namespace errand::repl {

namespace {

constexpr std::size_t max_rows = 4;

// What is not asked by itself says which key lets it go.
std::string how_to_go_on(std::string_view typed) {
  if (text::trim(typed).empty()) return "Enter asks what waits, Up takes it back";
  if (is_command(typed)) return "Enter does this, what waits goes on waiting";
  return "Enter asks what waits, then this";
}

std::optional<LineQueue::Line> take_front(std::deque<LineQueue::Line>& lines) {
  if (lines.empty()) return std::nullopt;
  auto out = std::move(lines.front());
  lines.pop_front();
  return out;
}

}  // namespace

bool is_command(std::string_view line) {
  return line.starts_with('!') || line == "/" || names_command(line);  // a "/" is about to be one
}

std::optional<LineQueue::Line> LineQueue::take_steered() {
  return take_front(steering_);
}

void LineQueue::steer_no_more() {
  waiting_.insert(waiting_.begin(), std::make_move_iterator(steering_.begin()),
                  std::make_move_iterator(steering_.end()));
  steering_.clear();
}

std::optional<LineQueue::Line> LineQueue::next() {
  return paused_ ? std::nullopt : take_front(waiting_);
}

std::optional<LineQueue::Line> LineQueue::take_newest() {
  if (waiting_.empty()) return std::nullopt;
  return take(0);
}

LineQueue::Line LineQueue::take(std::size_t behind) {
  const auto at = waiting_.end() - static_cast<std::ptrdiff_t>(behind + 1);
  auto out = std::move(*at);
  waiting_.erase(at);
  behind_ = behind;
  lent_paused_ = paused_;
  if (waiting_.empty()) paused_ = false;
  return out;
}

// What was asked meanwhile was taken from the front: what stands behind the place is as it was.
void LineQueue::add(Line line) {
  const auto behind = std::min(std::exchange(behind_, std::nullopt).value_or(0), waiting_.size());
  waiting_.insert(waiting_.end() - static_cast<std::ptrdiff_t>(behind), std::move(line));
}

std::optional<LineQueue::Line> LineQueue::take_beside(Line edited, Toward toward) {
  const auto behind = behind_.value_or(0);
  if (toward == Toward::older && behind >= waiting_.size()) return std::nullopt;
  add(std::move(edited));
  paused_ = paused_ || lent_paused_;
  if (toward == Toward::newer && behind == 0) return std::nullopt;
  return take(toward == Toward::older ? behind + 1 : behind - 1);
}

std::vector<terminal::Row> LineQueue::rows(std::size_t columns, Styles styles, std::string_view typed) const {
  std::vector<terminal::Row> out;
  const auto count = steering_.size() + waiting_.size();
  if (paused_ && count > 0) out.push_back(faint_row(how_to_go_on(typed), columns, styles));
  const auto first = out.size();
  const auto add = [&](std::string_view what, const Line& line) {
    if (out.size() - first + 1 < max_rows || count <= max_rows)
      out.push_back(faint_row(fmt::format("{}: {}", what, line.text), columns, styles));
  };
  for (const auto& line : steering_) add("for this run", line);
  for (const auto& line : waiting_)
    add(!paused_ && is_command(line.text) ? "queued for after the run" : "queued", line);
  const auto shown = out.size() - first;
  if (count > shown) out.push_back(faint_row(fmt::format("… and {} more", count - shown), columns, styles));
  return out;
}

}  // namespace errand::repl
