#include "schedule/cron.hpp"

#include <vector>

#include <catch2/catch.hpp>

#include "base/text.hpp"
#include "zones.hpp"

using namespace errand;
using namespace errand::schedule;

namespace {

// The next `count` times, as UTC.
std::string next_times(const std::string& text, const std::string& zone, const std::string& after, int count) {
  const auto cron = CronExpression::parse(text).value();
  const auto place = zone_named(zone);
  std::vector<std::string> out;
  auto moment = at(after);
  for (int i = 0; i < count; ++i) {
    moment = cron.next_after(place, moment).value();
    out.push_back(shown(moment).substr(5, 11));
  }
  return text::join(out, " ");
}

struct Row {
  const char* cron;
  const char* zone;
  const char* after;
  const char* expected;  // MM-DDThh:mm in UTC
};

}  // namespace

TEST_CASE("cron: the next times of an expression", "[schedule][cron]") {
  const auto row = GENERATE(values<Row>({
      {"* * * * *", "UTC", "2026-11-22T10:00:30Z", "11-22T10:01 11-22T10:02"},
      {"*/15 * * * *", "UTC", "2026-11-22T10:15:00Z", "11-22T10:30 11-22T10:45 11-22T11:00"},
      {"5-20/5,50 8 * * *", "UTC", "2026-11-22T08:10:00Z", "11-22T08:15 11-22T08:20 11-22T08:50 11-23T08:05"},
      {"30 3 * * mon-fri", "UTC", "2026-11-20T03:30:00Z", "11-23T03:30 11-24T03:30"},
      {"0 0 * * 7", "UTC", "2026-11-22T00:00:00Z", "11-29T00:00"},
      {"0 0 * * SUN", "UTC", "2026-11-20T00:00:00Z", "11-22T00:00"},
      {"0 12 1 jan,JUL *", "UTC", "2026-11-22T00:00:00Z", "01-01T12:00 07-01T12:00"},
      {"0 0 29 2 *", "UTC", "2026-11-22T00:00:00Z", "02-29T00:00"},
      {"0 0 31 * *", "UTC", "2026-11-22T00:00:00Z", "12-31T00:00 01-31T00:00 03-31T00:00"},
      {"0 0 13 * fri", "UTC", "2026-11-10T00:00:00Z", "11-13T00:00 11-20T00:00 11-27T00:00"},  // either is enough
      {"0 0 */2 * mon", "UTC", "2026-11-22T00:00:00Z", "11-23T00:00 12-07T00:00"},             // both, as '*' says
      {"@daily", "Europe/Berlin", "2026-11-22T00:00:00Z", "11-22T23:00 11-23T23:00"},
      {"@hourly", "Asia/Kolkata", "2026-11-22T00:00:00Z", "11-22T00:30 11-22T01:30"},
      {" 0\t9  * * * ", "Europe/Berlin", "2026-11-22T00:00:00Z", "11-22T08:00"},
  }));
  CAPTURE(row.cron, row.zone, row.after);
  const auto count = static_cast<int>(text::split(row.expected, ' ').size());
  CHECK(next_times(row.cron, row.zone, row.after, count) == row.expected);
}

// Berlin: 2026-03-29 02:00 -> 03:00 (01:00Z), 2026-10-25 03:00 -> 02:00 (01:00Z).
TEST_CASE("cron: the nights on which clocks change", "[schedule][cron]") {
  const auto row = GENERATE(values<Row>({
      // A time that is passed over runs once, right after the change.
      {"30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "03-29T01:00 03-30T00:30"},
      {"*/20 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "03-29T01:00 03-30T00:00 03-30T00:20"},
      {"0 2,3 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "03-29T01:00 03-30T00:00 03-30T01:00"},
      {"59 1 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "03-29T00:59 03-29T23:59"},
      // A time that is shown twice runs the first time.
      {"30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "10-25T00:30 10-26T01:30"},
      {"30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "10-26T01:30"},
      {"0 3 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "10-25T02:00"},
      {"0 */2 * * *", "Europe/Berlin", "2026-10-24T21:30:00Z", "10-24T22:00 10-25T00:00 10-25T03:00"},
      // What runs every hour goes by the hours that pass.
      {"0 * * * *", "Europe/Berlin", "2026-10-24T23:30:00Z", "10-25T00:00 10-25T01:00 10-25T02:00"},
      {"30 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", "03-29T00:30 03-29T01:30"},
      {"*/30 * 25 10 *", "Europe/Berlin", "2026-10-25T00:10:00Z", "10-25T00:30 10-25T01:00 10-25T01:30 10-25T02:00"},
      // Midnight that is not there: Santiago goes from 24:00 to 01:00.
      {"0 0 * * *", "America/Santiago", "2026-09-05T12:00:00Z", "09-06T04:00 09-07T03:00"},
      {"0 * 6 9 *", "America/Santiago", "2026-09-05T12:00:00Z", "09-06T04:00 09-06T05:00"},
      // A whole day that is not there.
      {"0 12 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z", "12-30T10:00 12-29T22:00"},
  }));
  CAPTURE(row.cron, row.zone, row.after);
  const auto count = static_cast<int>(text::split(row.expected, ' ').size());
  CHECK(next_times(row.cron, row.zone, row.after, count) == row.expected);
}

TEST_CASE("cron: what is no expression says which field and why", "[schedule][cron]") {
  struct Wrong {
    const char* text;
    const char* says;
  };
  const auto row = GENERATE(values<Wrong>({{"", "0 fields"},
                                           {"* * * *", "4 fields"},
                                           {"0 0 12 * * ?", "6 fields"},
                                           {"60 * * * *", "the minute \"60\" is not within 0 to 59"},
                                           {"* 24 * * *", "the hour \"24\""},
                                           {"* * 0 * *", "the day of month \"0\""},
                                           {"* * * 13 *", "the month \"13\""},
                                           {"* * * * 8", "the day of week \"8\""},
                                           {"* * * foo *", "the month \"foo\" is no value"},
                                           {"* * * * fri-mon", "ends before it begins"},
                                           {"5/10 * * * *", "step without a range"},
                                           {"*/0 * * * *", "no step"},
                                           {"*/ * * * *", "no step"},
                                           {"1,,2 * * * *", "empty part"},
                                           {"1- * * * *", "is no value"},
                                           {"-1 * * * *", "is no value"},
                                           {"** * * * *", "is no value"},
                                           {"0 0 30 2 *", "never comes"},
                                           {"0 0 31 4,6,9,11 *", "never comes"},
                                           {"@reboot", "no time"},
                                           {"@dayly", "no time"}}));
  CAPTURE(row.text);
  const auto parsed = CronExpression::parse(row.text);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().kind == ErrorKind::usage);
  CHECK_THAT(parsed.error().message, Catch::Contains(row.says));
}
