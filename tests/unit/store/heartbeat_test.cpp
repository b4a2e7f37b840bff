#include "store/heartbeat.hpp"

#include <atomic>
#include <semaphore>

#include <catch2/catch.hpp>

using namespace errand::store;
using namespace std::chrono_literals;

TEST_CASE("heartbeat: it beats while it is on, and ends at once however long its interval", "[store][heartbeat]") {
  std::counting_semaphore<> beats(0);
  Heartbeat quick(1ms, [&] { beats.release(); });
  quick.on();
  quick.on();
  beats.acquire();
  beats.acquire();
  quick.off();
  quick.on();
  while (beats.try_acquire()) continue;
  beats.acquire();

  Heartbeat slow(24h, [] { FAIL("beat before its time"); });
  slow.on();
  slow.off();
}
