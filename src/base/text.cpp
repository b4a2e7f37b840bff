#include "base/text.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "base/unicode.hpp"

namespace errand::text {

namespace {

constexpr std::string_view white_space = " \t\r\n\v\f";

// Names listed after "known …:" before the list is cut.
constexpr std::size_t max_listed = 20;

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const auto substitution = diagonal + (a[i] == b[j] ? 0U : 1U);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, diagonal + 1, substitution});
    }
  }
  return row.back();
}

}  // namespace

std::string_view trim_end(std::string_view s) {
  const auto last = s.find_last_not_of(white_space);
  return last == std::string_view::npos ? std::string_view{} : s.substr(0, last + 1);
}

std::string_view trim(std::string_view s) {
  const auto first = s.find_first_not_of(white_space);
  return first == std::string_view::npos ? std::string_view{} : trim_end(s.substr(first));
}

std::vector<std::string> split(std::string_view s, char separator) {
  std::vector<std::string> out;
  while (true) {
    const auto at = s.find(separator);
    out.emplace_back(s.substr(0, at));
    if (at == std::string_view::npos) return out;
    s.remove_prefix(at + 1);
  }
}

std::vector<std::string> lines(std::string_view s) {
  if (s.empty()) return {};
  if (s.ends_with('\n')) s.remove_suffix(1);
  return split(s, '\n');
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

std::string lower(std::string_view s) {
  std::string out(s);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string replace_all(std::string s, std::string_view from, std::string_view to) {
  for (auto at = s.find(from); at != std::string::npos; at = s.find(from, at + to.size())) {
    s.replace(at, from.size(), to);
  }
  return s;
}

std::string public_url(std::string_view url) {
  const auto question = url.find_first_of("?#");
  std::string out(url.substr(0, question));
  if (const auto scheme = out.find("://"); scheme != std::string::npos) {
    const auto authority = scheme + 3;
    const auto at = out.rfind('@', out.find('/', authority));
    if (at != std::string::npos && at >= authority) out.erase(authority, at - authority + 1);
  }
  if (question != std::string_view::npos) out += fmt::format("{}…", url[question]);
  return out;
}

std::string_view first_line(std::string_view s) {
  return s.substr(0, s.find('\n'));
}

std::optional<std::string> nearest(std::string_view name, std::span<const std::string> known) {
  const auto wanted = lower(name);
  std::optional<std::string> best;
  // A third of the letters wrong is still the same word; more is another word.
  auto best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const auto& candidate : known) {
    // The distance is never below the difference in length; `name` may be as long as a file.
    const auto longer = std::max(name.size(), candidate.size());
    if (longer - std::min(name.size(), candidate.size()) >= best_distance) continue;
    const auto distance = edit_distance(wanted, lower(candidate));
    if (distance < best_distance && distance < candidate.size()) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string suggest(std::string_view name, std::span<const std::string> known, std::string_view plural) {
  if (known.empty()) return fmt::format("there are no {}", plural);
  std::string out;
  if (const auto near = nearest(name, known)) out = fmt::format("did you mean \"{}\"? ", *near);
  const auto shown = known.subspan(0, std::min(known.size(), max_listed));
  out += fmt::format("known {}: {}", plural, fmt::join(shown, ", "));
  if (known.size() > shown.size()) out += fmt::format(" and {} more", known.size() - shown.size());
  return out;
}

std::string count_of(std::size_t n, std::string_view singular) {
  return fmt::format("{} {}{}", n, singular, n == 1 ? "" : "s");
}

std::string ellipsize(std::string_view s, std::size_t max_columns) {
  if (unicode::width(s) <= max_columns) return std::string(s);
  if (max_columns == 0) return {};
  return unicode::prefix_of_width(s, max_columns - 1) + "…";
}

Preview preview(std::string_view s, std::size_t max_bytes, std::string_view note) {
  if (s.size() <= max_bytes) return {std::string(s), false, 0};
  const auto half = max_bytes / 2;
  auto head_end = half;
  if (const auto newline = s.rfind('\n', half); newline != std::string_view::npos && newline > half / 2) {
    head_end = newline + 1;
  }
  auto tail_begin = s.size() - half;
  if (const auto newline = s.find('\n', tail_begin);
      newline != std::string_view::npos && newline < s.size() - half / 2) {
    tail_begin = newline + 1;
  }
  head_end = unicode::char_border_before(s, head_end);
  while (tail_begin < s.size() && unicode::is_continuation(s[tail_begin])) ++tail_begin;
  const auto omitted = tail_begin - head_end;
  return {fmt::format("{}\n[… {} bytes left out{}{} …]\n{}", s.substr(0, head_end), omitted, note.empty() ? "" : "; ",
                      note, s.substr(tail_begin)),
          true, omitted};
}

}  // namespace errand::text
