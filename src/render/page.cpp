#include "render/page.hpp"

#include <utility>

#include "base/text.hpp"
#include "base/unicode.hpp"

namespace errand::render {

Page::Page(TextOptions options)
    : options_(std::move(options)), out_(options_.out_fd, options_.on_failure), err_(options_.err_fd) {
  if (options_.err == Medium::terminal) err_theme_ = Theme(options_.err_depth, options_.background);
}

void Page::flush() {
  if (dirty_) repaint();
  write_all();
}

void Page::write_all() {
  if (out_.holds()) out_.flush();
  if (err_.holds()) err_.flush();
}

// Both streams may be the same terminal: what was said first has to be there first.
void Page::to_out(std::string_view text) {
  if (err_.holds()) err_.flush();
  out_.put(text);
}

void Page::to_err(std::string_view text) {
  if (out_.holds()) out_.flush();
  err_.put(text);
}

void Page::start_line() {
  if (line_ == Line::answer && options_.err != Medium::terminal) return;
  if (line_ == Line::answer) to_out("\n");
  if (line_ == Line::thinking) to_err("\n");
  if (line_ == Line::live) to_screen(live_.clear(size()));
  line_ = Line::empty;
}

// What can be taken back is written where the answer is, as long as that is a terminal.
void Page::to_screen(std::string_view bytes) {
  if (bytes.empty()) return;
  if (options_.out_motion == Motion::on) return to_out(bytes);
  to_err(bytes);
}

ScreenSize Page::size() const {
  return screen_size(options_.out_motion == Motion::on ? options_.out_fd : options_.err_fd,
                     {options_.columns, options_.rows});
}

// One column stays free: a full line would wrap and could not be taken back.
Canvas Page::canvas() const {
  return {Theme(options_.out_depth, options_.background), options_.links, size().columns - 1};
}

// Brings the screen to what is so now: finished lines of the answer, its tail, what is running.
void Page::paint_live() {
  dirty_ = false;
  painted_ = options_.now();
  LiveLines::Lines finished;
  LiveLines::Lines live;
  const auto screen = size();
  if (answer_) {
    answer_->set_columns(screen.columns - 1);
    finished = answer_->take();
    live = answer_->tail();
  }
  if (shows_running()) {
    for (auto& line : running_.lines(painted_, options_.columns, color())) live.push_back(std::move(line));
  }
  if (line_ != Line::live && (!finished.empty() || !live.empty())) start_line();
  to_screen(live_.update(finished, std::move(live), screen));
  if (line_ == Line::live || line_ == Line::empty) line_ = live_.empty() ? Line::empty : Line::live;
}

// As paint_live(), but no more often than someone can see.
void Page::repaint() {
  if (options_.now() - painted_ >= options_.repaint_every) return paint_live();
  if (std::exchange(repaints_, true)) return;
  repainter_.start(options_.repaint_every, [this] { return repaint_tick(); });
}

// On the repainter's thread. False: nothing has changed since the last time.
bool Page::repaint_tick() {
  const std::lock_guard lock(mutex_);
  repaints_ = dirty_ && !asking_;
  if (!repaints_) return false;
  paint_live();
  write_all();
  return true;
}

void Page::say(std::string_view agent_path, std::string_view painted) {
  if (quiet()) return;
  start_line();
  to_err(margin_of(place_of(agent_path), color()));
  to_err(painted);
  to_err("\n");
  show_running();
}

void Page::note(std::string_view agent_path, std::string_view text) {
  const auto harmless = unicode::sanitize(text);
  say(agent_path, paint(text::replace_all(harmless, "\n", " "), Tone::dim, color()));
}

void Page::put_lines(std::string_view harmless) {
  finish_answer();
  start_line();
  to_err(harmless);
}

void Page::lay_out(std::string_view text) {
  if (!answer_) answer_.emplace(canvas());
  answer_->feed(text);
  dirty_ = true;
}

void Page::finish_answer() {
  if (!answer_) return;
  answer_->finish();
  paint_live();
  answer_.reset();
}

void Page::answer_piece(std::string_view harmless) {
  if (harmless.empty()) return;
  if (line_ != Line::answer && line_ != Line::empty) start_line();
  to_out(harmless);
  line_ = harmless.back() == '\n' ? Line::empty : Line::answer;
}

void Page::end_answer_line() {
  if (line_ != Line::answer) return;
  to_out("\n");
  line_ = Line::empty;
}

void Page::thinking_piece(std::string_view harmless) {
  if (line_ != Line::thinking) start_line();
  to_err(paint(harmless, Tone::dim, color()));
  line_ = harmless.back() == '\n' ? Line::empty : Line::thinking;
}

void Page::end_thinking_line() {
  if (line_ == Line::thinking) start_line();
}

void Page::end_answer_or_thinking_line() {
  if (line_ == Line::answer || line_ == Line::thinking) start_line();
}

// What runs now is at the end of the screen, whatever was written above.
void Page::show_running() {
  if (shows_running() || answer_) dirty_ = true;
  if (shows_running() && (!running_.tools.empty() || running_.thinking_since)) keep_time();
}

// While something lasts, its time is shown once a second.
void Page::keep_time() {
  ticker_.start(std::chrono::seconds{1}, [this] { return tick(); });
}

// On the ticker's thread. False: nothing lasts any more.
bool Page::tick() {
  const std::lock_guard lock(mutex_);
  if (!running_.any()) return false;
  if (asking_ || (line_ != Line::live && line_ != Line::empty)) return true;
  paint_live();
  write_all();
  return true;
}

void Page::make_room() {
  start_line();
  asking_ = true;
  write_all();
}

void Page::end_run() {
  if (line_ == Line::live) start_line();
  dirty_ = false;
  write_all();
}

}  // namespace errand::render
