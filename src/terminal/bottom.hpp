#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "terminal/pace.hpp"
#include "terminal/painter.hpp"

namespace errand::terminal {

/// The bottom of a terminal, and the one who paints there. From above: what is unfinished or running, what is being
/// typed, a status. Above all of it is the scrollback, which lines only ever go into.
///
/// A run shows its part, an editor the other, each from threads of its own: all functions may be called from any
/// thread. What is collected is painted by the next function that returns a Result; those fail as writing does.
class Bottom {
 public:
  /// When what is typed is to be seen: always, or as long as a run goes on.
  enum class When { always, beside_run };
  enum class Waits { no, yes };

  /// `fd` is borrowed. `otherwise` is the size of a terminal that does not say its own.
  Bottom(int fd, Size otherwise, OnNarrowing on_narrowing);

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] Size size() const { return size_of(fd_, otherwise_); }

  /// Whole lines for the scrollback, of any width. Collected.
  void print(std::string_view lines);
  /// What a run shows: rows that are finished, for the scrollback, and those that are live from now on. Collected; a
  /// run goes on from here, until end_run(). So many rows at the end of `live` are of the moment: what they tell is not
  /// so any more with the next ones, and they are not among what stays by hold_with_what_is_whole().
  void show_run(std::vector<Row> finished, std::vector<Row> live, std::size_t of_the_moment = 0);
  void begin_run();
  [[nodiscard]] bool shows_run();  ///< since begin_run(), until end_run(), and nobody holds it
  Result<void> flush();
  /// Nothing is live any more, and nobody types beside it. What was collected may be shown later, by flush(), where
  /// little is written ahead (pace_by).
  Result<void> end_run();
  /// All that was collected is written, however long the terminal takes. The cursor stands at the start of a line then,
  /// unless something is typed `always`.
  Result<void> settle();

  /// Others write to the terminal until release(): what is typed `always` alone is shown, all else is collected. One
  /// hold may be within another.
  Result<void> hold();
  /// The same, and what is live stays but for what is of the moment. It is in the scrollback then, and not shown again.
  Result<void> hold_with_what_is_whole();
  Result<void> release();

  Result<void> show_input(Frame frame, When when);
  /// What was typed is no longer. `left` stays in the scrollback in its place, behind what was collected: as with
  /// end_run() that may be later.
  Result<void> leave_input(const std::vector<Row>& left);

  /// Somebody who reads keys hears of another size and tells it by resized(), once what was written for the old one has
  /// been shown, and nobody drags the window any more. Until then nothing is painted, but for no longer than
  /// `resize_patience` after the last change, and `longest_drag` after the first. Else each paint looks.
  void wait_for_resized(Waits waits);
  /// A signal told of another size, be it the same again by now.
  void hear_of_resize();
  /// Whether what is shown was painted for the size that it has, and has had since.
  [[nodiscard]] bool knows_size();
  /// `round_trip` is how long the terminal took to tell its cursor's column: what was written for so long before has
  /// met the new size. What was shown is taken away; the next paint shows all.
  Result<void> resized(std::optional<std::size_t> cursor_column, std::chrono::steady_clock::duration round_trip);
  static constexpr std::chrono::milliseconds resize_patience{1500};
  static constexpr std::chrono::seconds longest_drag{6};
  /// Who can't wait for that, so long: what ends a run or begins a question.
  static constexpr std::chrono::milliseconds short_patience{600};

  /// Somebody reads keys and tells by shown() of each answer to `ask_shown`. From now on the terminal is asked, and no
  /// more is written ahead of its answer than it shows in a moment (Pace): the rest waits here. `on_ask` is called
  /// before each question, on whichever thread paints, and must not call back. An empty one: nobody does any more.
  void pace_by(std::function<void()> on_ask);
  void shown();
  /// Whether such an answer is still to come.
  [[nodiscard]] bool awaits_shown();

  /// Rows for the scrollback that wait until the terminal has shown what came before.
  [[nodiscard]] std::size_t waiting_rows();
  /// Of those all but the last ones are left out: `instead` stands in their place.
  void leave_out_waiting(std::size_t all_but, const Row& instead);

  /// Not all is shown: the terminal takes no bytes at present, or it is a lot. A flush() shows the newest, and more of
  /// what goes above.
  [[nodiscard]] bool is_behind();

  /// A last row, made for a width; an empty one is none. Only below what is typed, and where there is room. It is
  /// called from any thread. Collected.
  void set_status(std::function<Row(std::size_t columns)> status);

  Result<void> clear_screen();
  /// The terminal was another's for a while.
  Result<void> come_back();

 private:
  Result<void> leave(const std::vector<Row>& left);
  Result<void> paint(std::vector<Row> finished);
  Result<void> paint();
  Result<void> paint_if_taken();
  Result<void> paint_as_far_as(std::size_t room);
  Result<void> paint_when_it_can();
  bool awaits_resized();
  void await_resized(std::unique_lock<std::mutex>& lock);
  std::size_t count_written();
  Result<void> ask();
  [[nodiscard]] Frame frame();
  [[nodiscard]] bool shows_input() const;
  [[nodiscard]] std::size_t count_stayed(const std::vector<Row>& rows) const;
  void leave_out_stayed(std::vector<Row>& finished);

  int fd_;
  Size otherwise_;
  std::mutex mutex_;  // of all below
  Painter painter_;
  std::vector<Row> collected_;
  std::vector<Row> live_;
  std::size_t of_the_moment_ = 0;  // of live_, at its end
  std::vector<Row> stayed_;        // the next that a run shows, and in the scrollback already
  std::optional<Frame> input_;
  When when_ = When::always;
  std::function<Row(std::size_t)> status_;
  bool run_goes_on_ = false;
  int holds_ = 0;
  std::function<void()> on_ask_;
  Pace pace_;
  std::size_t counted_bytes_ = 0;  // of the painter's, that the pace knows of
  std::condition_variable is_resized_;
  bool behind_ = false;
  Waits waits_ = Waits::no;
  std::optional<std::chrono::steady_clock::time_point> other_size_;  // since when the terminal has one
  std::chrono::steady_clock::time_point latest_resized_;
  Size latest_size_;
  std::chrono::steady_clock::time_point latest_change_;
};

}  // namespace errand::terminal
