#include "schedule/timetable.hpp"

#include <catch2/catch.hpp>

#include "zones.hpp"

using namespace errand;
using namespace errand::schedule;
using std::chrono::minutes;
using std::chrono::seconds;

TEST_CASE("timetable: intervals count from their begin, whatever clocks show", "[schedule]") {
  const auto table = Timetable::parse("every 90m").value();
  const auto berlin = zone_named("Europe/Berlin");
  const auto begin = at("2026-10-24T22:05:00Z");
  CHECK(table.next_after(berlin, begin, begin) == at("2026-10-24T23:35:00Z"));
  CHECK(table.next_after(berlin, begin, at("2026-10-25T00:00:00Z")) == at("2026-10-25T01:05:00Z"));
  CHECK(table.next_after(berlin, begin, at("2026-10-01T00:00:00Z")) == begin);
}

TEST_CASE("timetable: what is neither an interval nor an expression is refused", "[schedule]") {
  for (const auto* wrong : {"", "every", "every ", "every 30s", "every 90s", "every -5m", "every 0m", "daily", "15m"}) {
    CAPTURE(wrong);
    const auto parsed = Timetable::parse(wrong);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().kind == ErrorKind::usage);
  }
  CHECK(Timetable::parse("Every 1h30m").value() == Timetable::parse(" every 90m ").value());
}

TEST_CASE("timetable: a delay is the same for a name each time, and within its bound", "[schedule]") {
  CHECK(delay_of("nightly", seconds(0)) == seconds(0));
  CHECK(delay_of("nightly", minutes(10)) == delay_of("nightly", minutes(10)));
  bool differs = false;
  for (const auto* name : {"a", "b", "c", "nightly", "weekly"}) {
    const auto delay = delay_of(name, minutes(10));
    CHECK(delay >= seconds(0));
    CHECK(delay <= minutes(10));
    differs = differs || delay != delay_of("a", minutes(10));
  }
  CHECK(differs);
}

TEST_CASE("timetable: what is due is the newest time, those before it were missed", "[schedule]") {
  const auto hourly = Timetable::parse("0 * * * *").value();
  const TimeZone utc;
  Planned planned{.timetable = hourly, .zone = utc, .begin = {}, .handled = at("2026-11-22T08:00:00Z")};
  CHECK_FALSE(due(planned, at("2026-11-22T08:59:59Z")));
  CHECK(due(planned, at("2026-11-22T09:00:00Z")) == Due{at("2026-11-22T09:00:00Z"), 0});
  CHECK(due(planned, at("2026-11-22T12:30:00Z")) == Due{at("2026-11-22T12:00:00Z"), 3});

  SECTION("with a delay, a time is due that much later") {
    planned.delay = minutes(10);
    CHECK_FALSE(due(planned, at("2026-11-22T09:09:59Z")));
    CHECK(due(planned, at("2026-11-22T09:10:00Z")) == Due{at("2026-11-22T09:00:00Z"), 0});
  }
  SECTION("a clock that was set back makes nothing due again") {
    planned.handled = due(planned, at("2026-11-22T12:30:00Z"))->newest;
    CHECK_FALSE(due(planned, at("2026-11-22T11:00:00Z")));
    CHECK_FALSE(due(planned, at("2026-11-22T12:00:00Z")));
    CHECK(due(planned, at("2026-11-22T13:00:00Z")) == Due{at("2026-11-22T13:00:00Z"), 0});
  }
  SECTION("more than can be counted are caught up with at once") {
    const auto later = at("2027-11-22T08:30:00Z");
    const auto newest = at("2027-11-22T08:00:00Z");
    CHECK(due(planned, later) == Due{newest, max_missed});
    planned.handled = newest;
    CHECK_FALSE(due(planned, later));
  }
  SECTION("of very many, the newest is still one of its own times") {
    const auto berlin = zone_named("Europe/Berlin");
    for (const auto* when : {"30 3 * * *", "* 3 * * 1", "*/7 0-4 * 1-6 *", "every 17m"}) {
      CAPTURE(when);
      const auto timetable = Timetable::parse(when).value();
      const Planned long_ago{.timetable = timetable,
                             .zone = berlin,
                             .begin = at("2016-01-01T00:00:00Z"),
                             .handled = at("2016-01-01T00:00:00Z")};
      const auto now = at("2026-11-22T08:41:07Z");
      const auto found = due(long_ago, now);
      REQUIRE(found);
      CHECK(found->missed == max_missed);
      CHECK(found->newest <= now);
      CHECK(timetable.next_after(berlin, long_ago.begin, found->newest - seconds(1)) == found->newest);
      const auto next = timetable.next_after(berlin, long_ago.begin, found->newest);
      CHECK((!next || *next > now));
    }
  }
}
