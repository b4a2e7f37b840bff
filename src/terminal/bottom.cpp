#include "terminal/bottom.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include <poll.h>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "terminal/answers.hpp"

namespace errand::terminal {

namespace {

// A status on a narrower terminal costs more than it says.
constexpr std::size_t least_status_columns = 40;

// How long it takes at least until a new size is heard of.
constexpr std::chrono::milliseconds hearing{15};

// Of a window that changes again so soon, what was painted in between may have met either size.
constexpr std::chrono::milliseconds one_drag{1000};

// What goes into the scrollback at once: some screens full.
constexpr std::size_t max_rows_a_frame = 200;

// What a row costs beside its text.
constexpr std::size_t row_cost = 8;

void append(std::vector<Row>& to, std::vector<Row> rows) {
  std::ranges::move(rows, std::back_inserter(to));
}

}  // namespace

Bottom::Bottom(int fd, Size otherwise, OnNarrowing on_narrowing)
    : fd_(fd), otherwise_(otherwise), painter_(fd, size_of(fd, otherwise), on_narrowing) {}

void Bottom::print(std::string_view lines) {
  const std::lock_guard lock(mutex_);
  for (auto& line : text::lines(lines)) collected_.push_back(row_of(std::move(line)));
}

void Bottom::show_run(std::vector<Row> finished, std::vector<Row> live, std::size_t of_the_moment) {
  const std::lock_guard lock(mutex_);
  leave_out_stayed(finished);
  append(collected_, std::move(finished));
  live_ = std::move(live);
  of_the_moment_ = std::min(of_the_moment, live_.size());
  run_goes_on_ = true;
}

// How many of the first rows are in the scrollback already.
std::size_t Bottom::count_stayed(const std::vector<Row>& rows) const {
  const auto differs = std::mismatch(stayed_.begin(), stayed_.end(), rows.begin(), rows.end());
  return static_cast<std::size_t>(differs.second - rows.begin());
}

// From a row on that has become another, all are shown.
void Bottom::leave_out_stayed(std::vector<Row>& finished) {
  const auto count = count_stayed(finished);
  const auto end = count < finished.size() ? stayed_.end() : stayed_.begin() + static_cast<std::ptrdiff_t>(count);
  stayed_.erase(stayed_.begin(), end);
  finished.erase(finished.begin(), finished.begin() + static_cast<std::ptrdiff_t>(count));
}

void Bottom::begin_run() {
  const std::lock_guard lock(mutex_);
  run_goes_on_ = true;
}

bool Bottom::shows_run() {
  const std::lock_guard lock(mutex_);
  return run_goes_on_ && holds_ == 0;
}

Result<void> Bottom::flush() {
  const std::lock_guard lock(mutex_);
  return paint_if_taken();
}

Result<void> Bottom::end_run() {
  const std::lock_guard lock(mutex_);
  run_goes_on_ = false;
  live_.clear();
  stayed_.clear();
  of_the_moment_ = 0;
  return paint_when_it_can();
}

Result<void> Bottom::settle() {
  std::unique_lock lock(mutex_);
  await_resized(lock);
  return paint();
}

Result<void> Bottom::hold() {
  std::unique_lock lock(mutex_);
  await_resized(lock);
  if (holds_ == 0) ERRAND_TRY(paint());  // what was said before comes before
  ++holds_;
  return paint();
}

Result<void> Bottom::hold_with_what_is_whole() {
  std::unique_lock lock(mutex_);
  await_resized(lock);
  ERRAND_TRY(paint());
  if (holds_++ > 0 || !run_goes_on_) return {};
  const auto begin = live_.begin() + static_cast<std::ptrdiff_t>(count_stayed(live_));
  const auto end = std::max(begin, live_.end() - static_cast<std::ptrdiff_t>(of_the_moment_));
  std::vector<Row> staying(begin, end);
  stayed_.assign(live_.begin(), end);
  return paint(std::move(staying));
}

Result<void> Bottom::release() {
  const std::lock_guard lock(mutex_);
  if (holds_ > 0) --holds_;
  return paint();
}

Result<void> Bottom::show_input(Frame frame, When when) {
  const std::lock_guard lock(mutex_);
  input_ = std::move(frame);
  when_ = when;
  return paint_if_taken();
}

Result<void> Bottom::leave_input(const std::vector<Row>& left) {
  const std::lock_guard lock(mutex_);
  return leave(left);
}

Result<void> Bottom::leave(const std::vector<Row>& left) {
  input_.reset();
  if (holds_ > 0) return paint(left);
  append(collected_, left);
  return paint_when_it_can();
}

void Bottom::set_status(std::function<Row(std::size_t columns)> status) {
  const std::lock_guard lock(mutex_);
  status_ = std::move(status);
}

Result<void> Bottom::clear_screen() {
  const std::lock_guard lock(mutex_);
  ERRAND_TRY(painter_.clear_screen());
  return paint();
}

Result<void> Bottom::come_back() {
  const std::lock_guard lock(mutex_);
  painter_.forget();
  return paint();
}

bool Bottom::shows_input() const {
  return input_ && (when_ == When::always || (run_goes_on_ && holds_ == 0));
}

// The newest of the live rows that leave room for what is typed; the cursor is there, else behind them.
Frame Bottom::frame() {
  const auto [columns, height] = painter_.size();
  const auto typed = shows_input() ? *input_ : Frame{};
  Frame out;
  if (run_goes_on_ && holds_ == 0) {
    const auto room = height - std::min(height, typed.rows.size());
    const auto count = std::min(room, live_.size() - count_stayed(live_));
    out.rows.assign(live_.end() - static_cast<std::ptrdiff_t>(count), live_.end());
  }
  const auto above = out.rows.size();
  out.rows.insert(out.rows.end(), typed.rows.begin(), typed.rows.end());
  if (!typed.rows.empty()) {
    out.cursor_row = above + typed.cursor_row;
    out.cursor_column = typed.cursor_column;
    if (status_ && columns >= least_status_columns && out.rows.size() < height) {
      if (auto status = status_(columns); !status.text.empty()) out.rows.push_back(std::move(status));
    }
  } else if (above > 0) {
    out.cursor_row = above - 1;
    out.cursor_column = std::min(out.rows.back().width, columns - 1);
  }
  return out;
}

void Bottom::wait_for_resized(Waits waits) {
  const std::lock_guard lock(mutex_);
  waits_ = waits;
}

void Bottom::hear_of_resize() {
  const std::lock_guard lock(mutex_);
  if (awaits_resized() || waits_ == Waits::no) return;
  latest_size_ = size();
  latest_change_ = std::chrono::steady_clock::now();
  other_size_ = latest_change_;
}

bool Bottom::knows_size() {
  const std::lock_guard lock(mutex_);
  return !awaits_resized();
}

Result<void> Bottom::resized(std::optional<std::size_t> cursor_column, std::chrono::steady_clock::duration round_trip) {
  const std::lock_guard lock(mutex_);
  is_resized_.notify_all();
  const auto heard = std::exchange(other_size_, std::nullopt).value_or(std::chrono::steady_clock::now() - round_trip);
  const auto before = std::exchange(latest_resized_, std::chrono::steady_clock::now());
  const auto shown_until = heard - before < one_drag ? before : heard - round_trip - hearing;
  return painter_.resize(size(), {.cursor_column = cursor_column, .shown_until = shown_until});
}

bool Bottom::is_behind() {
  const std::lock_guard lock(mutex_);
  return behind_;
}

// A size that came and went has moved rows too: whoever hears of it says when it is over.
bool Bottom::awaits_resized() {
  const auto size_now = size();
  const bool is_other = size_now != painter_.size();
  if (!is_other && (!other_size_ || waits_ == Waits::no)) {
    other_size_.reset();
    return false;
  }
  const auto now = std::chrono::steady_clock::now();
  if (!other_size_ || size_now != latest_size_) latest_change_ = now;
  latest_size_ = size_now;
  if (!other_size_) other_size_ = now;
  if (waits_ == Waits::yes && now - latest_change_ < resize_patience && now - *other_size_ < longest_drag) return true;
  if (!is_other) other_size_.reset();
  return false;
}

// What is not shown by guess for a new size waits a moment for who learns where things are.
void Bottom::await_resized(std::unique_lock<std::mutex>& lock) {
  is_resized_.wait_for(lock, short_patience, [this] { return !awaits_resized(); });
}

void Bottom::pace_by(std::function<void()> on_ask) {
  const std::lock_guard lock(mutex_);
  on_ask_ = std::move(on_ask);
}

void Bottom::shown() {
  const std::lock_guard lock(mutex_);
  pace_.answered(Pace::Clock::now());
}

bool Bottom::awaits_shown() {
  const std::lock_guard lock(mutex_);
  return pace_.awaits_answer();
}

std::size_t Bottom::waiting_rows() {
  const std::lock_guard lock(mutex_);
  return collected_.size();
}

void Bottom::leave_out_waiting(std::size_t all_but, const Row& instead) {
  const std::lock_guard lock(mutex_);
  if (collected_.size() <= all_but + 1) return;
  const auto kept = collected_.end() - static_cast<std::ptrdiff_t>(all_but);
  collected_.erase(collected_.begin(), kept);
  collected_.insert(collected_.begin(), instead);
}

// How much may be written now.
std::size_t Bottom::count_written() {
  const auto all = painter_.written_bytes();
  pace_.wrote(all - std::exchange(counted_bytes_, all));
  return on_ask_ ? pace_.room(Pace::Clock::now()) : std::numeric_limits<std::size_t>::max();
}

Result<void> Bottom::ask() {
  if (!on_ask_ || !pace_.asks()) return {};
  on_ask_();
  pace_.asked(Pace::Clock::now());
  return painter_.write(ask_shown);
}

// A frame that can't be taken yet is none: the next one shows what is new then, and what went above.
Result<void> Bottom::paint_if_taken() {
  pollfd writable{fd_, POLLOUT, 0};
  behind_ = awaits_resized() || ::poll(&writable, 1, 0) == 0;
  if (behind_) return {};
  if (holds_ > 0) return paint();
  const auto room = count_written();
  behind_ = room == 0;
  if (!behind_) ERRAND_TRY(paint_as_far_as(room));
  count_written();
  return ask();
}

// Of a lot at once the rest comes with the next frame: whoever types waits for no more than one.
Result<void> Bottom::paint_as_far_as(std::size_t room) {
  std::size_t bytes = 0;
  std::size_t count = 0;
  while (count < std::min(collected_.size(), max_rows_a_frame) && bytes < room)
    bytes += collected_[count++].text.size() + row_cost;
  if (count == collected_.size()) return paint();
  const auto rest = collected_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<Row> first(std::make_move_iterator(collected_.begin()), std::make_move_iterator(rest));
  collected_.erase(collected_.begin(), rest);
  ERRAND_TRY(paint(std::move(first)));
  behind_ = true;
  return {};
}

// Where somebody reads keys there is also somebody who paints the rest.
Result<void> Bottom::paint_when_it_can() {
  return on_ask_ ? paint_if_taken() : paint();
}

Result<void> Bottom::paint() {
  return paint(holds_ > 0 ? std::vector<Row>{} : std::exchange(collected_, {}));
}

Result<void> Bottom::paint(std::vector<Row> finished) {
  behind_ = false;
  if (const auto now = size(); now != painter_.size()) {
    const auto heard = std::chrono::steady_clock::now() - hearing;
    other_size_.reset();
    ERRAND_TRY(painter_.resize(now, {.cursor_column = std::nullopt, .shown_until = heard}));
  }
  const auto columns = painter_.size().columns;
  const bool fits = std::ranges::all_of(finished, [&](const Row& row) { return row.width <= columns; });
  return fits ? painter_.paint(frame(), finished) : painter_.print_above(finished, frame());
}

}  // namespace errand::terminal
