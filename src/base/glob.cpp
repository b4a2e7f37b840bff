#include "base/glob.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/unicode.hpp"

namespace errand::glob {

namespace {

struct Character {
  char32_t code_point = 0;
  std::size_t bytes = 0;  // 0: at the end
};

// The character at `at`; a byte that starts none counts as one of its own.
Character character_at(std::string_view s, std::size_t at) {
  if (at >= s.size()) return {};
  const auto lead = static_cast<unsigned char>(s[at]);
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
  if (length == 1 || at + length > s.size()) return {lead, 1};
  auto code_point = static_cast<char32_t>(lead & (0xFFU >> (length + 1)));
  for (std::size_t i = 1; i < length; ++i) {
    if (!unicode::is_continuation(s[at + i])) return {lead, 1};
    code_point = (code_point << 6U) | (static_cast<unsigned char>(s[at + i]) & 0x3FU);
  }
  return {code_point, length};
}

struct NamedRange {
  std::string_view name;
  char32_t first;
  char32_t last;
};

// POSIX classes in the C locale.
constexpr std::array named_ranges = {
    NamedRange{"alnum", '0', '9'},   NamedRange{"alnum", 'A', 'Z'},  NamedRange{"alnum", 'a', 'z'},
    NamedRange{"alpha", 'A', 'Z'},   NamedRange{"alpha", 'a', 'z'},  NamedRange{"blank", ' ', ' '},
    NamedRange{"blank", '\t', '\t'}, NamedRange{"cntrl", 0, 0x1F},   NamedRange{"cntrl", 0x7F, 0x7F},
    NamedRange{"digit", '0', '9'},   NamedRange{"graph", '!', '~'},  NamedRange{"lower", 'a', 'z'},
    NamedRange{"print", ' ', '~'},   NamedRange{"punct", '!', '/'},  NamedRange{"punct", ':', '@'},
    NamedRange{"punct", '[', '`'},   NamedRange{"punct", '{', '~'},  NamedRange{"space", '\t', '\r'},
    NamedRange{"space", ' ', ' '},   NamedRange{"upper", 'A', 'Z'},  NamedRange{"xdigit", '0', '9'},
    NamedRange{"xdigit", 'A', 'F'},  NamedRange{"xdigit", 'a', 'f'},
};

// The next component of `path` from `at`, which moves behind its '/'; beyond the end afterwards when it was the last.
std::string_view next_component(std::string_view path, std::size_t& at) {
  const auto slash = path.find('/', at);
  const auto name = path.substr(at, slash == std::string_view::npos ? slash : slash - at);
  at = slash == std::string_view::npos ? path.size() + 1 : slash + 1;
  return name;
}

std::vector<std::string_view> components(std::string_view path) {
  std::vector<std::string_view> out;
  if (path.empty()) return out;
  for (std::size_t at = 0; at <= path.size();) out.push_back(next_component(path, at));
  return out;
}

}  // namespace

Pattern::Pattern(std::string_view pattern) {
  segments_.emplace_back();
  std::size_t segment_begin = 0;
  const auto end_segment = [&](std::size_t end) {
    auto& segment = segments_.back();
    segment.any_depth = pattern.substr(segment_begin, end - segment_begin) == "**";
    segment_begin = end + 1;
  };
  const auto add_literal = [&](char c) {
    auto& tokens = segments_.back().tokens;
    if (tokens.empty() || tokens.back().kind != Kind::literal) tokens.push_back({Kind::literal, {}, false, {}});
    tokens.back().text += c;
  };
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    const char c = pattern[at];
    auto& tokens = segments_.back().tokens;
    if (c == '/') {
      end_segment(at);
      segments_.emplace_back();
    } else if (c == '*') {
      if (tokens.empty() || tokens.back().kind != Kind::star) tokens.push_back({Kind::star, {}, false, {}});
    } else if (c == '?') {
      tokens.push_back({Kind::any, {}, false, {}});
    } else if (c == '\\' && at + 1 < pattern.size() && pattern[at + 1] != '/') {
      add_literal(pattern[++at]);
    } else if (c == '\\' && at + 1 < pattern.size()) {
      continue;  // "\/" is the slash itself
    } else if (c == '[') {
      if (auto set = parse_set(pattern, at)) {
        tokens.push_back(*std::move(set));
      } else {
        add_literal(c);
      }
    } else {
      add_literal(c);
    }
  }
  end_segment(pattern.size());
}

// At '['. On success `at` is left on the closing ']'.
std::optional<Pattern::Token> Pattern::parse_set(std::string_view pattern, std::size_t& at) {
  Token set{Kind::set, {}, false, {}};
  auto i = at + 1;
  if (i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^')) {
    set.negated = true;
    ++i;
  }
  for (bool first = true; i < pattern.size(); first = false) {
    if (pattern[i] == ']' && !first) {
      at = i;
      return set;
    }
    if (pattern.substr(i).starts_with("[:")) {
      const auto end = pattern.find(":]", i + 2);
      const auto name = end == std::string_view::npos ? std::string_view{} : pattern.substr(i + 2, end - i - 2);
      const auto before = set.ranges.size();
      for (const auto& range : named_ranges) {
        if (range.name == name) set.ranges.emplace_back(range.first, range.last);
      }
      if (set.ranges.size() != before) {
        i = end + 2;
        continue;
      }
    }
    const auto member = [&]() -> Character {
      if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
      const auto c = character_at(pattern, i);
      i += c.bytes;
      return c;
    };
    const auto low = member();
    auto high = low;
    if (i + 1 < pattern.size() && pattern[i] == '-' && pattern[i + 1] != ']') {
      ++i;
      high = member();
    }
    set.ranges.emplace_back(low.code_point, high.code_point);
  }
  return std::nullopt;
}

// Where the text goes on behind `token` at `at`.
std::optional<std::size_t> Pattern::match_token(const Token& token, std::string_view text, std::size_t at) {
  if (token.kind == Kind::literal) {
    if (text.compare(at, token.text.size(), token.text) != 0) return std::nullopt;
    return at + token.text.size();
  }
  const auto c = character_at(text, at);
  if (c.bytes == 0) return std::nullopt;
  if (token.kind == Kind::any) return at + c.bytes;
  const bool member = std::ranges::any_of(
      token.ranges, [&](const auto& range) { return range.first <= c.code_point && c.code_point <= range.second; });
  if (member == token.negated) return std::nullopt;
  return at + c.bytes;
}

// It is enough to go back to the last star: what an earlier one could take, the last one can take as well.
bool Pattern::matches_segment(const Segment& segment, std::string_view name) {
  const auto& tokens = segment.tokens;
  if (tokens.size() == 1 && tokens.front().kind == Kind::literal) return name == tokens.front().text;
  std::size_t token = 0;
  std::size_t at = 0;
  std::optional<std::size_t> star;
  std::size_t star_at = 0;
  while (token < tokens.size() || at < name.size()) {
    if (token < tokens.size()) {
      if (tokens[token].kind == Kind::star) {
        star = token++;
        star_at = at;
        continue;
      }
      if (const auto behind = match_token(tokens[token], name, at)) {
        at = *behind;
        ++token;
        continue;
      }
    }
    if (!star || star_at >= name.size()) return false;
    star_at += character_at(name, star_at).bytes;
    at = star_at;
    token = *star + 1;
  }
  return true;
}

// The same over components, "**" being the star. `at` is where a component begins, beyond the end when none is left.
bool Pattern::matches(std::string_view path) const {
  std::size_t segment = 0;
  std::size_t at = path.empty() ? 1 : 0;
  std::optional<std::size_t> star;
  std::size_t star_at = 0;
  while (segment < segments_.size() || at <= path.size()) {
    if (segment < segments_.size()) {
      if (segments_[segment].any_depth) {
        const bool last = segment + 1 == segments_.size();
        if (last) return at <= path.size();
        star = segment++;
        star_at = at;
        continue;
      }
      auto behind = at;
      if (at <= path.size() && matches_segment(segments_[segment], next_component(path, behind))) {
        at = behind;
        ++segment;
        continue;
      }
    }
    if (!star || star_at > path.size()) return false;
    next_component(path, star_at);
    at = star_at;
    segment = *star + 1;
  }
  return true;
}

bool Pattern::may_match_below(std::string_view directory) const {
  const auto names = components(directory);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i >= segments_.size()) return false;
    if (segments_[i].any_depth) return true;
    if (!matches_segment(segments_[i], names[i])) return false;
  }
  return names.size() < segments_.size();
}

namespace {

struct Braces {
  std::size_t open = 0;
  std::size_t close = 0;
  std::vector<std::size_t> commas;
};

// The index behind "[…]" at `at`, or behind the '[' when it is not closed.
std::size_t behind_set(std::string_view pattern, std::size_t at) {
  auto i = at + 1;
  if (i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^')) ++i;
  const auto close = pattern.find(']', i + 1);
  return close == std::string_view::npos ? at + 1 : close + 1;
}

// The first balanced pair from `from` that holds a comma of its own.
std::optional<Braces> find_braces(std::string_view pattern, std::size_t from) {
  std::vector<Braces> open;
  std::optional<Braces> best;
  for (auto i = from; i < pattern.size();) {
    const char c = pattern[i];
    if (c == '[') {
      i = behind_set(pattern, i);
      continue;
    }
    if (c == '{') open.push_back({i, 0, {}});
    if (c == ',' && !open.empty()) open.back().commas.push_back(i);
    if (c == '}' && !open.empty()) {
      auto pair = std::move(open.back());
      open.pop_back();
      pair.close = i;
      if (!pair.commas.empty() && (!best || pair.open < best->open)) best = std::move(pair);
    }
    i += c == '\\' ? 2 : 1;
  }
  return best;
}

}  // namespace

Result<std::vector<std::string>> expand_braces(std::string_view pattern) {
  std::vector<std::string> out;
  std::vector<std::string> todo = {std::string(pattern)};
  while (!todo.empty()) {
    const auto current = std::move(todo.back());
    todo.pop_back();
    auto braces = find_braces(current, 0);
    if (!braces) {
      out.push_back(current);
      continue;
    }
    const auto whole = std::string_view(current);
    auto ends = std::move(braces->commas);
    ends.push_back(braces->close);
    if (out.size() + todo.size() + ends.size() > max_alternatives) {
      return fail(ErrorKind::failure, fmt::format("the pattern stands for more than {} patterns", max_alternatives),
                  "use fewer braces");
    }
    // Last alternative first: the first one is then taken off the end next, which keeps the order.
    for (auto i = ends.size(); i-- > 0;) {
      const auto begin = i == 0 ? braces->open + 1 : ends[i - 1] + 1;
      todo.push_back(fmt::format("{}{}{}", whole.substr(0, braces->open), whole.substr(begin, ends[i] - begin),
                                 whole.substr(braces->close + 1)));
    }
  }
  return out;
}

namespace {

// Trailing blanks go, unless the last of them is quoted by a backslash.
std::string_view without_trailing_blanks(std::string_view line) {
  const auto last = line.find_last_not_of(" \t");
  if (last == std::string_view::npos) return {};
  std::size_t backslashes = 0;
  while (backslashes <= last && line[last - backslashes] == '\\') ++backslashes;
  const bool quoted = backslashes % 2 == 1 && last + 1 < line.size();
  return line.substr(0, last + (quoted ? 2 : 1));
}

}  // namespace

std::optional<IgnorePattern> IgnorePattern::parse(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with('#')) return std::nullopt;
  line = without_trailing_blanks(line);
  const bool negated = line.starts_with('!');
  if (negated) line.remove_prefix(1);
  const bool directory_only = line.ends_with('/');
  if (directory_only) line.remove_suffix(1);
  const bool base_name_only = line.find('/') == std::string_view::npos;
  if (line.starts_with('/')) line.remove_prefix(1);
  if (line.empty()) return std::nullopt;
  // "**" alone is just a star over the name.
  IgnorePattern out(base_name_only && line == "**" ? std::string_view("*") : line);
  out.negated_ = negated;
  out.directory_only_ = directory_only;
  out.base_name_only_ = base_name_only;
  return out;
}

bool IgnorePattern::matches(std::string_view path, EntryKind kind) const {
  if (directory_only_ && kind != EntryKind::directory) return false;
  if (!base_name_only_) return pattern_.matches(path);
  return pattern_.matches(path.substr(path.rfind('/') + 1));
}

bool IgnorePattern::covers(std::string_view path, EntryKind kind) const {
  if (matches(path, kind)) return true;
  for (auto slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
    if (matches(path.substr(0, slash), EntryKind::directory)) return true;
  }
  return false;
}

IgnoreList IgnoreList::parse(std::string_view content) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (content.starts_with(byte_order_mark)) content.remove_prefix(byte_order_mark.size());
  IgnoreList out;
  for (const auto& line : text::lines(content)) {
    if (auto pattern = IgnorePattern::parse(line)) out.patterns_.push_back(*std::move(pattern));
  }
  return out;
}

IgnoreList::Verdict IgnoreList::verdict(std::string_view path, EntryKind kind) const {
  const auto decided = std::find_if(patterns_.rbegin(), patterns_.rend(),
                                    [&](const IgnorePattern& pattern) { return pattern.matches(path, kind); });
  if (decided == patterns_.rend()) return Verdict::unmentioned;
  return decided->negated() ? Verdict::kept : Verdict::ignored;
}

}  // namespace errand::glob
