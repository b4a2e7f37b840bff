#include "cli/face.hpp"

#include <algorithm>

#include <unistd.h>

#include "base/exit_code.hpp"
#include "base/fd.hpp"
#include "base/rewrites.hpp"
#include "cli/terminal_habits.hpp"
#include "render/json_sink.hpp"
#include "render/options.hpp"
#include "render/output.hpp"
#include "render/text_sink.hpp"

namespace errand::cli {

namespace {

// A terminal that can't be written to has gone away; a pipe or file is another matter.
std::function<void()> stop_on_failure(int out_fd, Signals& signals) {
  const auto by = ::isatty(out_fd) != 0 ? agent::CancelledBy{"SIGHUP", exit_hung_up}
                                        : agent::CancelledBy{"stdout", exit_broken_pipe};
  return [&signals, by] { signals.request(by); };
}

Result<int> code_of(const render::Output& output, int code) {
  if (output.closed()) return exit_broken_pipe;
  // Whoever was hung up on can't be written to either: the signal says more.
  const bool by_signal = code == exit_hung_up || code == exit_terminated || code == exit_interrupted;
  if (output.error() && !by_signal) return fail(*output.error());
  return code;
}

chat::Event event_of(chat::EventBody body) {
  return {.seq = 0, .session = {}, .run = {}, .agent_path = "root", .time = now(), .body = std::move(body)};
}

chat::event::Done done_of(const Error& error) {
  chat::event::Done done;
  done.stop_reason = name_of(error.kind);
  done.total_cost_usd = 0.0;
  done.error = error;
  return done;
}

chat::event::Done done_of_skipped() {
  chat::event::Done done;
  done.stop_reason = "skipped";
  done.total_cost_usd = 0.0;
  return done;
}

render::Verbosity verbosity_of(const Globals& globals) {
  if (globals.quiet) return render::Verbosity::quiet;
  return globals.verbose > 0 ? render::Verbosity::verbose : render::Verbosity::normal;
}

render::ColorChoice color_of(const Globals& globals) {
  if (globals.color == "always") return render::ColorChoice::always;
  return globals.color == "never" ? render::ColorChoice::never : render::ColorChoice::automatic;
}

// What is a part of the answer, or may be none, is known once it is whole.
bool is_known_at_end(const RunArguments& arguments) {
  return arguments.code || arguments.changed_only || arguments.output_schema.has_value();
}

render::TextOptions text_options(const Invocation& invocation, const RunArguments& arguments, const FaceOptions& face) {
  auto options =
      render::text_options(face.out_fd, STDERR_FILENO, color_of(invocation.globals), verbosity_of(invocation.globals));
  options.terminator = face.terminator;
  options.reader = face.reader;
  options.hint_words = face.hint_words;
  options.opens = face.opens;
  options.out_motion = std::min(options.out_motion, face.motion);
  options.err_motion = std::min(options.err_motion, face.motion);
  if (is_known_at_end(arguments)) options.answer = render::AnswerMode::at_end;
  options.on_narrowing = on_narrowing();
  options.on_failure = stop_on_failure(face.out_fd, invocation.signals);
  return options;
}

class TextFace final : public Face {
 public:
  explicit TextFace(render::TextOptions options) : sink_(std::move(options)) {}
  [[nodiscard]] chat::EventSink& sink() override { return sink_; }
  void make_room() override { sink_.make_room(); }
  void hold() override { sink_.hold(); }
  void release() override { sink_.release(); }
  void fit() override { sink_.fit(); }
  void use_windows(std::function<std::int64_t(const std::string& model)> window_of) override {
    sink_.use_windows(std::move(window_of));
  }
  void stand_by(const render::Standing& standing) override { sink_.stand_by(standing); }
  void show_mode(std::string_view mode) override { sink_.show_mode(mode); }
  void begin_command(std::string_view command) override { sink_.begin_command(command); }
  void command_said(std::string_view harmless) override { sink_.command_said(harmless); }
  void end_command(std::string_view left_out) override { sink_.end_command(left_out); }
  void answer_at_end() override { sink_.answer_at_end(); }
  [[nodiscard]] terminal::Bottom* bottom() override { return sink_.bottom(); }
  void use_palette(const render::Palette& palette) override { sink_.use_palette(palette); }
  [[nodiscard]] render::Theme theme_under(const render::Palette& palette) const override {
    return sink_.theme_under(palette);
  }
  [[nodiscard]] Result<int> finish(int code) override {
    sink_.flush();
    return code_of(sink_.output(), code);
  }
  void not_started(const Error&) override {}
  void skipped() override {}

 private:
  render::TextSink sink_;
};

class JsonFace final : public Face {
 public:
  JsonFace(const FaceOptions& options, Signals& signals)
      : sink_(options.out_fd, stop_on_failure(options.out_fd, signals), options.amend_done) {}
  [[nodiscard]] chat::EventSink& sink() override { return sink_; }
  [[nodiscard]] Result<int> finish(int code) override { return code_of(sink_.output(), code); }
  void not_started(const Error& error) override { sink_.on_event(event_of(done_of(error))); }
  void skipped() override { sink_.on_event(event_of(done_of_skipped())); }

 private:
  render::JsonSink sink_;
};

class JsonLinesFace final : public Face {
 public:
  JsonLinesFace(const FaceOptions& options, Signals& signals)
      : sink_(options.out_fd, stop_on_failure(options.out_fd, signals), render::Flushing::each_event,
              options.amend_done) {}
  [[nodiscard]] chat::EventSink& sink() override { return sink_; }
  [[nodiscard]] Result<int> finish(int code) override {
    sink_.flush();
    return code_of(sink_.output(), code);
  }
  void say(std::string_view line) override { sink_.put_line(line); }
  void not_started(const Error& error) override {
    auto first = event_of(chat::event::ErrorEvent{error});
    first.seq = 1;
    auto last = event_of(done_of(error));
    last.seq = 2;
    sink_.on_event(first);
    sink_.on_event(last);
  }
  void skipped() override {
    auto only = event_of(done_of_skipped());
    only.seq = 1;
    sink_.on_event(only);
    sink_.flush();
  }

 private:
  render::JsonLinesSink sink_;
};

}  // namespace

// Beside the JSON of the answers.
void Face::command_said(std::string_view harmless) {
  if (!write_all(STDERR_FILENO, text::last_rewrites(harmless))) return;  // it goes on without a reader
}

std::unique_ptr<Face> make_face(const Invocation& invocation, const RunArguments& arguments,
                                const FaceOptions& options) {
  switch (arguments.format()) {
    case OutputFormat::json:
      return std::make_unique<JsonFace>(options, invocation.signals);
    case OutputFormat::stream_json:
      return std::make_unique<JsonLinesFace>(options, invocation.signals);
    case OutputFormat::text:
      break;
  }
  return std::make_unique<TextFace>(text_options(invocation, arguments, options));
}

}  // namespace errand::cli
