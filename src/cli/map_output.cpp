#include "cli/map_output.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/money.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "base/unicode.hpp"
#include "render/options.hpp"

namespace errand::cli {

namespace {

constexpr std::chrono::milliseconds repaint_after{100};
constexpr std::size_t bar_columns = 20;

void tell(std::string_view text) {
  if (!write_all(STDERR_FILENO, text)) return;  // there is no one left to tell
}

std::string counts_of(const MapProgress& progress) {
  auto out = fmt::format("{} done", progress.done);
  if (progress.failed > 0) out += fmt::format(", {} failed", progress.failed);
  if (progress.unfinished > 0) out += fmt::format(", {} unfinished", progress.unfinished);
  return out;
}

}  // namespace

std::string summary_of(const MapProgress& progress) {
  auto out = fmt::format("{}: {}", text::count_of(progress.count(), "record"), counts_of(progress));
  if (progress.kept > 0) out += fmt::format(" ({} of them earlier)", progress.kept);
  if (progress.cost_usd > 0) out += ", " + format_usd(progress.cost_usd);
  return out;
}

std::string progress_line(const MapProgress& progress, std::chrono::milliseconds elapsed, std::size_t columns) {
  std::string out;
  if (progress.share) {
    const auto share = std::clamp(*progress.share, 0.0, 1.0);
    const auto full = static_cast<std::size_t>(share * static_cast<double>(bar_columns));
    out = fmt::format("[{}{}] {:3}%  ", std::string(full, '#'), std::string(bar_columns - full, '-'),
                      static_cast<int>(share * 100));
  }
  out += counts_of(progress);
  if (progress.cost_usd > 0) out += "  " + format_usd(progress.cost_usd);
  out += "  " + format_duration(elapsed);
  return text::ellipsize(out, columns);
}

MapOutput::MapOutput(int out_fd, Bar bar, std::function<void()> on_failure)
    : output_(out_fd, std::move(on_failure)), bar_(bar) {}

MapOutput::~MapOutput() {
  erase_bar();
}

bool MapOutput::await_turn(std::size_t index, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  // The next one may always: those that wait do so for it.
  return moved_.wait(lock, stop,
                     [&] { return index <= next_ || (index < next_ + window && waiting_bytes_ < max_waiting_bytes); });
}

void MapOutput::put(std::size_t index, std::string line, RecordEnd end) {
  const std::lock_guard lock(mutex_);
  waiting_bytes_ += line.size();
  waiting_.emplace(index, std::move(line));
  if (end == RecordEnd::done) ++progress_.done;
  if (end == RecordEnd::failed) ++progress_.failed;
  if (end == RecordEnd::unfinished) ++progress_.unfinished;
  write_ready();
  show_bar();
}

void MapOutput::count_kept() {
  const std::lock_guard lock(mutex_);
  ++progress_.kept;
}

void MapOutput::use_share(double share) {
  const std::lock_guard lock(mutex_);
  progress_.share = share;
}

void MapOutput::use_cost(double cost_usd) {
  const std::lock_guard lock(mutex_);
  progress_.cost_usd = cost_usd;
  show_bar();
}

void MapOutput::note(std::string_view line) {
  const std::lock_guard lock(mutex_);
  erase_bar();
  tell(unicode::sanitize(line) + "\n");
}

// Each line is out as soon as all before it are: what is written when the machine stops can be gone on from.
void MapOutput::write_ready() {
  const auto before = next_;
  for (auto first = waiting_.begin(); first != waiting_.end() && first->first == next_; first = waiting_.begin()) {
    output_.put(first->second);
    output_.put("\n");
    waiting_bytes_ -= first->second.size();
    waiting_.erase(first);
    ++next_;
  }
  if (next_ == before) return;
  output_.flush();
  moved_.notify_all();
}

void MapOutput::erase_bar() {
  if (std::exchange(bar_shown_, false)) tell("\r\x1b[K");
}

void MapOutput::show_bar() {
  const auto now = std::chrono::steady_clock::now();
  if (bar_ == Bar::off || now - painted_ < repaint_after) return;
  painted_ = now;
  bar_shown_ = true;
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - started_);
  tell("\r\x1b[K" + progress_line(progress_, elapsed, render::columns_of(STDERR_FILENO) - 1));
}

Result<void> MapOutput::finish() {
  const std::lock_guard lock(mutex_);
  erase_bar();
  bar_ = Bar::off;
  if (output_.error()) return fail(*output_.error());
  return {};
}

MapProgress MapOutput::progress() const {
  const std::lock_guard lock(mutex_);
  return progress_;
}

}  // namespace errand::cli
