#include "render/ticker.hpp"

#include <atomic>
#include <future>

#include <catch2/catch.hpp>

using namespace errand::render;
using namespace std::chrono_literals;

TEST_CASE("ticker: it ticks until it is told to end, and can begin again", "[render][ticker]") {
  Ticker ticker;
  for (int round = 0; round < 3; ++round) {
    std::atomic<int> ticks = 0;
    std::promise<void> third;
    ticker.start(1ms, [&] {
      if (++ticks < 3) return true;
      third.set_value();
      return false;
    });
    third.get_future().wait();
    ticker.stop();
    CHECK(ticks == 3);
  }
}

TEST_CASE("ticker: a stop does not wait for the next tick", "[render][ticker]") {
  Ticker ticker;
  ticker.start(24h, [] { return true; });
  ticker.stop();
  SUCCEED();
}
