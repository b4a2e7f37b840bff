#include "schedule/time_zone.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace errand::schedule {

using std::chrono::days;
using std::chrono::local_seconds;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

namespace {

constexpr std::uint32_t max_changes = 100'000;  // tzdata's largest zone has some hundreds
constexpr std::int32_t max_offset_seconds = 26 * 3600;

// Reads text from its front; what does not fit leaves `failed` set.
class Text {
 public:
  explicit Text(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] char next() const { return rest_.empty() ? '\0' : rest_.front(); }

  bool take(char c) {
    if (next() != c || rest_.empty()) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void want(char c) {
    if (!take(c)) failed_ = true;
  }

  int number(int min, int max) {
    int out = 0;
    std::size_t digits = 0;
    while (next() >= '0' && next() <= '9' && digits < 4) {
      out = out * 10 + (next() - '0');
      rest_.remove_prefix(1);
      ++digits;
    }
    if (digits == 0 || out < min || out > max) failed_ = true;
    return std::clamp(out, min, max);
  }

  // An abbreviation: letters, or anything between '<' and '>'.
  void name() {
    const bool quoted = take('<');
    std::size_t length = 0;
    while (!rest_.empty() && (quoted ? next() != '>' : is_letter(next()))) {
      rest_.remove_prefix(1);
      ++length;
    }
    if (quoted) want('>');
    if (length == 0) failed_ = true;
  }

  // [+-]hh[:mm[:ss]]
  seconds time(int max_hours) {
    const bool negative = take('-');
    if (!negative) take('+');
    seconds out = std::chrono::hours(number(0, max_hours));
    if (take(':')) out += std::chrono::minutes(number(0, 59));
    if (take(':')) out += seconds(number(0, 59));
    return negative ? -out : out;
  }

 private:
  static bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

  std::string_view rest_;
  bool failed_ = false;
};

YearlyChange read_change(Text& text) {
  YearlyChange out;
  if (text.take('M')) {
    out.month = text.number(1, 12);
    text.want('.');
    out.week = text.number(1, 5);
    text.want('.');
    out.day = text.number(0, 6);
  } else if (text.take('J')) {
    out.form = YearlyChange::Form::day_without_leap;
    out.day = text.number(1, 365);
  } else {
    out.form = YearlyChange::Form::day_with_leap;
    out.day = text.number(0, 365);
  }
  if (text.take('/')) out.time = text.time(167);
  return out;
}

sys_days day_of(const YearlyChange& change, std::chrono::year year) {
  using std::chrono::January;
  using std::chrono::March;
  if (change.form == YearlyChange::Form::day_with_leap) return sys_days(year / January / 1) + days(change.day);
  if (change.form == YearlyChange::Form::day_without_leap) {
    const auto day = sys_days(year / January / 1) + days(change.day - 1);
    return year.is_leap() && day >= sys_days(year / March / 1) - days(1) ? day + days(1) : day;
  }
  const auto month = year / std::chrono::month(static_cast<unsigned>(change.month));
  const std::chrono::weekday weekday(static_cast<unsigned>(change.day));
  if (change.week == 5) return sys_days(month / weekday[std::chrono::last]);
  return sys_days(month / weekday[static_cast<unsigned>(change.week)]);
}

seconds offset_by(const YearlyRule& rule, sys_seconds at) {
  if (!rule.begins || !rule.ends) return rule.standard;
  const auto local = at + rule.standard;
  const auto year = std::chrono::year_month_day(std::chrono::floor<days>(local)).year();
  const auto begin = day_of(*rule.begins, year) + rule.begins->time - rule.standard;
  const auto end = day_of(*rule.ends, year) + rule.ends->time - rule.summer;
  const bool summer = begin < end ? at >= begin && at < end : at >= begin || at < end;
  return summer ? rule.summer : rule.standard;
}

// Big-endian integers from the front of bytes that may be too few.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool failed() const { return failed_; }

  std::string_view take(std::size_t n) {
    if (n > rest_.size()) {
      failed_ = true;
      n = rest_.size();
    }
    const auto out = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return out;
  }

  std::uint64_t unsigned_of(std::size_t bytes) {
    std::uint64_t out = 0;
    for (const char c : take(bytes)) out = out << 8U | static_cast<unsigned char>(c);
    return out;
  }

  std::uint32_t u32() { return static_cast<std::uint32_t>(unsigned_of(4)); }
  std::int32_t i32() { return static_cast<std::int32_t>(u32()); }
  std::int64_t time(std::size_t bytes) {
    return bytes == 4 ? std::int64_t{i32()} : static_cast<std::int64_t>(unsigned_of(8));
  }

  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

struct Header {
  char version = '\0';
  std::uint32_t utc_marks = 0, standard_marks = 0, leaps = 0, changes = 0, types = 0, characters = 0;

  [[nodiscard]] std::size_t body_bytes(std::size_t time_bytes) const {
    return std::size_t{changes} * (time_bytes + 1) + std::size_t{types} * 6 + characters +
           std::size_t{leaps} * (time_bytes + 4) + standard_marks + utc_marks;
  }
};

std::optional<Header> read_header(Bytes& in) {
  if (in.take(4) != "TZif") return std::nullopt;
  Header out;
  const auto version = in.take(16);  // and what is reserved
  if (in.failed()) return std::nullopt;
  out.version = version.front();
  for (auto* count : {&out.utc_marks, &out.standard_marks, &out.leaps, &out.changes, &out.types, &out.characters}) {
    *count = in.u32();
  }
  if (in.failed() || out.types == 0 || out.changes > max_changes) return std::nullopt;
  return out;
}

tl::unexpected<Error> no_zone() {
  return fail(ErrorKind::failure, "the file is no time zone (TZif)");
}

}  // namespace

std::optional<YearlyRule> parse_yearly_rule(std::string_view written) {
  Text text(written);
  YearlyRule out;
  text.name();
  out.standard = -text.time(24);
  if (!text.at_end() && !text.failed()) {
    text.name();
    out.summer = out.standard + std::chrono::hours(1);
    if (text.next() != ',') out.summer = -text.time(24);
    text.want(',');
    out.begins = read_change(text);
    text.want(',');
    out.ends = read_change(text);
  }
  if (text.failed() || !text.at_end()) return std::nullopt;
  return out;
}

Result<TimeZone> TimeZone::parse(std::string_view bytes) {
  Bytes in(bytes);
  auto header = read_header(in);
  if (!header) return no_zone();
  std::size_t time_bytes = 4;
  if (header->version >= '2') {  // the same once more, with times of 64 bits
    in.take(header->body_bytes(time_bytes));
    header = read_header(in);
    if (!header) return no_zone();
    time_bytes = 8;
  }
  TimeZone out;
  std::vector<std::int64_t> times;
  for (std::uint32_t i = 0; i < header->changes && !in.failed(); ++i) times.push_back(in.time(time_bytes));
  const auto kinds = in.take(header->changes);
  std::vector<std::int32_t> offsets;
  for (std::uint32_t i = 0; i < header->types && !in.failed(); ++i) {
    offsets.push_back(in.i32());
    in.take(2);  // whether it is summer time, and its name
  }
  in.take(header->body_bytes(time_bytes) - std::size_t{header->changes} * (time_bytes + 1) -
          std::size_t{header->types} * 6);
  if (in.failed() || !std::ranges::is_sorted(times)) return no_zone();
  if (std::ranges::any_of(offsets, [](auto o) { return o > max_offset_seconds || o < -max_offset_seconds; })) {
    return no_zone();
  }
  for (std::size_t i = 0; i < times.size(); ++i) {
    const auto kind = static_cast<unsigned char>(kinds[i]);
    if (kind >= offsets.size()) return no_zone();
    out.changes_.push_back({times[i], offsets[kind]});
  }
  out.first_offset_ = offsets.front();
  auto footer = in.rest();
  if (time_bytes == 8 && footer.starts_with('\n')) {
    footer.remove_prefix(1);
    out.rule_ = parse_yearly_rule(footer.substr(0, footer.find('\n')));
  }
  return out;
}

seconds TimeZone::offset_at(sys_seconds at) const {
  const auto count = at.time_since_epoch().count();
  const auto after = std::ranges::upper_bound(changes_, count, {}, &Change::at);
  if (after == changes_.end() && rule_) return offset_by(*rule_, at);
  return seconds(after == changes_.begin() ? first_offset_ : std::prev(after)->offset);
}

local_seconds TimeZone::to_local(sys_seconds at) const {
  return local_seconds((at + offset_at(at)).time_since_epoch());
}

sys_seconds TimeZone::to_utc(local_seconds local) const {
  constexpr auto beyond_any_offset = std::chrono::hours(26);
  const sys_seconds written(local.time_since_epoch());
  const auto before = offset_at(written - beyond_any_offset);
  const auto after = offset_at(written + beyond_any_offset);
  std::optional<sys_seconds> first;
  for (const auto offset : {before, offset_at(written), after}) {
    const auto at = written - offset;
    if (offset_at(at) == offset && (!first || at < *first)) first = at;
  }
  if (first) return *first;
  // Clocks pass over it: the change lies between the moments that it would be with either offset.
  auto low = written - std::max(before, after);
  auto high = written - std::min(before, after);
  const auto old = offset_at(low);
  while (high - low > seconds(1)) {
    const auto middle = low + (high - low) / 2;
    (offset_at(middle) == old ? low : high) = middle;
  }
  return high;
}

}  // namespace errand::schedule
