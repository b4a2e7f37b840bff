#include "render/text_sink.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/overloaded.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "chat/partial_answer.hpp"
#include "render/calls.hpp"
#include "render/fold.hpp"
#include "render/own_command.hpp"
#include "render/page.hpp"
#include "render/summary.hpp"

namespace errand::render {

namespace event = chat::event;

namespace {

// Shorter ones are not worth a line.
constexpr std::chrono::seconds least_shown_time{1};

bool is_said_in_status(const chat::EventBody& body) {
  return std::holds_alternative<event::Ready>(body) || std::holds_alternative<event::UsageEvent>(body) ||
         std::holds_alternative<event::PlanApproval>(body) || std::holds_alternative<event::CompactCompleted>(body) ||
         std::holds_alternative<event::Done>(body);
}

// What comes between a request and its reply, and is no part of it.
bool is_beside_the_reply(const chat::EventBody& body) {
  return std::holds_alternative<event::Ready>(body) || std::holds_alternative<event::Warning>(body) ||
         std::holds_alternative<event::Fallback>(body) || std::holds_alternative<event::UsageEvent>(body) ||
         std::holds_alternative<event::CompactStarted>(body) || std::holds_alternative<event::Todo>(body);
}

bool has_answer(const event::Done& done) {
  if (done.result.empty()) return false;
  return !done.error || done.error->kind == ErrorKind::denied || chat::leaves_partial_answer(*done.error);
}

}  // namespace

class TextSink::Impl {
 public:
  explicit Impl(TextOptions options) : page_(std::move(options)) {}

  void use_palette(const Palette& palette) {
    const auto lock = page_.lock();
    page_.use_palette(palette);
  }

  [[nodiscard]] Theme theme_under(const Palette& palette) const { return page_.theme_under(palette); }

  void on(const chat::Event& e) {
    const auto lock = page_.lock();
    page_.begin_event();
    if (running_.waits.erase(e.agent_path) > 0) page_.changed();
    end_waiting(e);
    status_.take(e);
    if (is_said_in_status(e.body)) page_.set_status(status_);
    std::visit(overloaded{
                   [&](const event::Ready& body) { ready(body, e.session); },
                   [](const event::User&) {},
                   [&](const event::TextDelta& body) { text_delta(body, e.agent_path); },
                   [&](const event::ThinkingDelta& body) { thinking_delta(body, e.agent_path); },
                   [&](const event::Assistant& body) { assistant(body, e.agent_path); },
                   [&](const event::ToolUse& body) { tool_use(body, e.agent_path); },
                   [](const event::ApprovalRequest&) {},  // the one who asks shows it
                   [&](const event::Approval& body) { calls_.answered(body, e.agent_path); },
                   [&](const event::ToolOutput& body) { calls_.said(body, e.agent_path); },
                   [&](const event::ToolResult& body) { calls_.ended(body, e.agent_path); },
                   [](const event::AskUserQuestion&) {},  // as an approval
                   [](const event::Answer&) {},
                   [](const event::Plan&) {},
                   [](const event::PlanApproval&) {},
                   [&](const event::Todo& body) { todo(body, e.agent_path); },
                   [&](const event::Retry& body) { retry(body, e.agent_path); },
                   [&](const event::Fallback& body) { fallback(body, e.agent_path); },
                   [&](const event::CompactStarted& body) { compacting(body, e.agent_path); },
                   [&](const event::CompactCompleted& body) { compacted(body, e.agent_path); },
                   [](const event::Rewound&) {},  // whoever asked for it says so
                   [&](const event::UsageEvent& body) { usage(body, e.agent_path); },
                   [&](const event::Warning& body) { warning(body, e.agent_path); },
                   [&](const event::ErrorEvent& body) { error(body, e.agent_path); },
                   [&](const event::Cancelled& body) { cancelled(body, e.agent_path); },
                   [&](const event::Done& body) { done(body); },
               },
               e.body);
    begin_waiting(e);
    begin_silence(e);
    if (options_.flushing == Flushing::each_event) page_.flush();
  }

  void flush() {
    const auto lock = page_.lock();
    page_.flush();
  }

  void make_room() {
    const auto lock = page_.lock();
    page_.make_room();
  }

  void hold() {
    const auto lock = page_.lock();
    page_.hold();
  }

  void release() {
    const auto lock = page_.lock();
    page_.release();
  }

  void fit() {
    const auto lock = page_.lock();
    page_.fit();
  }

  void answer_at_end() { page_.answer_at_end(); }

  void begin_command(std::string_view command) {
    const auto lock = page_.lock();
    page_.begin_event();
    command_.begin(command);
    page_.flush();
  }

  void command_said(std::string_view harmless) {
    const auto lock = page_.lock();
    command_.said(harmless);
    page_.flush();
  }

  void end_command(std::string_view left_out) {
    const auto lock = page_.lock();
    command_.end(left_out);
    page_.end_run();
  }

  void use_windows(Status::WindowOf window_of) {
    const auto lock = page_.lock();
    status_.use_windows(std::move(window_of));
  }

  void stand_by(const Standing& standing) {
    const auto lock = page_.lock();
    status_.take(standing);
    page_.set_status(status_);
  }

  void show_mode(std::string_view mode) {
    const auto lock = page_.lock();
    status_.use_mode(mode);
    page_.set_status(status_);
  }

  [[nodiscard]] terminal::Bottom* bottom() { return page_.bottom(); }

  [[nodiscard]] const Output& output() const { return page_.output(); }

 private:
  [[nodiscard]] bool quiet() const { return page_.quiet(); }
  [[nodiscard]] bool verbose() const { return page_.verbose(); }
  [[nodiscard]] bool streams() const { return page_.streams(); }
  [[nodiscard]] Color color() const { return page_.color(); }
  [[nodiscard]] std::size_t room(const Place& place) const { return page_.room(place); }
  void say(std::string_view agent_path, std::string_view painted) { page_.say(agent_path, painted); }
  void note(std::string_view agent_path, std::string_view text) { page_.note(agent_path, text); }

  void ready(const event::Ready& e, std::string_view session) {
    if (!verbose()) return;
    note({}, fmt::format("agent {}, model {}, session {}{}, permissions {}, sandbox {}", e.agent_id, e.model, session,
                         e.resumed
                             ? fmt::format(" (resumed after {})",
                                           text::count_of(static_cast<std::size_t>(std::max(0, e.turn_count)), "turn"))
                             : "",
                         e.permission_mode, e.sandbox));
  }

  void text_delta(const event::TextDelta& e, std::string_view agent_path) {
    if (!streams() || agent_path.find('/') != std::string_view::npos) return;
    end_thinking();
    if (!page_.lays_out()) return answer_piece(answer_text_.feed(e.text));
    lay_out(e.text);
  }

  void lay_out(std::string_view text) {
    if (text.empty()) return;
    page_.lay_out(text);
    shown_ = true;
  }

  void answer_piece(std::string_view harmless) {
    if (harmless.empty()) return;
    page_.answer_piece(harmless);
    shown_ = true;
  }

  void thinking_delta(const event::ThinkingDelta& e, std::string_view agent_path) {
    if (place_of(agent_path).depth > 0) return;
    if (!verbose()) return think();
    const auto piece = thinking_text_.feed(e.text);
    if (!piece.empty()) page_.thinking_piece(piece);
  }

  // Whatever the root's model says, or its run comes to, is what was waited for.
  void end_waiting(const chat::Event& e) {
    if (!running_.waiting_since && !running_.silent_since) return;
    if (place_of(e.agent_path).depth > 0 || is_beside_the_reply(e.body)) return;
    running_.waiting_since.reset();
    running_.silent_since.reset();
    if (!streams() || page_.lays_out()) page_.changed();  // else the answer's first piece clears what is live
  }

  // More of a reply may be long in coming. Where its pieces are written as they come there is no line below them.
  void begin_silence(const chat::Event& e) {
    const bool is_piece =
        std::holds_alternative<event::TextDelta>(e.body) || std::holds_alternative<event::ThinkingDelta>(e.body);
    if (!is_piece || !runs_ || place_of(e.agent_path).depth > 0) return;
    if (!page_.shows_running() || (streams() && !page_.lays_out())) return;
    running_.silent_since = now();
    page_.keep_time();
  }

  // Its model is asked once a prompt is there, and again once the last of its calls has a result. What a summary is
  // asked for between runs has no end that would be told.
  void begin_waiting(const chat::Event& e) {
    if (place_of(e.agent_path).depth > 0 || !page_.shows_running()) return;
    if (std::holds_alternative<event::User>(e.body)) runs_ = true;
    if (std::holds_alternative<event::Done>(e.body)) runs_ = false;
    if (!runs_) return;
    const auto* retry = std::get_if<event::Retry>(&e.body);
    const bool asks = retry != nullptr || std::holds_alternative<event::User>(e.body) ||
                      std::holds_alternative<event::CompactCompleted>(e.body) ||
                      (std::holds_alternative<event::ToolResult>(e.body) && !running_.has_root_tool());
    if (!asks) return;
    running_.waiting_since = now() + (retry != nullptr ? retry->delay : std::chrono::milliseconds{0});
    page_.keep_time();
  }

  // Folded: one line while it lasts, and how long it took.
  void think() {
    if (!page_.shows_running() || running_.thinking_since) return;
    running_.thinking_since = now();
    page_.keep_time();
    page_.changed();
  }

  void end_thinking() {
    if (!running_.thinking_since) return;
    const auto took = now() - *std::exchange(running_.thinking_since, std::nullopt);
    page_.changed();
    if (took < least_shown_time) return;
    const auto how = options_.opens.empty() ? std::string() : fmt::format(": {} thinking", options_.opens);
    note({}, fmt::format("thought for {}{}", in_seconds(std::chrono::floor<std::chrono::seconds>(took)), how));
  }

  void assistant(const event::Assistant& e, std::string_view agent_path) {
    if (place_of(agent_path).depth > 0) return;
    end_thinking();
    thinking_text_.finish();
    page_.end_thinking_line();
    if (!streams()) return;
    if (page_.lays_out()) {
      if (!shown_) lay_out(e.message.text());
      page_.finish_answer();
    } else {
      answer_piece(answer_text_.finish());
      if (!shown_) answer_piece(unicode::sanitize(e.message.text()));
      page_.end_answer_line();
    }
    last_reply_shown_ = std::exchange(shown_, false);
  }

  void tool_use(const event::ToolUse& e, std::string_view agent_path) {
    if (place_of(agent_path).depth == 0) end_thinking();
    calls_.begun(e, agent_path);
  }

  void todo(const event::Todo& e, std::string_view agent_path) {
    const auto place = place_of(agent_path);
    if (place.depth == 0 && page_.shows_running()) {
      running_.todos = e.items;
      return page_.show_running();
    }
    for (const auto& line : text::lines(todo_lines(e, room(place), color()))) say(agent_path, line);
  }

  void retry(const event::Retry& e, std::string_view agent_path) {
    if (e.restarted && place_of(agent_path).depth == 0) page_.finish_answer();
    if (e.max_attempts > 0) announce_wait(e, agent_path);
    if (!e.restarted || place_of(agent_path).depth > 0) return;
    answer_text_ = {};
    thinking_text_ = {};
    running_.thinking_since.reset();
    if (!shown_) return;
    page_.end_answer_line();
    note(agent_path, "the reply starts again");
    shown_ = false;
  }

  void announce_wait(const event::Retry& e, std::string_view agent_path) {
    const auto code = fmt::format("HTTP {}", e.status);
    const bool says = e.status == 0 || e.reason.find(code) != std::string::npos;
    const auto status = says ? std::string{} : fmt::format(" ({})", code);
    if (options_.err_motion == Motion::on && !quiet()) {
      running_.waits[std::string(agent_path)] = {now() + e.delay, e.attempt, e.max_attempts};
      page_.keep_time();
    }
    note(agent_path, fmt::format("{}{}: trying again in {}, attempt {} of {}", one_line(e.reason, 200), status,
                                 format_duration(e.delay), e.attempt, e.max_attempts));
  }

  void fallback(const event::Fallback& e, std::string_view agent_path) {
    warn(agent_path, fmt::format("{} gave no answer ({}): going on with {}", e.from, one_line(e.reason, 200), e.to));
  }

  void compacting(const event::CompactStarted& e, std::string_view agent_path) {
    note(agent_path, fmt::format("compacting the conversation ({} tokens)", e.tokens_before));
  }

  void compacted(const event::CompactCompleted& e, std::string_view agent_path) {
    const auto* how = e.dropped ? "older turns were dropped" : "older turns are summarised";
    note(agent_path, fmt::format("{}: {} tokens, about {} now", how, e.tokens_before, e.tokens_after));
  }

  // The figures of all come with done.
  void usage(const event::UsageEvent& e, std::string_view agent_path) {
    if (verbose()) note(agent_path, usage_line(e));
  }

  void warning(const event::Warning& e, std::string_view agent_path) { warn(agent_path, e.message); }

  void warn(std::string_view agent_path, std::string_view message) {
    constexpr std::string_view head = "warning:";
    auto lines = text::replace_all(unicode::sanitize(text::trim(message)), "\n", "\n  ");
    lines = fold(fmt::format("{} {}", head, lines), page_.fold_columns(place_of(agent_path)));
    say(agent_path, lines.replace(0, head.size(), paint(head, Tone::warning, color())));
  }

  void error(const event::ErrorEvent& e, std::string_view agent_path) {
    if (e.error.kind == ErrorKind::cancelled) return;
    if (place_of(agent_path).depth > 0) {
      return say(agent_path, fmt::format("{} {}", paint("error:", Tone::bad, color()), one_line(e.error.message, 500)));
    }
    if (is_own_refusal(e.error)) return;
    page_.finish_answer();
    say_what_is_left(take_todos());
    show_error(e.error);
  }

  [[nodiscard]] bool is_own_refusal(const Error& error) const {
    return error.kind == ErrorKind::denied && calls_.were_refused_by_person() && options_.reader == Reader::who_answers;
  }

  // Also when quiet.
  void show_error(const Error& shown) {
    auto said = shown;
    if (options_.hint_words) said.hint = options_.hint_words(std::move(said.hint));
    auto lines = fold(unicode::sanitize(describe(said)), page_.fold_columns({}));
    constexpr std::string_view head = "error:";
    if (lines.starts_with(head)) lines.replace(0, head.size(), paint(head, Tone::bad, color()));
    page_.finish_answer();
    page_.put_lines(lines);
    error_shown_ = shown;
  }

  // note() of the root's, also when quiet.
  void put_note(std::string_view text) {
    for (const auto& line : text::lines(fold(text, page_.fold_columns({}))))
      page_.put_lines(paint(line, Tone::dim, color()) + "\n");
  }

  void cancelled(const event::Cancelled& e, std::string_view agent_path) {
    if (place_of(agent_path).depth > 0) return;
    running_.tools.clear();
    running_.thinking_since.reset();
    page_.finish_answer();
    say_what_is_left(take_todos());
    note(agent_path, e.by.empty() ? "cancelled" : fmt::format("cancelled ({})", e.by));
  }

  void done(const event::Done& e) {
    const auto todos = take_todos();
    running_.clear();
    page_.finish_answer();
    page_.start_line();
    answer_piece(streams() ? answer_text_.finish() : std::string{});
    page_.end_answer_line();
    if (has_answer(e)) give_answer(e);
    say_what_is_left(todos);
    for (const auto& denial : e.denials) calls_.denied(denial);
    for (const auto& host : e.report.hosts) contacted(host);
    const bool is_news = e.error && e.error->kind != ErrorKind::cancelled && error_shown_ != e.error;
    if (is_news && !is_own_refusal(*e.error)) show_error(*e.error);
    // Also when quiet: what is printed is not what was asked for.
    if (chat::is_partial(e)) put_note("the answer is partial");
    if (verbose() && !e.report.files_written.empty())
      note({}, one_line("wrote " + text::join(e.report.files_written, ", "), 2000));
    if (verbose()) note({}, figures_line(e));
    page_.end_run();
    begin_anew();
  }

  // A list that is done has nothing more to say. The last word is how the run ended.
  event::Todo take_todos() { return {std::exchange(running_.todos, {})}; }
  void say_what_is_left(const event::Todo& todos) {
    const auto is_done = [](const event::TodoItem& item) { return item.status == "completed"; };
    if (std::ranges::all_of(todos.items, is_done)) return;
    for (const auto& line : text::lines(todo_lines(todos, room({}), color(), Work::is_over))) say({}, line);
  }

  void give_answer(const event::Done& e) {
    if (options_.answer == AnswerMode::kept) return;
    if (streams() && (last_reply_shown_ || shown_)) return;
    if (page_.lays_out()) {
      lay_out(e.result);
      return page_.finish_answer();
    }
    auto answer = options_.out == Medium::terminal ? unicode::sanitize(e.result) : unicode::without_controls(e.result);
    if (options_.terminator == '\0' || !e.result.ends_with(options_.terminator)) answer += options_.terminator;
    page_.put_answer(answer);  // at once: where lines can be taken back, each piece has a line of its own
  }

  // What was refused is always told, what was reached to those who want to know.
  void contacted(const event::Contact& host) {
    const auto where = one_line(fmt::format("{}:{}", host.host, host.port), options_.columns);
    if (!host.allowed)
      say({}, fmt::format("{} {}: {}", paint("blocked:", Tone::warning, color()), where, one_line(host.reason, 500)));
    else if (verbose())
      note({}, "contacted " + where);
  }

  void begin_anew() {
    answer_text_ = {};
    thinking_text_ = {};
    shown_ = false;
    last_reply_shown_ = false;
    calls_.forget();
    error_shown_.reset();
  }

  [[nodiscard]] Running::Time now() const { return options_.now(); }

  Page page_;
  const TextOptions& options_ = page_.options();
  Running& running_ = page_.running();
  Calls calls_{page_};
  OwnCommand command_{page_};
  Status status_;
  unicode::StreamSanitizer answer_text_;
  unicode::StreamSanitizer thinking_text_;
  bool runs_ = false;              // from a prompt to the end of its run
  bool shown_ = false;             // some text of the reply that is coming in
  bool last_reply_shown_ = false;  // the reply before it
  std::optional<Error> error_shown_;
};

TextSink::TextSink(TextOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
TextSink::~TextSink() = default;

void TextSink::on_event(const chat::Event& event) {
  impl_->on(event);
}

void TextSink::flush() {
  impl_->flush();
}

void TextSink::make_room() {
  impl_->make_room();
}

void TextSink::hold() {
  impl_->hold();
}

void TextSink::release() {
  impl_->release();
}

void TextSink::fit() {
  impl_->fit();
}

void TextSink::answer_at_end() {
  impl_->answer_at_end();
}

void TextSink::begin_command(std::string_view command) {
  impl_->begin_command(command);
}

void TextSink::command_said(std::string_view harmless) {
  impl_->command_said(harmless);
}

void TextSink::end_command(std::string_view left_out) {
  impl_->end_command(left_out);
}

void TextSink::use_windows(std::function<std::int64_t(const std::string& model)> window_of) {
  impl_->use_windows(std::move(window_of));
}

void TextSink::stand_by(const Standing& standing) {
  impl_->stand_by(standing);
}

void TextSink::show_mode(std::string_view mode) {
  impl_->show_mode(mode);
}

terminal::Bottom* TextSink::bottom() {
  return impl_->bottom();
}

void TextSink::use_palette(const Palette& palette) {
  impl_->use_palette(palette);
}

Theme TextSink::theme_under(const Palette& palette) const {
  return impl_->theme_under(palette);
}

const Output& TextSink::output() const {
  return impl_->output();
}

}  // namespace errand::render
