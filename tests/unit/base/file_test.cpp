#include "base/file.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "support/temp_dir.hpp"

using namespace errand;

TEST_CASE("file: containment compares whole components", "[base][file]") {
  CHECK(is_within("/ws/a", "/ws"));
  CHECK(is_within("/ws", "/ws"));
  CHECK_FALSE(is_within("/ws2", "/ws"));
  CHECK(is_within("/anything", "/"));
}

TEST_CASE("file: paths are folded lexically", "[base][file]") {
  CHECK(normalize_path("/a//b/./../c") == "/a/c");
  CHECK(normalize_path("/../..") == "/");
  CHECK(normalize_path("../x/..") == "..");
  CHECK(parent_path("/a") == "/");
  CHECK(join_path("/a", "/b") == "/b");
}

TEST_CASE("file: an atomic write keeps the mode and leaves no temporary file", "[base][file]") {
  const test::TempDir dir;
  REQUIRE(write_file_atomic(dir / "x", "one", 0600));
  REQUIRE(write_file_atomic(dir / "x", "two", 0644));
  CHECK(read_file(dir / "x").value() == "two");
  struct stat info {};
  REQUIRE(::stat((dir / "x").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777U) == 0600U);
  CHECK(std::distance(std::filesystem::directory_iterator(dir.path()), {}) == 1);
}

TEST_CASE("file: errors name the path", "[base][file]") {
  CHECK(read_file("/no/such").error().message == "can't read /no/such: No such file or directory");
  CHECK(read_file("/tmp").error().message == "can't read /tmp: it is a directory");
}
