#include "terminal/pace.hpp"

#include <catch2/catch.hpp>

using namespace errand::terminal;
using namespace std::chrono_literals;

namespace {

// How far ahead is written in the end, on a link that shows so many bytes a second and is so far away.
std::size_t ahead_on(std::size_t bytes_a_second, std::chrono::milliseconds round_trip) {
  Pace pace;
  Pace::Clock::time_point now{};
  std::size_t ahead = 10;
  for (int i = 0; i < 30; ++i) {
    pace.wrote(ahead);
    pace.asked(now);
    now += round_trip + std::chrono::milliseconds(1000 * ahead / bytes_a_second);
    pace.answered(now);
    ahead = pace.room(now);
  }
  return ahead;
}

}  // namespace

TEST_CASE("pace: one question at a time, about what is worth it", "[terminal][pace]") {
  Pace pace;
  const Pace::Clock::time_point now{};
  CHECK_FALSE(pace.asks());
  pace.wrote(1);
  CHECK(pace.asks());  // whether it answers at all, and how fast
  pace.asked(now);
  CHECK_FALSE(pace.asks());
  pace.wrote(Pace::worth_asking - 1);
  pace.answered(now + 1ms);
  CHECK_FALSE(pace.asks());
  pace.wrote(1);
  CHECK(pace.asks());
}

TEST_CASE("pace: no more than a little is written ahead of what is shown", "[terminal][pace]") {
  Pace pace;
  const Pace::Clock::time_point now{};
  CHECK(pace.room(now) == Pace::first_ahead);
  pace.wrote(1000);
  pace.asked(now);
  pace.wrote(Pace::first_ahead);
  CHECK(pace.room(now) == 0);
  pace.answered(now + 1ms);
  CHECK(pace.room(now) == 0);  // what came after the question
  pace.asked(now);
  pace.answered(now + 2ms);
  CHECK(pace.room(now) >= Pace::first_ahead);
}

TEST_CASE("pace: a slow link gets little at a time, a fast one that is far away a lot", "[terminal][pace]") {
  CHECK(ahead_on(2400, 300ms) == Pace::least_ahead);
  CHECK(ahead_on(10'000'000, 300ms) == Pace::most_ahead);
  CHECK(ahead_on(100'000'000, 1ms) == Pace::most_ahead);
}

TEST_CASE("pace: a terminal that never answers is asked twice, and written to as ever", "[terminal][pace]") {
  Pace pace;
  Pace::Clock::time_point now{};
  for (int i = 0; i < 2; ++i) {
    pace.wrote(2 * Pace::first_ahead);
    REQUIRE(pace.asks());
    pace.asked(now);
    CHECK(pace.room(now) == 0);
    now += Pace::first_patience + 1ms;
    CHECK(pace.room(now) > 0);
  }
  pace.wrote(2 * Pace::most_ahead);
  CHECK_FALSE(pace.asks());
  CHECK(pace.room(now) > Pace::most_ahead);
}

TEST_CASE("pace: an answer that is lost holds nothing up for long", "[terminal][pace]") {
  Pace pace;
  const Pace::Clock::time_point now{};
  pace.wrote(1);
  pace.asked(now);
  pace.answered(now);
  pace.wrote(Pace::first_ahead);
  pace.asked(now);
  CHECK(pace.room(now + Pace::patience) == 0);
  CHECK(pace.room(now + Pace::patience + 1ms) > 0);
}
