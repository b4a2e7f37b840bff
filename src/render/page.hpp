#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "render/fold.hpp"
#include "render/markdown.hpp"
#include "render/output.hpp"
#include "render/running.hpp"
#include "render/status.hpp"
#include "render/text_sink.hpp"
#include "render/theme.hpp"
#include "render/ticker.hpp"
#include "terminal/bottom.hpp"

namespace errand::render {

/// Where the text of runs goes: the answer to stdout, all else to stderr, in the order it was said. On a terminal that
/// can take lines back, what is unfinished of the answer and what is running stand at its bottom.
///
/// Its own threads paint too: whoever calls anything but the constant functions of the options holds lock().
class Page {
 public:
  explicit Page(TextOptions options);

  [[nodiscard]] std::unique_lock<std::mutex> lock() { return std::unique_lock(mutex_); }

  [[nodiscard]] const TextOptions& options() const { return options_; }
  [[nodiscard]] bool quiet() const { return options_.verbosity == Verbosity::quiet; }
  [[nodiscard]] bool verbose() const { return options_.verbosity == Verbosity::verbose; }
  void answer_at_end() { options_.answer = AnswerMode::at_end; }
  [[nodiscard]] bool streams() const { return options_.answer == AnswerMode::streamed; }
  [[nodiscard]] Color color() const { return options_.err_color; }
  [[nodiscard]] const Theme& err_theme() const { return err_theme_; }
  /// From now on; what is written stays as it is.
  void use_palette(const Palette& palette);
  [[nodiscard]] Theme theme_under(const Palette& palette) const {
    return {std::min(found_.err_depth, palette.most), palette.background};
  }
  [[nodiscard]] std::size_t columns() const;
  [[nodiscard]] std::size_t room(const Place& place) const { return room_of(place, columns()); }
  /// Columns that a line of stderr is broken at; no_folding where that is no terminal.
  [[nodiscard]] std::size_t fold_columns(const Place& place) const {
    return options_.err == Medium::terminal ? room(place) - 1 : no_folding;
  }
  [[nodiscard]] const Output& output() const { return out_; }
  /// None where lines can't be taken back.
  [[nodiscard]] terminal::Bottom* bottom() const { return bottom_.get(); }

  /// Whether a streamed answer is laid out as Markdown, and whether there are lines for what is running.
  [[nodiscard]] bool lays_out() const { return streams() && options_.out_motion == Motion::on; }
  [[nodiscard]] bool shows_running() const { return !quiet() && options_.err_motion == Motion::on; }

  /// One line on stderr, marked as the agent's; `painted` is already harmless. Not when quiet.
  void say(std::string_view agent_path, std::string_view painted);
  /// The same, dim, of any text; broken at words where a terminal is too narrow for it.
  void note(std::string_view agent_path, std::string_view text);
  /// Lines on stderr, also when quiet.
  void put_lines(std::string_view harmless);

  /// More of an answer that is laid out; finish_answer() ends it.
  void lay_out(std::string_view text);
  void finish_answer();

  /// More of an answer as it was written; end_answer_line() ends its last line.
  void answer_piece(std::string_view harmless);
  void end_answer_line();
  /// A whole answer, byte for byte.
  void put_answer(std::string_view bytes);

  void thinking_piece(std::string_view harmless);
  void end_thinking_line();
  void end_answer_or_thinking_line();

  /// What is running has changed: show_running() for what is counted on the screen, changed() for the rest.
  [[nodiscard]] Running& running() { return running_; }
  void show_running();
  void changed() { dirty_ = true; }
  void keep_time();

  /// Below what is typed, where somebody types; not when quiet.
  void set_status(const Status& status);

  /// Brings the cursor to the start of a line for what comes on stderr.
  void start_line();

  /// Somebody else has the terminal from make_room() until the next event begins, and from hold() until release().
  void make_room();
  void hold();
  void release();
  void begin_event();
  /// What is live is laid out anew, for the width that the terminal has now.
  void fit();

  /// Shows what has changed, if it is time, and writes what was said.
  void flush();
  /// The run is over: nothing is live any more.
  void end_run();

 private:
  // What the terminals have, whatever of it is used.
  struct Found {
    ColorDepth out_depth = ColorDepth::none;
    ColorDepth err_depth = ColorDepth::none;
    Color err_color = Color::off;
  };

  // What the terminal's last line holds, where no line is taken back.
  enum class Line { empty, answer, thinking };
  using Clock = std::chrono::steady_clock;

  void to_out(std::string_view text);
  void to_err(std::string_view text);
  void write_all();
  [[nodiscard]] bool says_on_screen() const { return bottom_ && options_.err == Medium::terminal; }
  [[nodiscard]] Canvas canvas() const;
  [[nodiscard]] std::vector<std::string> lines_of_the_moment();
  [[nodiscard]] std::size_t count_whole(std::size_t rows) const;
  void check(const Result<void>& painted);
  void settle();
  void paint_live();
  void repaint();
  void repaint_later();
  bool repaint_tick();
  bool tick();
  void wrap_thinking();

  TextOptions options_;
  Output out_;
  Output err_;
  Theme err_theme_;
  Found found_;
  Line line_ = Line::empty;
  std::unique_ptr<terminal::Bottom> bottom_;
  std::optional<Markdown> answer_;  // the reply that is coming in
  std::string thinking_;            // the line of it that is coming in, on the screen
  Running running_;
  bool begun_ = false;      // the bottom shows a run
  bool collected_ = false;  // it has something to paint, or could not yet
  bool failed_ = false;
  bool dirty_ = false;     // the screen does not show what is so
  bool repaints_ = false;  // the repainter runs
  bool asking_ = false;    // somebody else has the terminal
  Clock::time_point painted_;
  std::mutex mutex_;
  Ticker ticker_;  // last: their threads use all of the above
  Ticker repainter_;
};

}  // namespace errand::render
