#include "http/retry.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <string_view>

#include "base/text.hpp"

namespace errand::http {

namespace {

using std::chrono::milliseconds;

constexpr std::array never_retried = {400, 401, 403, 404, 413};

// Longer wishes are all the same (and would not fit a timer).
constexpr double longest_readable_seconds = 366.0 * 24 * 3600;

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (error != std::errc() || rest != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

// Takes `digits` digits from the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + digits, value);
  if (error != std::errc() || rest != text.data() + digits || value < 0) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

std::optional<int> take_month(std::string_view& text) {
  constexpr std::string_view names = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto at = text.size() < 3 ? std::string_view::npos : names.find(text.substr(0, 3));
  if (at == std::string_view::npos || at % 3 != 0) return std::nullopt;
  text.remove_prefix(3);
  return static_cast<int>(at / 3) + 1;
}

// The parts of an HTTP date. Each reader consumes its part or sets `bad`.
struct DateReader {
  std::string_view text;
  bool bad = false;
  int year = 0;
  int month = 0;
  int day = 0;
  std::chrono::seconds time_of_day{0};

  int number(std::size_t digits) {
    const auto value = take_number(text, digits);
    bad = bad || !value;
    return value.value_or(0);
  }
  void literal(std::string_view expected) { bad = !take(text, expected) || bad; }
  void read_month() {
    const auto value = take_month(text);
    bad = bad || !value;
    month = value.value_or(0);
  }
  void read_time() {
    const int hour = number(2);
    literal(":");
    const int minute = number(2);
    literal(":");
    const int second = number(2);
    bad = bad || hour > 23 || minute > 59 || second > 60;
    time_of_day = std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
  }
};

// "Sun, 06 Nov 1994 08:49:37 GMT", after the comma.
void read_fixdate(DateReader& date) {
  date.day = date.number(2);
  date.literal(" ");
  date.read_month();
  date.literal(" ");
  date.year = date.number(4);
  date.literal(" ");
  date.read_time();
  date.literal(" GMT");
}

// "Sunday, 06-Nov-94 08:49:37 GMT", after the comma. No wait looks back fifty years, so the century is ours.
void read_rfc850(DateReader& date) {
  date.day = date.number(2);
  date.literal("-");
  date.read_month();
  date.literal("-");
  date.year = 2000 + date.number(2);
  date.literal(" ");
  date.read_time();
  date.literal(" GMT");
}

// "Sun Nov  6 08:49:37 1994", after the weekday.
void read_asctime(DateReader& date) {
  date.read_month();
  date.literal(" ");
  date.day = take(date.text, " ") ? date.number(1) : date.number(2);
  date.literal(" ");
  date.read_time();
  date.literal(" ");
  date.year = date.number(4);
}

std::optional<Timestamp> parse_http_date(std::string_view text) {
  const auto space = text.find(' ');
  if (space == std::string_view::npos || space == 0) return std::nullopt;
  DateReader date{.text = text.substr(space + 1)};
  if (text[space - 1] != ',') {
    read_asctime(date);
  } else if (date.text.size() > 2 && date.text[2] == '-') {
    read_rfc850(date);
  } else {
    read_fixdate(date);
  }
  const std::chrono::year_month_day day(std::chrono::year(date.year),
                                        std::chrono::month(static_cast<unsigned>(date.month)),
                                        std::chrono::day(static_cast<unsigned>(date.day)));
  if (date.bad || !date.text.empty() || !day.ok()) return std::nullopt;
  return Timestamp(std::chrono::sys_days(day) + date.time_of_day);
}

std::optional<milliseconds> as_wish(double ms) {
  if (!(ms > 0)) return std::nullopt;
  return milliseconds(static_cast<std::int64_t>(std::ceil(std::min(ms, longest_readable_seconds * 1000))));
}

std::optional<milliseconds> seconds_or_date(std::string_view value, Timestamp now) {
  if (const auto seconds = parse_number(value)) return as_wish(*seconds * 1000);
  const auto date = parse_http_date(value);
  if (!date) return std::nullopt;
  return as_wish(static_cast<double>((*date - now).count()));
}

}  // namespace

bool is_retryable(const ResponseHead& response) {
  const int status = response.status;
  if (status < 400 || std::ranges::find(never_retried, status) != never_retried.end()) return false;
  const auto wish = response.header("x-should-retry");
  if (wish == "true") return true;
  if (wish == "false") return false;
  return status == 408 || status == 409 || status == 429 || status >= 500;
}

std::optional<milliseconds> requested_wait(const ResponseHead& response, Timestamp now) {
  if (const auto value = response.header("retry-after-ms")) {
    const auto ms = parse_number(text::trim(*value));
    const auto wish = ms ? as_wish(*ms) : std::nullopt;
    if (wish) return wish;
  }
  const auto value = response.header("retry-after");
  return value ? seconds_or_date(text::trim(*value), now) : std::nullopt;
}

milliseconds backoff(const RetryPolicy& policy, int tries, double random) {
  const int doublings = std::clamp(tries - 1, 0, 30);
  const double longest = static_cast<double>(policy.longest_wait.count());
  const double wait = std::min(std::ldexp(static_cast<double>(policy.first_wait.count()), doublings), longest);
  return milliseconds(static_cast<std::int64_t>(wait * (1 - 0.25 * std::clamp(random, 0.0, 1.0))));
}

std::optional<milliseconds> retry_wait(const RetryPolicy& policy, int tries, const ResponseHead& response,
                                       Timestamp now, double random) {
  if (tries >= policy.attempts || !is_retryable(response)) return std::nullopt;
  const auto wish = requested_wait(response, now);
  if (!wish) return backoff(policy, tries, random);
  if (*wish > policy.longest_server_wait) return std::nullopt;
  return wish;
}

std::optional<milliseconds> retry_wait(const RetryPolicy& policy, int tries, const Error& error, double random) {
  if (tries >= policy.attempts || !error.retryable) return std::nullopt;
  return backoff(policy, tries, random);
}

Result<void> wait_for(milliseconds duration, const Call& call) {
  const Call narrowed = call.within(duration);
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_until(lock, call.stop, narrowed.deadline, [] { return false; });
  return call.check();
}

}  // namespace errand::http
