#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "repl/editor/view.hpp"
#include "terminal/painter.hpp"

namespace errand::repl {

/// A command is no message: it waits for the end of the run, and for nothing else.
[[nodiscard]] bool is_command(std::string_view line);

/// Lines that were submitted while a run works. Those for the run itself come first; the others are asked after it, in
/// their order. Pure.
class LineQueue {
 public:
  struct Line {
    std::string text;
    View left;  ///< what it leaves in the scrollback once it is said
  };

  enum class Toward { older, newer };

  /// Where the one that was taken to be edited stood, else behind all others.
  void add(Line line);
  void steer(Line line) { steering_.push_back(std::move(line)); }

  /// The run took the oldest of its lines.
  std::optional<Line> take_steered();
  /// There is no run: its lines are the first that wait.
  void steer_no_more();

  /// The next to be asked; none while it is paused.
  std::optional<Line> next();
  /// The newest that waits, to be edited.
  std::optional<Line> take_newest();
  /// `edited`, which was taken, goes back to its place, and the one beside it is taken. nullopt: there is none; beyond
  /// the newest `edited` goes back all the same, beyond the oldest it does not.
  std::optional<Line> take_beside(Line edited, Toward toward);
  /// Whether one was taken that was not added since.
  [[nodiscard]] bool lends() const { return behind_.has_value(); }
  /// That one is gone.
  void forget_lent() { behind_.reset(); }

  /// Nothing is asked by itself until resume(). What is not there is not paused.
  void pause() { paused_ = !waiting_.empty() || !steering_.empty(); }
  void resume() { paused_ = false; }

  [[nodiscard]] bool empty() const { return waiting_.empty(); }

  /// What is seen of it: a row for each, of many for the first ones; while it is paused, above them how it goes on
  /// where that was typed.
  [[nodiscard]] std::vector<terminal::Row> rows(std::size_t columns, Styles styles, std::string_view typed) const;

 private:
  Line take(std::size_t behind);

  std::deque<Line> steering_;
  std::deque<Line> waiting_;
  bool paused_ = false;
  std::optional<std::size_t> behind_;  // how many wait behind the one that is edited
  bool lent_paused_ = false;           // it was taken from a queue that was
};

}  // namespace errand::repl
