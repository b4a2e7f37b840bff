#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/unicode.hpp"
#include "chat/event.hpp"
#include "render/options.hpp"
#include "render/output.hpp"
#include "render/status.hpp"
#include "render/theme.hpp"
#include "terminal/painter.hpp"

namespace errand::terminal {
class Bottom;
}

namespace errand::render {

/// What becomes of the answer.
enum class AnswerMode {
  streamed,  ///< text appears as it arrives: for a terminal
  at_end,    ///< `done.result`, once, when the run ends: for a pipe or file
  kept,      ///< not written: the caller has another place for it (-o, --code)
};

/// Who says when what was put together goes out.
enum class Flushing {
  each_event,  ///< at the end of on_event()
  by_caller,   ///< at flush(), which the caller owes whenever no further event is at hand
};

/// Who reads how a run ended.
enum class Reader {
  anybody,
  who_answers,  ///< the person who is asked: what they refused themselves is no error to them
};

struct TextOptions {
  int out_fd = 1;
  int err_fd = 2;
  AnswerMode answer = AnswerMode::at_end;
  Medium out = Medium::pipe;
  Medium err = Medium::pipe;
  Color err_color = Color::off;
  Motion err_motion = Motion::off;
  Motion out_motion = Motion::off;  ///< on, a streamed answer is shown as Markdown; off, as it was written
  ColorDepth out_depth = ColorDepth::none;
  ColorDepth err_depth = ColorDepth::none;  ///< of diffs
  Background background = Background::dark;
  Hyperlinks links = Hyperlinks::off;
  std::size_t columns = 80;  ///< of stderr; of stdout too where it does not say itself
  std::size_t rows = 24;     ///< likewise
  terminal::OnNarrowing on_narrowing = terminal::OnNarrowing::wraps;
  std::chrono::milliseconds repaint_every{25};  ///< at most so often what is unfinished is shown; 0: at each flush
  std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
  Verbosity verbosity = Verbosity::normal;
  Reader reader = Reader::anybody;
  std::function<std::string(std::string hint)> hint_words{};  ///< how errors' hints are said here; empty: as they are
  std::string opens{};  ///< what the person types to see what was folded: a command. Empty: nothing does it
  Flushing flushing = Flushing::each_event;
  char terminator = '\n';            ///< ends an answer: '\n' is added where it lacks, '\0' always
  std::function<void()> on_failure;  ///< stdout can't be written: stop the run; called from within on_event()
};

/// Options for these descriptors: streamed on a terminal, at the end otherwise; colour and width as they are there.
TextOptions text_options(int out_fd, int err_fd, ColorChoice color, Verbosity verbosity);

/// The run as text: the answer on stdout and nothing else there; tools, diffs, todos, subagents, retries, warnings and
/// errors on stderr. Where lines can be taken back, the answer is laid out as Markdown as it comes, and below it stands
/// a line for each running tool. A limit, a timeout or a cancel still gives what there is of an answer, marked on
/// stderr. Text from models and tools is made harmless. `quiet` leaves only errors, `verbose` adds thinking, tool
/// output and figures. Serves one run after another. That stderr can't be written is nobody's concern.
class TextSink final : public chat::EventSink {
 public:
  explicit TextSink(TextOptions options);
  TextSink(const TextSink&) = delete;
  TextSink& operator=(const TextSink&) = delete;
  ~TextSink() override;

  void on_event(const chat::Event& event) override;
  void flush();

  /// Takes the lines that show what is unfinished or running off the screen and starts a line of its own, so that
  /// someone else (an approval, a prompt) can write to the terminal.
  void make_room();

  /// The same for a question of the run in progress: nothing is painted from hold() to release(), whatever happens.
  void hold();
  void release();

  /// The terminal has another size.
  void fit();

  /// A command of the person's own, between two runs: it has a line with its time, and what it prints stays; of a lot
  /// on a terminal its first and last lines, and `left_out` says where the rest is. Any thread may call command_said().
  void begin_command(std::string_view command);
  void command_said(std::string_view harmless);
  void end_command(std::string_view left_out);

  /// What a status line knows of models' windows, in tokens by full name; 0: unknown. Called within on_event().
  void use_windows(std::function<std::int64_t(const std::string& model)> window_of);

  /// What the next prompt goes to, for the status line; between runs.
  void stand_by(const Standing& standing);

  /// The permission mode that holds from now on, for the status line. Any thread may call it.
  void show_mode(std::string_view mode);

  /// What a reply says is written once the run has ended, as AnswerMode::at_end has it; before the first event.
  void answer_at_end();

  /// Who paints the bottom of the terminal, for whoever lets people type there; lives as long as this. None where no
  /// line can be taken back.
  [[nodiscard]] terminal::Bottom* bottom();

  /// From now on; what is written stays as it is. Any thread may call it.
  void use_palette(const Palette& palette);
  /// Of what goes to stderr under that palette.
  [[nodiscard]] Theme theme_under(const Palette& palette) const;

  [[nodiscard]] const Output& output() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace errand::render
