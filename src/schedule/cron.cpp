#include "schedule/cron.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/try.hpp"

namespace errand::schedule {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::sys_seconds;

namespace {

constexpr std::size_t max_expression_bytes = 1000;
// The 29th of February on a given weekday comes again within forty years (1900 and 2100 apart).
constexpr days horizon{366 * 41};
constexpr std::uint32_t every_hour = (1U << 24U) - 1;

constexpr std::array<std::string_view, 12> month_names = {"jan", "feb", "mar", "apr", "may", "jun",
                                                          "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> weekday_names = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct FieldKind {
  std::string_view name;
  int min;
  int max;
  std::span<const std::string_view> names{};  // of the values from `min`
};
constexpr std::array<FieldKind, 5> fields = {{{"minute", 0, 59},
                                              {"hour", 0, 23},
                                              {"day of month", 1, 31},
                                              {"month", 1, 12, month_names},
                                              {"day of week", 0, 7, weekday_names}}};

struct Nickname {
  std::string_view name;
  std::string_view meaning;
};
constexpr std::array nicknames = {Nickname{"@hourly", "0 * * * *"},   Nickname{"@daily", "0 0 * * *"},
                                  Nickname{"@midnight", "0 0 * * *"}, Nickname{"@weekly", "0 0 * * 0"},
                                  Nickname{"@monthly", "0 0 1 * *"},  Nickname{"@yearly", "0 0 1 1 *"},
                                  Nickname{"@annually", "0 0 1 1 *"}};

tl::unexpected<Error> bad_field(const FieldKind& kind, std::string_view text, std::string_view wrong) {
  return fail(ErrorKind::usage, fmt::format("the {} \"{}\" {}", kind.name, text, wrong),
              "as in crontab(5): minute hour day-of-month month day-of-week, such as \"30 3 * * mon-fri\"");
}

std::optional<int> number_of(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  int out = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    out = out * 10 + (c - '0');
  }
  return out;
}

Result<int> value_of(const FieldKind& kind, std::string_view text) {
  const auto name = std::ranges::find(kind.names, text::lower(text));
  if (name != kind.names.end()) return kind.min + static_cast<int>(name - kind.names.begin());
  const auto number = number_of(text);
  if (!number) return bad_field(kind, text, "is no value of it");
  if (*number < kind.min || *number > kind.max) {
    return bad_field(kind, text, fmt::format("is not within {} to {}", kind.min, kind.max));
  }
  return *number;
}

// One of a list: "*", "5", "1-5", each range with "/step".
Result<std::uint64_t> part_of(const FieldKind& kind, std::string_view part) {
  const auto slash = part.find('/');
  const auto range = part.substr(0, slash);
  const auto dash = range.find('-');
  int from = kind.min;
  int to = kind.max;
  if (range != "*") {
    ERRAND_TRY_ASSIGN(from, value_of(kind, range.substr(0, dash)));
    to = from;
    if (dash != std::string_view::npos) {
      ERRAND_TRY_ASSIGN(to, value_of(kind, range.substr(dash + 1)));
    }
    if (to < from) return bad_field(kind, range, "ends before it begins");
  }
  int step = 1;
  if (slash != std::string_view::npos) {
    if (range != "*" && dash == std::string_view::npos) return bad_field(kind, part, "has a step without a range");
    const auto given = number_of(part.substr(slash + 1));
    if (!given || *given == 0) return bad_field(kind, part, "has no step behind its /");
    step = *given;
  }
  std::uint64_t out = 0;
  for (int value = from; value <= to; value += step) out |= std::uint64_t{1} << static_cast<unsigned>(value);
  return out;
}

Result<std::uint64_t> set_of(const FieldKind& kind, std::string_view text) {
  std::uint64_t out = 0;
  for (const auto& part : text::split(text, ',')) {
    if (part.empty()) return bad_field(kind, text, "has an empty part");
    ERRAND_TRY_ASSIGN(const auto bits, part_of(kind, part));
    out |= bits;
  }
  return out;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  for (const char c : text) {
    if (c != ' ' && c != '\t') {
      word += c;
    } else if (!word.empty()) {
      out.push_back(std::exchange(word, {}));
    }
  }
  if (!word.empty()) out.push_back(word);
  return out;
}

Result<std::string_view> without_nickname(std::string_view text) {
  if (!text.starts_with('@')) return text;
  const auto known = std::ranges::find(nicknames, text::lower(text), &Nickname::name);
  if (known != nicknames.end()) return known->meaning;
  if (text == "@reboot") {
    return fail(ErrorKind::usage, "@reboot is no time", "an entry of crontab(5) can start errand run at boot");
  }
  std::vector<std::string> names;
  for (const auto& nickname : nicknames) names.emplace_back(nickname.name);
  return fail(ErrorKind::usage, fmt::format("\"{}\" is no time", text), text::suggest(text, names, "names"));
}

constexpr bool has(std::uint64_t set, unsigned value) {
  return (set >> value & 1U) != 0;
}

bool matches_day(const CronExpression& cron, local_days day) {
  const std::chrono::year_month_day date(day);
  if (!has(cron.months, static_cast<unsigned>(date.month()))) return false;
  const bool by_day = has(cron.days, static_cast<unsigned>(date.day()));
  const bool by_weekday = has(cron.weekdays, std::chrono::weekday(day).c_encoding());
  return cron.any_day || cron.any_weekday ? by_day && by_weekday : by_day || by_weekday;
}

// By what clocks show. Later local times are no earlier moments, so the first that is after `after` is the next.
std::optional<sys_seconds> next_shown(const CronExpression& cron, const TimeZone& zone, sys_seconds after) {
  const auto from = zone.to_local(after);
  const auto first = std::chrono::floor<days>(from);
  for (auto day = first; day < first + horizon; day += days(1)) {
    if (!matches_day(cron, day)) continue;
    for (unsigned hour = 0; hour < 24; ++hour) {
      if (!has(cron.hours, hour)) continue;
      for (unsigned minute = 0; minute < 60; ++minute) {
        const auto local = day + hours(hour) + minutes(minute);
        if (!has(cron.minutes, minute) || local <= from) continue;
        if (const auto at = zone.to_utc(local); at > after) return at;
      }
    }
  }
  return std::nullopt;
}

// By the minutes that pass.
std::optional<sys_seconds> next_passing(const CronExpression& cron, const TimeZone& zone, sys_seconds after) {
  const auto end = after + horizon;
  for (sys_seconds at = std::chrono::floor<minutes>(after) + minutes(1); at < end;) {
    const auto local = zone.to_local(at);
    const auto day = std::chrono::floor<days>(local);
    if (!matches_day(cron, day)) {
      at = std::max<sys_seconds>(zone.to_utc(day + days(1)), at + minutes(1));
      continue;
    }
    const auto minute = std::chrono::floor<minutes>(local - day).count() % 60;
    if (has(cron.minutes, static_cast<unsigned>(minute))) return at;
    at += minutes(1);
  }
  return std::nullopt;
}

}  // namespace

Result<CronExpression> CronExpression::parse(std::string_view text) {
  if (text.size() > max_expression_bytes) return fail(ErrorKind::usage, "the time is too long for a cron expression");
  ERRAND_TRY_ASSIGN(const auto meaning, without_nickname(text::trim(text)));
  const auto words = words_of(meaning);
  if (words.size() != fields.size()) {
    return fail(ErrorKind::usage,
                fmt::format("\"{}\" is no time: it has {}, not 5", text, text::count_of(words.size(), "field")),
                "write minute hour day-of-month month day-of-week (\"30 3 * * mon-fri\"), @daily, or \"every 15m\"");
  }
  std::array<std::uint64_t, fields.size()> sets{};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    ERRAND_TRY_ASSIGN(sets[i], set_of(fields[i], words[i]));
  }
  CronExpression out;
  out.minutes = sets[0];
  out.hours = static_cast<std::uint32_t>(sets[1]);
  out.days = static_cast<std::uint32_t>(sets[2]);
  out.months = static_cast<std::uint16_t>(sets[3]);
  out.weekdays = static_cast<std::uint8_t>((sets[4] | sets[4] >> 7U) & 0x7FU);  // Sunday is 0 and 7
  out.any_day = words[2].starts_with('*');
  out.any_weekday = words[4].starts_with('*');
  if (!out.next_after(TimeZone(), sys_seconds{})) {
    return fail(ErrorKind::usage, fmt::format("\"{}\" never comes: no such month has that day", text));
  }
  return out;
}

std::optional<sys_seconds> CronExpression::next_after(const TimeZone& zone, sys_seconds after) const {
  return hours == every_hour ? next_passing(*this, zone, after) : next_shown(*this, zone, after);
}

}  // namespace errand::schedule
