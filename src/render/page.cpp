#include "render/page.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/unicode.hpp"

namespace errand::render {

namespace {

// As columns_of(): on a narrower screen rows are cut.
constexpr std::size_t min_columns = 20;

}  // namespace

Page::Page(TextOptions options)
    : options_(std::move(options)), out_(options_.out_fd, options_.on_failure), err_(options_.err_fd) {
  found_ = {options_.out_depth, options_.err_depth, options_.err_color};
  if (options_.err == Medium::terminal) err_theme_ = Theme(options_.err_depth, options_.background);
  if (options_.out_motion == Motion::off && options_.err_motion == Motion::off) return;
  // What can be taken back is written where the answer is, as long as that is a terminal.
  bottom_ = std::make_unique<terminal::Bottom>(options_.out_motion == Motion::on ? options_.out_fd : options_.err_fd,
                                               terminal::Size{options_.columns, options_.rows}, options_.on_narrowing);
}

void Page::use_palette(const Palette& palette) {
  options_.out_depth = std::min(found_.out_depth, palette.most);
  options_.err_depth = std::min(found_.err_depth, palette.most);
  options_.err_color = palette.most == ColorDepth::none ? Color::off : found_.err_color;
  options_.background = palette.background;
  err_theme_ = options_.err == Medium::terminal ? Theme(options_.err_depth, options_.background) : Theme();
}

std::size_t Page::columns() const {
  return bottom_ ? std::max(bottom_->size().columns, min_columns) : options_.columns;
}

void Page::flush() {
  if (dirty_) repaint();
  write_all();
}

void Page::write_all() {
  if (out_.holds()) out_.flush();
  if (err_.holds()) err_.flush();
  if (!bottom_ || !std::exchange(collected_, false)) return;
  check(bottom_->flush());
  if (!bottom_->is_behind()) return;
  collected_ = true;
  repaint_later();
}

// A terminal that takes no answer any more ends the run, as any other output does.
void Page::check(const Result<void>& painted) {
  if (painted || options_.out_motion == Motion::off || std::exchange(failed_, true)) return;
  if (options_.on_failure) options_.on_failure();
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
  line_ = Line::empty;
}

// One column stays free: terminals do not agree on what a full line is followed by.
Canvas Page::canvas() const {
  return {Theme(options_.out_depth, options_.background), options_.links, columns() - 1};
}

// What is running, and before it what is being thought.
std::vector<std::string> Page::lines_of_the_moment() {
  std::vector<std::string> out;
  if (!thinking_.empty()) out.push_back(paint(thinking_, Tone::dim, color()));
  if (!shows_running()) return out;
  for (auto& line : running_.lines(painted_, columns(), color())) out.push_back(std::move(line));
  return out;
}

// Of the rows of an answer's tail, those that what follows will hardly change.
std::size_t Page::count_whole(std::size_t rows) const {
  return rows == 0 || answer_->ends_in_table() ? 0 : rows - 1;
}

// Brings the screen to what is so now.
void Page::paint_live() {
  dirty_ = false;
  painted_ = options_.now();
  if (!bottom_) return;
  std::vector<terminal::Row> finished;
  if (answer_) {
    answer_->set_columns(columns() - 1);
    for (auto& line : answer_->take()) finished.push_back(terminal::row_of(std::move(line)));
  }
  std::vector<terminal::Row> live;
  if (answer_) {
    for (auto& line : answer_->tail()) live.push_back(terminal::row_of(std::move(line)));
  }
  const auto whole = count_whole(live.size());
  for (auto& line : lines_of_the_moment()) live.push_back(terminal::row_of(std::move(line)));
  if (!finished.empty() || !live.empty()) start_line();
  const auto of_the_moment = live.size() - whole;
  bottom_->show_run(std::move(finished), std::move(live), of_the_moment);
  collected_ = true;
}

// As paint_live(), but no more often than someone can see.
void Page::repaint() {
  if (options_.now() - painted_ >= options_.repaint_every) return paint_live();
  repaint_later();
}

void Page::repaint_later() {
  if (std::exchange(repaints_, true)) return;
  repainter_.start(options_.repaint_every, [this] { return repaint_tick(); });
}

// On the repainter's thread. False: nothing has changed since the last time, and all of it is shown.
bool Page::repaint_tick() {
  const std::lock_guard lock(mutex_);
  repaints_ = (dirty_ || collected_) && !asking_;
  if (!repaints_) return false;
  // Behind the end of a run there is nothing live to paint, and to show some would make it one that goes on.
  if (begun_ || !bottom_) {
    paint_live();
  } else {
    dirty_ = false;
  }
  write_all();
  return true;
}

void Page::say(std::string_view agent_path, std::string_view painted) {
  if (quiet()) return;
  put_lines(fmt::format("{}{}\n", margin_of(place_of(agent_path), color()), painted));
  show_running();
}

void Page::note(std::string_view agent_path, std::string_view text) {
  const auto harmless = text::replace_all(unicode::sanitize(text), "\n", " ");
  for (const auto& line : text::lines(fold(harmless, fold_columns(place_of(agent_path)))))
    say(agent_path, paint(line, Tone::dim, color()));
}

void Page::put_lines(std::string_view harmless) {
  start_line();
  if (!says_on_screen()) return to_err(harmless);
  bottom_->print(harmless);
  collected_ = true;
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
  if (line_ == Line::thinking) start_line();
  if (bottom_ && options_.out == Medium::terminal && std::exchange(begun_, false)) settle();
  to_out(harmless);
  line_ = harmless.back() == '\n' ? Line::empty : Line::answer;
}

void Page::put_answer(std::string_view bytes) {
  if (options_.out_motion == Motion::off) return to_out(bytes);
  bottom_->print(bytes);
  collected_ = true;
}

void Page::end_answer_line() {
  if (line_ != Line::answer) return;
  to_out("\n");
  line_ = Line::empty;
}

void Page::thinking_piece(std::string_view harmless) {
  if (says_on_screen()) {
    thinking_ += harmless;
    return wrap_thinking();
  }
  if (line_ != Line::thinking) start_line();
  to_err(paint(harmless, Tone::dim, color()));
  line_ = harmless.back() == '\n' ? Line::empty : Line::thinking;
}

// Whole lines go, and of one that is longer than the screen is wide what fills a row.
void Page::wrap_thinking() {
  dirty_ = true;
  const auto room = columns() - 1;
  while (true) {
    auto end = thinking_.find('\n');
    auto next = end + 1;
    if (end == std::string::npos) {
      if (unicode::width(thinking_) <= room) return;
      const auto fits = unicode::prefix_of_width(thinking_, room).size();
      const auto blank = thinking_.rfind(' ', fits);
      end = blank == std::string::npos || blank == 0 ? fits : blank;
      next = end + (end == blank ? 1 : 0);
    }
    put_lines(paint(thinking_.substr(0, end), Tone::dim, color()) + "\n");
    thinking_.erase(0, next);
  }
}

void Page::end_thinking_line() {
  if (line_ == Line::thinking) start_line();
  if (thinking_.empty()) return;
  thinking_ += '\n';
  wrap_thinking();
}

void Page::end_answer_or_thinking_line() {
  if (line_ == Line::answer) start_line();
  end_thinking_line();
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
  if (asking_ || line_ != Line::empty) return true;
  paint_live();
  write_all();
  return true;
}

void Page::set_status(const Status& status) {
  if (!bottom_ || quiet()) return;
  bottom_->set_status(
      [status, color = color()](std::size_t columns) { return terminal::row_of(status.line(columns, color)); });
  collected_ = true;
}

void Page::make_room() {
  start_line();
  asking_ = true;
  write_all();
  begun_ = false;
  settle();
}

// Nothing is live any more, and all is there that was said.
void Page::settle() {
  if (!bottom_) return;
  check(bottom_->end_run());
  check(bottom_->settle());
}

void Page::hold() {
  if (!bottom_) return make_room();
  if (dirty_) paint_live();
  write_all();
  check(bottom_->hold());
}

void Page::release() {
  if (bottom_) check(bottom_->release());
}

void Page::begin_event() {
  asking_ = false;
  if (!bottom_ || std::exchange(begun_, true)) return;
  bottom_->begin_run();
  dirty_ = true;
}

void Page::fit() {
  if (!begun_) return;
  paint_live();
  write_all();
}

void Page::end_run() {
  dirty_ = false;
  begun_ = false;
  write_all();
  if (!bottom_) return;
  check(bottom_->end_run());
  if (!bottom_->is_behind()) return;
  collected_ = true;
  repaint_later();
}

}  // namespace errand::render
