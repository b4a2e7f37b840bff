#include "sandbox/watcher_pool.hpp"

#include <array>
#include <cerrno>

#include <catch2/catch.hpp>
#include <sys/inotify.h>
#include <unistd.h>

#include "support/temp_dir.hpp"
#include "unit/sandbox/files.hpp"

using namespace errand;
using namespace errand::sandbox;

namespace {

bool has_events(const Fd& instance) {
  std::array<char, 4096> events{};
  return ::read(instance.get(), events.data(), events.size()) > 0 || errno != EAGAIN;
}

}  // namespace

TEST_CASE("watcher pool: an instance comes back without the watches and events of its last use", "[sandbox]") {
  const test::TempDir dir;
  WatcherPool pool;
  auto first = pool.take();
  REQUIRE(first.valid());
  const auto number = first.get();
  const int watch = ::inotify_add_watch(first.get(), dir.path().c_str(), IN_CREATE);
  REQUIRE(watch >= 0);
  test::put(dir / "unread", "");
  pool.give_back(std::move(first), {watch});

  const auto again = pool.take();
  CHECK(again.get() == number);
  CHECK_FALSE(has_events(again));
  test::put(dir / "unwatched", "");
  CHECK_FALSE(has_events(again));
  CHECK(pool.take().get() != number);
}
