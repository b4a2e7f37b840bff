#include "tool/diff.hpp"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>

namespace errand::tool {

namespace {

// The trace of the search takes the square of this many numbers.
constexpr int max_differences = 1000;

constexpr std::string_view no_newline = "\\ No newline at end of file\n";

using Lines = std::vector<std::string_view>;

// With their '\n', so that a missing last one is a difference.
Lines lines_of(std::string_view text) {
  Lines out;
  while (!text.empty()) {
    const auto newline = text.find('\n');
    const auto line = text.substr(0, newline == std::string_view::npos ? newline : newline + 1);
    out.push_back(line);
    text.remove_prefix(line.size());
  }
  return out;
}

// old[old_at, old_at + removed) became now[new_at, new_at + added).
struct Change {
  std::size_t old_at = 0;
  std::size_t removed = 0;
  std::size_t new_at = 0;
  std::size_t added = 0;
};

// Lines as numbers, equal for equal lines.
class Numbering {
 public:
  std::vector<int> number(const Lines& lines) {
    std::vector<int> out;
    out.reserve(lines.size());
    for (const auto line : lines) out.push_back(known_.emplace(line, static_cast<int>(known_.size())).first->second);
    return out;
  }

 private:
  std::unordered_map<std::string_view, int> known_;
};

// The greedy search of Myers' paper: furthest[k] is the largest x on diagonal k = x - y that d differences reach.
class Search {
 public:
  Search(const std::vector<int>& a, const std::vector<int>& b)
      : a_(a), b_(b), n_(static_cast<int>(a.size())), m_(static_cast<int>(b.size())) {}

  // The changes, last one first; one for all of it when there are too many differences.
  std::vector<Change> run() {
    const int limit = std::min(n_ + m_, max_differences);
    const auto width = static_cast<std::size_t>(2 * limit + 3);
    std::vector<int> furthest(width, 0);
    for (int d = 0; d <= limit; ++d) {
      // Only the diagonals -d..d can have changed: that much is kept for the way back.
      for (int k = -d; k <= d; k += 2) {
        const int x = slide(step(furthest, limit, d, k), k);
        furthest[index(k, limit)] = x;
        if (x < n_ || x - k < m_) continue;
        trace_.push_back(slice(furthest, limit, d));
        return walk_back(d);
      }
      trace_.push_back(slice(furthest, limit, d));
    }
    return {{0, a_.size(), 0, b_.size()}};
  }

 private:
  static std::size_t index(int k, int limit) { return static_cast<std::size_t>(k + limit + 1); }

  static std::vector<int> slice(const std::vector<int>& furthest, int limit, int d) {
    const auto begin = furthest.begin() + static_cast<std::ptrdiff_t>(index(-d, limit));
    return {begin, begin + 2 * d + 1};
  }

  static int step(const std::vector<int>& furthest, int limit, int d, int k) {
    const auto below = furthest[index(k - 1, limit)];
    const auto above = furthest[index(k + 1, limit)];
    if (d == 0) return 0;
    return k == -d || (k != d && below < above) ? above : below + 1;
  }

  [[nodiscard]] int slide(int x, int k) const {
    while (x < n_ && x - k < m_ && x - k >= 0 &&
           a_[static_cast<std::size_t>(x)] == b_[static_cast<std::size_t>(x - k)]) {
      ++x;
    }
    return x;
  }

  [[nodiscard]] int reached(int d, int k) const {
    return trace_[static_cast<std::size_t>(d)][static_cast<std::size_t>(k + d)];
  }

  std::vector<Change> walk_back(int d) const {
    std::vector<Change> out;
    int x = n_;
    int y = m_;
    for (; d > 0; --d) {
      const int k = x - y;
      const bool insertion = k == -d || (k != d && reached_or(d - 1, k - 1) < reached_or(d - 1, k + 1));
      const int from_k = insertion ? k + 1 : k - 1;
      const int from_x = reached(d - 1, from_k);
      const int from_y = from_x - from_k;
      add(out, from_x, from_y, insertion);
      x = from_x;
      y = from_y;
    }
    return out;
  }

  [[nodiscard]] int reached_or(int d, int k) const { return k < -d || k > d ? -1 : reached(d, k); }

  // One inserted or removed line at (x, y), joined to the change behind it when they touch.
  static void add(std::vector<Change>& out, int x, int y, bool insertion) {
    const auto old_at = static_cast<std::size_t>(x);
    const auto new_at = static_cast<std::size_t>(y);
    const std::size_t removed = insertion ? 0 : 1;
    const std::size_t added = insertion ? 1 : 0;
    if (!out.empty() && out.back().old_at == old_at + removed && out.back().new_at == new_at + added) {
      auto& next = out.back();
      next = {old_at, next.removed + removed, new_at, next.added + added};
    } else {
      out.push_back({old_at, removed, new_at, added});
    }
  }

  const std::vector<int>& a_;
  const std::vector<int>& b_;
  int n_;
  int m_;
  std::vector<std::vector<int>> trace_;
};

std::vector<Change> changes_between(const Lines& before, const Lines& after) {
  std::size_t head = 0;
  while (head < before.size() && head < after.size() && before[head] == after[head]) ++head;
  std::size_t tail = 0;
  while (tail + head < before.size() && tail + head < after.size() &&
         before[before.size() - 1 - tail] == after[after.size() - 1 - tail]) {
    ++tail;
  }
  const auto middle = [&](const Lines& lines) {
    return Lines(lines.begin() + static_cast<std::ptrdiff_t>(head), lines.end() - static_cast<std::ptrdiff_t>(tail));
  };
  Numbering numbering;
  const auto a = numbering.number(middle(before));
  const auto b = numbering.number(middle(after));
  if (a.empty() && b.empty()) return {};
  auto out = Search(a, b).run();
  std::ranges::reverse(out);
  for (auto& change : out) {
    change.old_at += head;
    change.new_at += head;
  }
  return out;
}

void append_line(std::string& out, char mark, std::string_view line) {
  out += mark;
  out += line;
  if (line.ends_with('\n')) return;
  out += '\n';
  out += no_newline;
}

// "12,3" as in a hunk's header; a range of no lines is named by the line before it.
std::string range(std::size_t at, std::size_t count) {
  if (count == 1) return fmt::format("{}", at + 1);
  return fmt::format("{},{}", count == 0 ? at : at + 1, count);
}

// One hunk: `changes` with the unchanged lines between and around them.
std::string hunk(const Lines& before, const Lines& after, const Change* first, const Change* last,
                 std::size_t context) {
  const auto lead = std::min({context, first->old_at, first->new_at});
  const auto old_end = last->old_at + last->removed;
  const auto trail = std::min(context, before.size() - old_end);
  const auto old_at = first->old_at - lead;
  const auto new_at = first->new_at - lead;
  auto out = fmt::format("@@ -{} +{} @@\n", range(old_at, old_end + trail - old_at),
                         range(new_at, last->new_at + last->added + trail - new_at));
  auto at = old_at;
  for (const auto* change = first; change <= last; ++change) {
    for (; at < change->old_at; ++at) append_line(out, ' ', before[at]);
    for (std::size_t i = 0; i < change->removed; ++i) append_line(out, '-', before[at++]);
    for (std::size_t i = 0; i < change->added; ++i) append_line(out, '+', after[change->new_at + i]);
  }
  for (; at < old_end + trail; ++at) append_line(out, ' ', before[at]);
  return out;
}

// What fits of `whole`, cut at a line's end, with a note of what does not.
std::string bounded(std::string whole, std::size_t max_bytes) {
  if (whole.size() <= max_bytes) return whole;
  const auto newline = whole.rfind('\n', max_bytes);
  const auto kept = newline == std::string::npos ? 0 : newline + 1;
  const auto left_out =
      static_cast<std::size_t>(std::count(whole.begin() + static_cast<std::ptrdiff_t>(kept), whole.end(), '\n'));
  whole.resize(kept);
  return whole + fmt::format("[… {} more lines of this diff]\n", left_out);
}

}  // namespace

std::string unified_diff(std::string_view before, std::string_view after, const DiffLimits& limits) {
  const auto old_lines = lines_of(before);
  const auto new_lines = lines_of(after);
  const auto changes = changes_between(old_lines, new_lines);
  std::string out;
  for (std::size_t i = 0; i < changes.size();) {
    auto last = i;
    while (last + 1 < changes.size() &&
           changes[last + 1].old_at - (changes[last].old_at + changes[last].removed) <= 2 * limits.context_lines) {
      ++last;
    }
    out += hunk(old_lines, new_lines, &changes[i], &changes[last], limits.context_lines);
    i = last + 1;
  }
  return bounded(std::move(out), limits.max_bytes);
}

}  // namespace errand::tool
