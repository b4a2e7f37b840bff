#include "terminal/bottom.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <poll.h>

#include "base/text.hpp"
#include "base/try.hpp"

namespace errand::terminal {

namespace {

// A status on a narrower terminal costs more than it says.
constexpr std::size_t least_status_columns = 40;

// How long it takes at least until a new size is heard of.
constexpr std::chrono::milliseconds hearing{15};

// What goes into the scrollback at once: some screens full.
constexpr std::size_t max_rows_a_frame = 200;

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
  append(collected_, std::move(finished));
  live_ = std::move(live);
  of_the_moment_ = std::min(of_the_moment, live_.size());
  run_goes_on_ = true;
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
  of_the_moment_ = 0;
  return paint();
}

Result<void> Bottom::hold() {
  const std::lock_guard lock(mutex_);
  if (holds_ == 0) ERRAND_TRY(paint());  // what was said before comes before
  ++holds_;
  return paint();
}

Result<void> Bottom::hold_as_shown() {
  const std::lock_guard lock(mutex_);
  ERRAND_TRY(paint());
  if (holds_ == 0) {
    ERRAND_TRY(painter_.paint(frame(Part::lasting)));
    ERRAND_TRY(painter_.leave());
  }
  ++holds_;
  return {};
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

Result<void> Bottom::leave_input_as_shown() {
  const std::lock_guard lock(mutex_);
  return leave(input_ ? input_->rows : std::vector<Row>{});
}

Result<void> Bottom::leave(const std::vector<Row>& left) {
  input_.reset();
  if (holds_ > 0) return paint(left);
  append(collected_, left);
  return paint();
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
Frame Bottom::frame(Part part) {
  const auto [columns, height] = painter_.size();
  const auto typed = shows_input() ? *input_ : Frame{};
  Frame out;
  if (run_goes_on_ && holds_ == 0) {
    const auto room = height - std::min(height, typed.rows.size());
    const auto count = live_.size() - (part == Part::lasting ? of_the_moment_ : 0);
    const auto end = live_.begin() + static_cast<std::ptrdiff_t>(count);
    out.rows.assign(end - static_cast<std::ptrdiff_t>(std::min(room, count)), end);
  }
  const auto above = out.rows.size();
  out.rows.insert(out.rows.end(), typed.rows.begin(), typed.rows.end());
  if (!typed.rows.empty()) {
    out.cursor_row = above + typed.cursor_row;
    out.cursor_column = typed.cursor_column;
    if (part == Part::all && status_ && columns >= least_status_columns && out.rows.size() < height) {
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

Result<void> Bottom::resized(std::optional<std::size_t> cursor_column, std::chrono::steady_clock::duration round_trip) {
  const std::lock_guard lock(mutex_);
  const auto heard = std::exchange(other_size_, std::nullopt).value_or(std::chrono::steady_clock::now() - round_trip);
  return painter_.resize(size(), {.cursor_column = cursor_column, .shown_until = heard - round_trip - hearing});
}

bool Bottom::is_behind() {
  const std::lock_guard lock(mutex_);
  return behind_;
}

bool Bottom::awaits_resized() {
  if (size() == painter_.size()) {
    other_size_.reset();
    return false;
  }
  const auto now = std::chrono::steady_clock::now();
  if (!other_size_) other_size_ = now;
  return waits_ == Waits::yes && now - *other_size_ < resize_patience;
}

// A frame that can't be taken yet is none: the next one shows what is new then, and what went above. Of a lot at once
// the rest comes with the next: whoever types waits for no more than a frame.
Result<void> Bottom::paint_if_taken() {
  pollfd writable{fd_, POLLOUT, 0};
  behind_ = awaits_resized() || ::poll(&writable, 1, 0) == 0;
  if (behind_) return {};
  if (holds_ > 0 || collected_.size() <= max_rows_a_frame) return paint();
  const auto rest = collected_.begin() + static_cast<std::ptrdiff_t>(max_rows_a_frame);
  std::vector<Row> first(std::make_move_iterator(collected_.begin()), std::make_move_iterator(rest));
  collected_.erase(collected_.begin(), rest);
  ERRAND_TRY(paint(std::move(first)));
  behind_ = true;
  return {};
}

Result<void> Bottom::paint() {
  return paint(holds_ > 0 ? std::vector<Row>{} : std::exchange(collected_, {}));
}

Result<void> Bottom::paint(std::vector<Row> finished) {
  behind_ = false;
  if (const auto now = size(); now != painter_.size()) {
    const auto heard = std::chrono::steady_clock::now() - hearing;
    ERRAND_TRY(painter_.resize(now, {.cursor_column = std::nullopt, .shown_until = heard}));
  }
  const auto columns = painter_.size().columns;
  const bool fits = std::ranges::all_of(finished, [&](const Row& row) { return row.width <= columns; });
  return fits ? painter_.paint(frame(Part::all), finished) : painter_.print_above(finished, frame(Part::all));
}

}  // namespace errand::terminal
