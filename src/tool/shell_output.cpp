#include "tool/shell_output.hpp"

#include <algorithm>
#include <utility>

namespace errand::tool {

namespace {

constexpr std::size_t npos = std::string::npos;

// How many bytes at the end of `text` may be the beginning of `mark`.
std::size_t beginning_at_end(std::string_view text, std::string_view mark) {
  for (auto n = std::min(text.size(), mark.size() - 1); n > 0; --n) {
    if (text.ends_with(mark.substr(0, n))) return n;
  }
  return 0;
}

}  // namespace

NoteFilter::NoteFilter(std::string_view key) : mark_('\0' + std::string(key) + ':') {}

std::string NoteFilter::feed(std::string_view bytes) {
  held_ += bytes;
  std::string out;
  while (true) {
    const auto begin = held_.find(mark_);
    if (begin == npos) {
      const auto certain = held_.size() - beginning_at_end(held_, mark_);
      out.append(held_, 0, certain);
      held_.erase(0, certain);
      return out;
    }
    const auto text = begin + mark_.size();
    const auto end = held_.find('\0', text);
    out.append(held_, 0, begin);
    if (end == npos && held_.size() - text <= max_note_bytes) {
      held_.erase(0, begin);
      return out;
    }
    if (end == npos || end - text > max_note_bytes) {  // somebody wrote the mark: it is output like any other
      out.append(held_, begin, mark_.size());
      held_.erase(0, text);
      continue;
    }
    note_ = held_.substr(text, end - text);
    held_.erase(0, end + 1);
  }
}

std::string NoteFilter::finish() {
  return std::exchange(held_, {});
}

LiveOutput::LiveOutput(Pass pass, std::size_t max_bytes) : pass_(std::move(pass)), max_bytes_(max_bytes) {
  if (pass_) thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

LiveOutput::~LiveOutput() {
  if (!pass_) return;
  thread_.request_stop();
  thread_.join();
  auto rest = std::move(waiting_) + sanitizer_.finish();
  if (!rest.empty()) pass_(std::move(rest));
}

void LiveOutput::feed(std::string_view bytes) {
  if (!pass_) return;
  {
    const std::lock_guard lock(mutex_);
    bytes = bytes.substr(0, max_bytes_ - taken_bytes_);
    taken_bytes_ += bytes.size();
    waiting_ += sanitizer_.feed(bytes);
  }
  arrived_.notify_one();
}

// The first piece goes at once, what comes within the interval behind it goes together.
void LiveOutput::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (arrived_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
    auto piece = std::exchange(waiting_, {});
    lock.unlock();
    pass_(std::move(piece));
    lock.lock();
    arrived_.wait_for(lock, stop, interval, [] { return false; });
  }
}

}  // namespace errand::tool
