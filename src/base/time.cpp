#include "base/time.hpp"

#include <array>
#include <charconv>
#include <ctime>

#include <fmt/format.h>

namespace errand {

namespace {

using std::chrono::milliseconds;

struct Unit {
  std::string_view name;
  double milliseconds;
};

constexpr std::array units = {Unit{"ms", 1},    Unit{"s", 1e3},    Unit{"m", 6e4},
                              Unit{"h", 3.6e6}, Unit{"d", 8.64e7}, Unit{"w", 6.048e8}};

// Longer than this is a typing mistake, and would overflow a steady clock's range.
constexpr double max_duration_ms = 8.64e7 * 3650;

tl::unexpected<Error> bad_duration(std::string_view text) {
  return fail(ErrorKind::usage, fmt::format("\"{}\" is not a duration", text), "write it as 30s, 15m, 1h30m or 250ms");
}

}  // namespace

Timestamp now() {
  return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
}

std::string to_rfc3339(Timestamp at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(at - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

std::optional<Timestamp> parse_rfc3339(std::string_view text) {
  std::tm parts{};
  int ms = 0;
  const std::string copy(text);
  int used = 0;
  if (std::sscanf(copy.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &parts.tm_year, &parts.tm_mon, &parts.tm_mday,
                  &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &used) != 6) {
    return std::nullopt;
  }
  auto rest = std::string_view(copy).substr(static_cast<std::size_t>(used));
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    int scale = 100;
    while (!rest.empty() && rest.front() >= '0' && rest.front() <= '9') {
      ms += (rest.front() - '0') * scale;
      scale /= 10;
      rest.remove_prefix(1);
    }
  }
  int offset_minutes = 0;
  if (rest.size() == 6 && (rest[0] == '+' || rest[0] == '-')) {
    offset_minutes = ((rest[1] - '0') * 10 + (rest[2] - '0')) * 60 + (rest[4] - '0') * 10 + (rest[5] - '0');
    if (rest[0] == '-') offset_minutes = -offset_minutes;
  } else if (rest != "Z" && rest != "z") {
    return std::nullopt;
  }
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  const auto seconds = timegm(&parts) - static_cast<std::time_t>(offset_minutes) * 60;
  return Timestamp(milliseconds(static_cast<long long>(seconds) * 1000 + ms));
}

Result<milliseconds> parse_duration(std::string_view text) {
  double total = 0;
  auto rest = text;
  if (rest.empty()) return bad_duration(text);
  while (!rest.empty()) {
    double number = 0;
    const auto [end, status] =
        std::from_chars(rest.data(), rest.data() + rest.size(), number, std::chars_format::fixed);
    if (status != std::errc{} || number < 0) return bad_duration(text);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const auto name = rest.substr(0, rest.find_first_of("0123456789."));
    double scale = 0;
    for (const auto& unit : units) {
      if (unit.name == name) scale = unit.milliseconds;
    }
    if (name.empty() && total == 0) scale = 1e3;
    if (scale == 0) return bad_duration(text);
    total += number * scale;
    rest.remove_prefix(name.size());
  }
  if (total > max_duration_ms) {
    return fail(ErrorKind::usage, fmt::format("the duration \"{}\" is too long", text), "ten years at the most");
  }
  return milliseconds(static_cast<milliseconds::rep>(total));
}

std::string format_duration(milliseconds d) {
  const auto ms = d.count();
  const auto seconds = ms / 1000;
  if (ms < 10'000) return fmt::format("{:.1f}s", static_cast<double>(ms) / 1000);
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return fmt::format("{}m{:02}s", seconds / 60, seconds % 60);
  if (seconds < 86400) return fmt::format("{}h{:02}m", seconds / 3600, seconds / 60 % 60);
  return fmt::format("{}d", seconds / 86400);
}

std::string format_age(Timestamp then, Timestamp now) {
  const auto seconds = (now - then).count() / 1000;
  if (seconds < 60) return "now";
  if (seconds < 3600) return fmt::format("{}m", seconds / 60);
  if (seconds < 86400) return fmt::format("{}h", seconds / 3600);
  if (seconds < 60LL * 86400) return fmt::format("{}d", seconds / 86400);
  return to_rfc3339(then).substr(0, 10);
}

}  // namespace errand
