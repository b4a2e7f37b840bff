#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "agent/run.hpp"
#include "chat/event.hpp"
#include "cli/command.hpp"
#include "cli/run_options.hpp"
#include "render/json_sink.hpp"
#include "render/options.hpp"
#include "render/status.hpp"
#include "render/text_sink.hpp"
#include "render/theme.hpp"

namespace errand::terminal {
class Bottom;
}

namespace errand::cli {

/// How events reach the person or script of this process: text, one JSON document or JSON lines on stdout. A stdout
/// that can't be written asks the run to stop.
class Face {
 public:
  virtual ~Face() = default;

  [[nodiscard]] virtual chat::EventSink& sink() = 0;

  /// Starts a line of its own, so that a question can be put on the terminal.
  virtual void make_room() {}
  /// The same for a question of the run in progress: what happens from hold() to release() is shown after it.
  virtual void hold() {}
  virtual void release() {}
  /// The terminal has another size. From any thread.
  virtual void fit() {}
  /// A command of the person's own and what it prints, as render::TextSink has it.
  virtual void begin_command(std::string_view /*command*/) {}
  virtual void command_said(std::string_view harmless);
  virtual void end_command(std::string_view /*left_out*/) {}
  /// What a status line knows of models' windows, in tokens by full name; 0: unknown.
  virtual void use_windows(std::function<std::int64_t(const std::string& model)> /*window_of*/) {}
  /// What the next prompt goes to, for a status line; between runs.
  virtual void stand_by(const render::Standing& /*standing*/) {}
  /// The permission mode that holds from now on, for a status line; from any thread.
  virtual void show_mode(std::string_view /*mode*/) {}
  /// An answer that may be none is written once it is known; before the first event. For text alone.
  virtual void answer_at_end() {}
  /// Who paints the bottom of the terminal; null where nobody does.
  [[nodiscard]] virtual terminal::Bottom* bottom() { return nullptr; }

  /// The colours of what goes to a terminal, from now on, and the theme of stderr under those. For text alone.
  virtual void use_palette(const render::Palette&) {}
  [[nodiscard]] virtual render::Theme theme_under(const render::Palette&) const { return {}; }

  /// A line of JSON beside the events, between two runs. For JSON lines alone.
  virtual void say(std::string_view /*line*/) {}

  /// The exit code of a run that ended with `code`, once all output is out: 141 when stdout was closed, `failure` when
  /// it could not be written.
  [[nodiscard]] virtual Result<int> finish(int code) = 0;

  /// A run that could not start, for readers of JSON; text readers hear it on stderr.
  virtual void not_started(const Error& error) = 0;

  /// A run that was left out on purpose (`--if-running skip`), for readers of JSON: a `done` whose stop reason is
  /// "skipped", and no error.
  virtual void skipped() = 0;
};

/// Where a face's result goes, borrowed, and what ends each answer in text form.
struct FaceOptions {
  int out_fd = 1;
  char terminator = '\n';
  /// Off: nothing that is written is taken back, whatever the terminal can do; for screen readers.
  render::Motion motion = render::Motion::on;
  render::Reader reader = render::Reader::anybody;
  std::function<std::string(std::string hint)> hint_words{};  ///< as render::TextOptions has it
  std::string opens{};                                        ///< likewise
  render::AmendDone amend_done{};                             ///< for the forms that are JSON
};
std::unique_ptr<Face> make_face(const Invocation& invocation, const RunArguments& arguments,
                                const FaceOptions& options);

}  // namespace errand::cli
