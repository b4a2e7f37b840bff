#include <chrono>
#include <cstdint>
#include <random>

#include <catch2/catch.hpp>

#include "base/json.hpp"
#include "e2e/scene.hpp"

using namespace errand;
using namespace errand::test::e2e;

// Promise 1 and 2 of the product: nothing said is lost, and a session can always continue, whatever moment the process
// was killed at. ERRAND_CRASHES says how many times, ERRAND_SEED repeats a series.

TEST_CASE("a run killed at any moment keeps what it said, and its session goes on", "[e2e][crash]") {
  const Scene scene;
  const auto lines = scene.undisturbed_lines();
  const auto seed =
      static_cast<std::uint32_t>(number_in("ERRAND_SEED", static_cast<int>(std::random_device{}() >> 1U)));
  const int crashes = number_in("ERRAND_CRASHES", 25);
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::uniform_int_distribution<std::size_t> some_lines(0, lines - 1);
  std::uniform_int_distribution<int> some_microseconds(0, 4000);

  int cut_short = 0;
  for (int i = 0; i < crashes; ++i) {
    const auto after = some_lines(random);
    const std::chrono::microseconds more(some_microseconds(random));
    CAPTURE(i, after, more.count());
    const auto said = read_lines(scene.killed_after(after, more));
    if (!said.ended) ++cut_short;
    if (said.session.empty()) continue;  // nothing was acknowledged
    for (const auto& [session, events] : said.lasting) check_kept(events, records_of(scene, session));
    scene.go_on();
    const auto records = records_of(scene, said.session);
    CHECK(records.back().at("type") == "done");
    scene.output_of({"sessions", "fsck"});
    if (const auto own = said.lasting.find(said.session); own != said.lasting.end()) check_kept(own->second, records);
  }
  CHECK((cut_short > 0 || crashes < 10));  // else the kills came too late to show anything
}
