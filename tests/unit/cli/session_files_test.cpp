#include "cli/session_files.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.hpp"
#include "support/temp_dir.hpp"

using namespace errand;
using namespace errand::cli;
using namespace errand::test;

namespace {

using Files = std::vector<store::Upkeep::KeptFile>;

// An archive with one session's files, and where they are to go.
struct Place {
  TempDir directory;
  std::string archive = made("archive");
  std::string to = made("to");
  std::string from = made("archive/s.files");

  [[nodiscard]] std::string made(const std::string& name) const {
    auto path = join_path(directory.path(), name);
    REQUIRE(make_directories(path, 0700));
    return path;
  }
  void put(const std::string& name, const std::string& content) const {
    REQUIRE(write_file_atomic(join_path(from, name), content));
  }
};

}  // namespace

TEST_CASE("session files: what an archive has comes back, whole and private", "[cli][session_files]") {
  const Place place;
  const auto below = place.made("archive/s.files/a");
  place.put("big.txt", "12345");
  place.put("a/small.txt", "");
  const Files files = {{"a/small.txt", 0}, {"big.txt", 5}};
  REQUIRE(archived_files(place.archive, "s", files) == place.from);
  REQUIRE(bring_files(place.from, place.to, files));
  CHECK(read_file(join_path(place.to, "big.txt")).value() == "12345");
  CHECK(read_file(join_path(place.to, "a/small.txt")).value().empty());
  struct stat info {};
  REQUIRE(::stat(join_path(place.to, "big.txt").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777U) == 0600U);
  CHECK_FALSE(path_exists(join_path(place.to, ".import.part")));

  SECTION("what is there already stays") {
    place.put("big.txt", "67890");
    REQUIRE(bring_files(place.from, place.to, files));
    CHECK(read_file(join_path(place.to, "big.txt")).value() == "12345");
  }
  SECTION("of several copies the one that has them") {
    const auto second = place.made("archive/s.2.files");
    REQUIRE(write_file_atomic(join_path(second, "big.txt"), "1234567"));
    CHECK(archived_files(place.archive, "s", {{"big.txt", 7}}) == second);
    CHECK(archived_files(place.archive, "s", {{"big.txt", 8}}).empty());
    CHECK(archived_files(place.archive, "t", files).empty());
  }
}

TEST_CASE("session files: nothing is taken from elsewhere, whatever a file says", "[cli][session_files]") {
  const Place place;
  const auto secret = join_path(place.directory.path(), "secret");
  REQUIRE(write_file_atomic(secret, "12345"));
  place.put("plain", "12345");
  const auto at = [&](const char* name) { return join_path(place.from, name); };
  REQUIRE(::symlink(secret.c_str(), at("link").c_str()) == 0);
  REQUIRE(::symlink(place.directory.path().c_str(), at("up").c_str()) == 0);
  REQUIRE(::mkfifo(at("pipe").c_str(), 0600) == 0);
  const auto file = GENERATE(values<store::Upkeep::KeptFile>({{"link", 5},
                                                              {"up/secret", 5},
                                                              {"../../secret", 5},
                                                              {"", 0},
                                                              {".", 4096},
                                                              {"pipe", 0},
                                                              {"plain", 4},
                                                              {"plain", 6},
                                                              {"plain", -5},
                                                              {"plain", std::int64_t{1} << 50U},
                                                              {"nothing", 0}}));
  CAPTURE(file.name, file.bytes);
  CHECK(archived_files(place.archive, "s", {file}).empty());
  CHECK_FALSE(bring_files(place.from, place.to, {file}));
  CHECK(::rmdir(place.to.c_str()) == 0);  // it is empty

  const auto linked = join_path(place.archive, "t.files");
  REQUIRE(::symlink(place.from.c_str(), linked.c_str()) == 0);
  CHECK(archived_files(place.archive, "t", {{"plain", 5}}).empty());
}

TEST_CASE("session files: a link that waits in the session's directory is not written through",
          "[cli][session_files]") {
  const Place place;
  const auto below = place.made("archive/s.files/a");
  place.put("a/x", "12345");
  const auto elsewhere = place.made("elsewhere");
  REQUIRE(::symlink(elsewhere.c_str(), join_path(place.to, "a").c_str()) == 0);
  CHECK_FALSE(bring_files(place.from, place.to, {{"a/x", 5}}));
  CHECK(::rmdir(elsewhere.c_str()) == 0);
}
