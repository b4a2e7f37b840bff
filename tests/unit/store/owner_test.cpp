#include "store/owner.hpp"

#include <catch2/catch.hpp>

#include "unit/store/child.hpp"

using namespace errand;
using namespace errand::store;
using namespace std::chrono_literals;

namespace {

const Timestamp then{1'900'000'000'000ms};

}  // namespace

TEST_CASE("owner: a process is told from a later one with its pid, another boot and another machine",
          "[store][owner]") {
  const auto self = current_owner();
  REQUIRE(self.started > 0);
  REQUIRE(self.pid_namespace > 0);
  REQUIRE_FALSE(self.boot.empty());

  const auto changed = [&](auto change) {
    auto owner = self;
    change(owner);
    return owner;
  };
  const auto later = changed([](Owner& o) { o.started += 1; });
  const auto rebooted = changed([](Owner& o) { o.boot = "another"; });
  const auto container = changed([](Owner& o) { o.pid_namespace += 1; });
  const auto machine = changed([](Owner& o) { o.boot = "another", o.host = "another"; });
  const auto unreadable = changed([](Owner& o) { o.boot = ""; });
  struct Case {
    const char* about;
    Owner owner;
    std::chrono::milliseconds since_renewal;
    bool alive;
  };
  const std::vector<Case> cases = {
      {"ourselves, whatever the clock says", self, 24h, true},
      {"our pid, used again", later, 0s, false},
      {"our host, rebooted", rebooted, 1s, false},
      {"another container, fresh", container, 59s, true},
      {"another container, silent", container, 60s, false},
      {"another machine, fresh", machine, 59s, true},
      {"another machine, its clock ahead", machine, -59s, true},
      {"another machine, silent", machine, 61s, false},
      {"another machine, its clock far ahead", machine, -24h, false},
      {"one that could not read its boot", unreadable, 1s, true},
  };
  for (const auto& c : cases) {
    CAPTURE(c.about);
    CHECK(is_alive(c.owner, self, then - c.since_renewal, then) == c.alive);
  }
}

TEST_CASE("owner: a killed process is dead before anyone has waited for it", "[store][owner]") {
  test::Child child([](test::Line& line) {
    const auto owner = current_owner();
    line.say(std::to_string(owner.started));
    line.hear();
  });
  auto owner = current_owner();
  owner.pid = child.pid();
  owner.started = std::stoll(child.line->hear());
  CHECK(is_alive(owner, current_owner(), then, then));

  child.signal(SIGKILL);
  siginfo_t info{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOWAIT) == 0);  // still a zombie
  CHECK_FALSE(is_alive(owner, current_owner(), then, then));
  child.wait();
  CHECK_FALSE(is_alive(owner, current_owner(), then, then));
}
