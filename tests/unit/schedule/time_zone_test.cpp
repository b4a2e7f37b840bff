#include "schedule/time_zone.hpp"

#include <catch2/catch.hpp>

#include "zones.hpp"

using namespace errand;
using namespace errand::schedule;
using std::chrono::local_seconds;
using std::chrono::seconds;

namespace {

local_seconds local(const std::string& text) {
  return local_seconds(at(text + "Z").time_since_epoch());
}

}  // namespace

TEST_CASE("time zone: offsets at a moment, in listed years and after the last", "[schedule][zone]") {
  struct Row {
    const char* zone;
    const char* moment;
    int minutes;
  };
  const auto row = GENERATE(values<Row>({{"Europe/Berlin", "2026-03-29T00:59:59Z", 60},
                                         {"Europe/Berlin", "2026-03-29T01:00:00Z", 120},
                                         {"Europe/Berlin", "2026-10-25T00:59:59Z", 120},
                                         {"Europe/Berlin", "2026-10-25T01:00:00Z", 60},
                                         {"Europe/Berlin", "2080-07-01T00:00:00Z", 120},
                                         {"Europe/Berlin", "2080-12-01T00:00:00Z", 60},
                                         {"Australia/Lord_Howe", "2026-07-01T00:00:00Z", 630},
                                         {"Australia/Lord_Howe", "2060-01-01T00:00:00Z", 660},
                                         {"Asia/Kolkata", "2026-01-01T00:00:00Z", 330},
                                         {"America/New_York", "2100-07-04T12:00:00Z", -240},
                                         {"Pacific/Apia", "2011-12-30T09:59:59Z", -600},
                                         {"Pacific/Apia", "2011-12-30T10:00:00Z", 840},
                                         {"America/Santiago", "2050-01-15T00:00:00Z", -180},
                                         {"Etc/UTC", "2026-01-01T00:00:00Z", 0}}));
  CAPTURE(row.zone, row.moment);
  CHECK(zone_named(row.zone).offset_at(at(row.moment)) == std::chrono::minutes(row.minutes));
}

TEST_CASE("time zone: a local time that is shown twice is the first, one passed over the moment of the change",
          "[schedule][zone]") {
  const auto berlin = zone_named("Europe/Berlin");
  CHECK(shown(berlin.to_utc(local("2026-07-01T12:00:00"))) == "2026-07-01T10:00:00Z");
  CHECK(shown(berlin.to_utc(local("2026-03-29T01:59:59"))) == "2026-03-29T00:59:59Z");
  CHECK(shown(berlin.to_utc(local("2026-03-29T02:00:00"))) == "2026-03-29T01:00:00Z");
  CHECK(shown(berlin.to_utc(local("2026-03-29T02:59:59"))) == "2026-03-29T01:00:00Z");
  CHECK(shown(berlin.to_utc(local("2026-10-25T02:30:00"))) == "2026-10-25T00:30:00Z");
  CHECK(shown(berlin.to_utc(local("2026-10-25T03:00:00"))) == "2026-10-25T02:00:00Z");
  CHECK(shown(zone_named("Pacific/Apia").to_utc(local("2011-12-30T12:00:00"))) == "2011-12-30T10:00:00Z");
  CHECK(shown(TimeZone().to_utc(local("2026-03-29T02:30:00"))) == "2026-03-29T02:30:00Z");
}

TEST_CASE("time zone: later local times are never earlier moments", "[schedule][zone]") {
  const auto name = GENERATE("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca");
  CAPTURE(name);
  const auto zone = zone_named(name);
  auto before = zone.to_utc(local("2026-01-01T00:00:00"));
  for (auto time = local("2026-01-01T00:00:00"); time < local("2027-01-02T00:00:00");
       time += std::chrono::minutes(10)) {
    const auto moment = zone.to_utc(time);
    REQUIRE(moment >= before);
    before = moment;
  }
}

TEST_CASE("time zone: POSIX rules are read", "[schedule][zone]") {
  const auto cet = parse_yearly_rule("CET-1CEST,M3.5.0,M10.5.0/3");
  REQUIRE(cet);
  CHECK(cet->standard == seconds(3600));
  CHECK(cet->summer == seconds(7200));
  CHECK(cet->begins->week == 5);
  CHECK(cet->ends->time == seconds(10800));
  CHECK(parse_yearly_rule("<+0330>-3:30")->standard == std::chrono::minutes(210));
  CHECK(parse_yearly_rule("<-03>3<-02>,M3.5.0/-2,M10.5.0/-1")->begins->time == -std::chrono::hours(2));
  CHECK(parse_yearly_rule("EST5EDT4,J60,300/1:30:15")->ends->day == 300);
  for (const auto* wrong : {"", "CET", "-1", "CET-1CEST", "CET-1CEST,", "CET-1CEST,M13.1.0,M1.1.0", "CET-1x,", "<CET-1",
                            "CET-99", "CET-1CEST,M3.5.0,M10.5.0/3 "}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_yearly_rule(wrong));
  }
}

TEST_CASE("time zone: bytes that are none, and files that are cut, are refused", "[schedule][zone]") {
  CHECK_FALSE(TimeZone::parse(""));
  CHECK_FALSE(TimeZone::parse("TZif2"));
  CHECK_FALSE(TimeZone::parse("no zone at all, but long enough to hold a header of some kind"));
  const auto whole = read_file("/usr/share/zoneinfo/Europe/Berlin").value();
  const auto footer = whole.rfind('\n', whole.size() - 2);
  for (std::size_t cut = 0; cut < footer; cut += 7) {
    CAPTURE(cut);
    CHECK_FALSE(TimeZone::parse(std::string_view(whole).substr(0, cut)));
  }
}
