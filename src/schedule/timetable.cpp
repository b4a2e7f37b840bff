#include "schedule/timetable.hpp"

#include <charconv>

#include <fmt/format.h>

#include "base/overloaded.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "base/try.hpp"

namespace errand::schedule {

using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

constexpr std::string_view every = "every ";
constexpr std::size_t hash_digits = 15;  // of 16 in 64 bits: never negative

Result<minutes> interval_of(std::string_view text) {
  ERRAND_TRY_ASSIGN(const auto length, parse_duration(text));
  const auto out = std::chrono::duration_cast<minutes>(length);
  if (out == length && out >= minutes(1)) return out;
  return fail(ErrorKind::usage, fmt::format("\"every {}\" is no whole number of minutes", text),
              "a schedule is looked at once a minute");
}

}  // namespace

Result<Timetable> Timetable::parse(std::string_view text) {
  Timetable out;
  const auto trimmed = text::trim(text);
  if (text::lower(trimmed).starts_with(every)) {
    ERRAND_TRY_ASSIGN(out.when_, interval_of(text::trim(trimmed.substr(every.size()))));
  } else {
    ERRAND_TRY_ASSIGN(out.when_, CronExpression::parse(trimmed));
  }
  return out;
}

std::optional<sys_seconds> Timetable::next_after(const TimeZone& zone, sys_seconds begin, sys_seconds after) const {
  return std::visit(overloaded{[&](const CronExpression& cron) { return cron.next_after(zone, after); },
                               [&](minutes interval) -> std::optional<sys_seconds> {
                                 if (after < begin) return begin;
                                 return begin + ((after - begin) / interval + 1) * interval;
                               }},
                    when_);
}

seconds delay_of(std::string_view name, seconds jitter) {
  if (jitter.count() <= 0) return seconds(0);
  const auto digits = sha256_hex(name).substr(0, hash_digits);
  std::int64_t hash = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), hash, 16);
  return seconds(hash % (jitter.count() + 1));
}

namespace {

// The newest time up to `latest`, when `known` is one of them. Not by counting: there may be very many.
sys_seconds newest_of(const Planned& planned, sys_seconds known, sys_seconds latest) {
  auto out = known;
  auto end = latest;  // no time lies behind it, up to `latest`
  while (out < end) {
    const auto middle = out + (end - out) / 2;
    const auto next = planned.timetable.next_after(planned.zone, planned.begin, middle);
    if (next && *next <= latest) {
      out = *next;
    } else {
      end = middle;
    }
  }
  return out;
}

}  // namespace

std::optional<Due> due(const Planned& planned, sys_seconds now) {
  const auto latest = now - planned.delay;
  Due out{planned.handled, 0};
  std::size_t count = 0;
  for (; count <= max_missed; ++count) {
    const auto next = planned.timetable.next_after(planned.zone, planned.begin, out.newest);
    if (!next || *next > latest) break;
    out.newest = *next;
  }
  if (count == 0) return std::nullopt;
  if (count > max_missed) out.newest = newest_of(planned, out.newest, latest);
  out.missed = count - 1;
  return out;
}

}  // namespace errand::schedule
