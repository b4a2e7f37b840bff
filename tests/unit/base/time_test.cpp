#include "base/time.hpp"

#include <catch2/catch.hpp>

#include "base/id.hpp"

using namespace errand;
using std::chrono::milliseconds;

TEST_CASE("time: durations are read as people write them", "[base][time]") {
  CHECK(parse_duration("10s").value() == milliseconds(10'000));
  CHECK(parse_duration("1h30m").value() == milliseconds(5'400'000));
  CHECK(parse_duration("250ms").value() == milliseconds(250));
  CHECK(parse_duration("45").value() == milliseconds(45'000));
  CHECK(parse_duration("1.5m").value() == milliseconds(90'000));
  for (const auto* wrong : {"", "s", "-5s", "5x", "10s5", "1e3s", "99999999999d"}) {
    CAPTURE(wrong);
    CHECK(parse_duration(wrong).error().kind == ErrorKind::usage);
  }
}

TEST_CASE("time: RFC 3339 goes there and back", "[base][time]") {
  const auto at = parse_rfc3339("2026-11-21T07:39:48.123Z");
  REQUIRE(at);
  CHECK(to_rfc3339(*at) == "2026-11-21T07:39:48.123Z");
  CHECK(to_rfc3339(Timestamp(std::chrono::milliseconds(-1))) == "1969-12-31T23:59:59.999Z");
  CHECK(to_rfc3339(Timestamp(std::chrono::milliseconds(951'782'400'000))) == "2000-02-29T00:00:00.000Z");
  CHECK(parse_rfc3339("2026-11-21T08:39:48.123+01:00") == at);
  CHECK_FALSE(parse_rfc3339("yesterday"));
}

TEST_CASE("id: ids sort in the order they were made, also within a millisecond", "[base][id]") {
  const auto at = now();
  std::string before;
  for (int i = 0; i < 5000; ++i) {
    const auto id = make_uuid7(at);
    REQUIRE(is_uuid(id));
    REQUIRE(before < id);
    before = id;
  }
}
