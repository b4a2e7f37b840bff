#include <atomic>
#include <cerrno>
#include <thread>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "base/fd.hpp"
#include "sandbox/workspace.hpp"
#include "support/temp_dir.hpp"
#include "unit/sandbox/files.hpp"

using namespace errand;
using namespace errand::sandbox;

namespace {

constexpr int rounds = 3000;

// Makes `ws/swap` in turn a directory and a symbolic link to the directory outside, until it goes.
class Swapper {
 public:
  explicit Swapper(const test::TempDir& dir)
      : thread_([&dir](const std::stop_token& stop) {
          const auto name = dir / "ws/swap";
          const auto aside = dir / "ws/aside";
          while (!stop.stop_requested()) {
            ::rename(name.c_str(), aside.c_str());
            ::symlink((dir / "outside").c_str(), name.c_str());
            ::unlink(name.c_str());
            ::rename(aside.c_str(), name.c_str());
          }
        }) {}

 private:
  std::jthread thread_;
};

struct Fixture {
  test::TempDir dir;
  SandboxPolicy policy;

  Fixture() {
    test::put(dir / "ws/swap/file", "inside");
    test::put(dir / "outside/file", "outside");
    policy.workspace = dir / "ws";
    policy.writable = {policy.workspace};
  }
};

}  // namespace

TEST_CASE("workspace: a directory swapped for a link never leads a read outside", "[sandbox][race]") {
  const Fixture f;
  const Workspace files(f.policy);
  const Resolved decided{f.dir / "ws/swap/file", Place::writable, true};
  int inside = 0;
  {
    const Swapper swapper(f.dir);
    // On a busy machine the link may stand for a whole time slice: go on until the directory was met too.
    for (int i = 0; i < rounds || (inside == 0 && i < 1000 * rounds); ++i) {
      const auto opened = files.open_file(decided, Leave::roots_only);
      if (!opened) continue;
      REQUIRE(read_all(opened->fd.get(), 100).value() == "inside");
      ++inside;
    }
  }
  CHECK(inside > 0);
}

TEST_CASE("workspace: a directory swapped for a link never leads a write outside", "[sandbox][race]") {
  const Fixture f;
  const Workspace files(f.policy);
  int written = 0;
  {
    const Swapper swapper(f.dir);
    for (int i = 0; i < rounds / 10 || (written == 0 && i < 100 * rounds); ++i) {
      const auto resolved = files.resolve("swap/file", f.policy.workspace);
      if (!resolved || resolved->place != Place::writable) continue;
      const Resolved decided{resolved->path, Place::writable, true};
      if (files.write_file(decided, "written", nullptr, Leave::roots_only)) ++written;
      REQUIRE(test::content_of(f.dir / "outside/file") == "outside");
    }
  }
  CHECK(written > 0);
  CHECK(std::distance(std::filesystem::directory_iterator(f.dir / "outside"), {}) == 1);
}
