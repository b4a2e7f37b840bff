#include "base/named_file.hpp"

#include <thread>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/fd.hpp"
#include "support/temp_dir.hpp"

using namespace errand;

TEST_CASE("named file: a pipe is read from its first writer to the end", "[base][file]") {
  const test::TempDir dir;
  REQUIRE(::mkfifo((dir / "pipe").c_str(), 0600) == 0);
  const std::string content(300'000, 'x');
  std::jthread writer([&] {
    const Fd pipe(::open((dir / "pipe").c_str(), O_WRONLY | O_CLOEXEC));
    (void)write_all(pipe.get(), content);
  });
  CHECK(read_named_file(dir / "pipe", {}).value() == content);
}

TEST_CASE("named file: a pipe that nobody writes to, or reads, ends as the call says", "[base][file]") {
  const test::TempDir dir;
  REQUIRE(::mkfifo((dir / "pipe").c_str(), 0600) == 0);
  std::stop_source stop;
  stop.request_stop();
  CHECK(read_named_file(dir / "pipe", {.stop = stop.get_token()}).error().kind == ErrorKind::cancelled);
  CHECK(read_named_file(dir / "pipe", Call{}.within({})).error().kind == ErrorKind::timeout);
  CHECK(write_named_file(dir / "pipe", "x", {.stop = stop.get_token()}).error().kind == ErrorKind::cancelled);
  // What a project names waits for nobody.
  CHECK(read_file(dir / "pipe").value().empty());
}

TEST_CASE("named file: links in a circle, and a place in no directory, are told", "[base][file]") {
  const test::TempDir dir;
  REQUIRE(::symlink("b", (dir / "a").c_str()) == 0);
  REQUIRE(::symlink("a", (dir / "b").c_str()) == 0);
  for (const auto& path : {dir / "a", dir / "no/x", dir.path(), dir / ""}) {
    CAPTURE(path);
    CHECK(check_named_file(path).error().message.starts_with("can't write " + path + ": "));
    CHECK(write_named_file(path, "x", {}).error().kind == ErrorKind::failure);
  }
  REQUIRE(check_named_file(dir / "new"));
  CHECK_FALSE(path_exists(dir / "new"));
}
