#include "tool/search_results.hpp"

#include <utility>

namespace errand::tool {

bool SearchResults::wants(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  return !end_ || path < *end_;
}

void SearchResults::searched() {
  const std::lock_guard lock(mutex_);
  ++searched_;
}

std::size_t SearchResults::files_searched() const {
  const std::lock_guard lock(mutex_);
  return searched_;
}

void SearchResults::add(const std::string& path, FileHits hits) {
  const std::lock_guard lock(mutex_);
  if (end_ && path >= *end_) return;
  lines_ += hits.lines;
  bytes_ += hits.text.size();
  kept_.insert_or_assign(path, std::move(hits));
  drop_surplus();
}

// The last file goes while those before it fill the limits alone.
void SearchResults::drop_surplus() {
  while (kept_.size() > 1) {
    const auto last = std::prev(kept_.end());
    const auto lines_before = lines_ - last->second.lines;
    const auto bytes_before = bytes_ - last->second.text.size();
    const bool enough_lines = limits_.max_lines > 0 && lines_before >= limits_.max_lines;
    if (!enough_lines && bytes_before < limits_.max_bytes) return;
    lines_ = lines_before;
    bytes_ = bytes_before;
    end_ = last->first;
    kept_.erase(last);
  }
}

SearchResults::Text SearchResults::text() const {
  const std::lock_guard lock(mutex_);
  Text out;
  out.cut = end_.has_value();
  std::size_t lines = 0;
  for (const auto& [path, hits] : kept_) {
    out.cut = out.cut || hits.cut;
    for (std::size_t at = 0; at < hits.text.size();) {
      const auto next = hits.text.find('\n', at) + 1;
      const bool full =
          (limits_.max_lines > 0 && lines == limits_.max_lines) || out.text.size() + (next - at) > limits_.max_bytes;
      if (full) {
        out.cut = true;
        return out;
      }
      out.text.append(hits.text, at, next - at);
      ++lines;
      at = next;
    }
  }
  return out;
}

}  // namespace errand::tool
