// What every implementation of Snapshots does.

#include <filesystem>

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "base/file.hpp"
#include "base/sha256.hpp"
#include "contract/store/samples.hpp"
#include "store/open.hpp"
#include "support/temp_dir.hpp"

using namespace errand;
using namespace errand::store;
using namespace errand::test;

namespace {

struct Opened {
  TempDir directory;
  std::unique_ptr<Store> store = open(directory.path(), "ada", OpenMode::create).value();
  std::string session = store->create(a_session()).value().id;
};

}  // namespace

TEST_CASE("snapshots: they come back in order, with what was there before and after", "[store][contract]") {
  const Opened opened;
  auto& store = *opened.store;
  REQUIRE(store.append(opened.session, {warns(opened.session, 1, "x")}, {}));
  const auto made = store.keep_absent(opened.session, "c1", "/w/new").value();
  REQUIRE(store.note_after(made, "aa"));
  REQUIRE(store.append(opened.session, {warns(opened.session, 2, "x")}, {}));
  REQUIRE(store.keep_content(opened.session, "c2", "/w/old", std::string("b\0c", 3), 3));
  const auto all = store.snapshots(opened.session, 0).value();
  REQUIRE(all.size() == 2);
  CHECK(all[0].position == 1);
  CHECK(all[0].before == Snapshot::Before::absent);
  CHECK(all[0].after_hash == "aa");
  CHECK(all[0].ended);
  CHECK(all[1].position == 2);
  CHECK(all[1].path == "/w/old");
  CHECK(all[1].hash == sha256_hex(std::string("b\0c", 3)));
  CHECK(!all[1].ended);
  CHECK(store.snapshots(opened.session, 2).value() == std::vector<Snapshot>{all[1]});
  CHECK(store.snapshot_content(opened.session, all[1].hash).value() == std::string("b\0c", 3));
}

TEST_CASE("snapshots: one content is kept once, privately", "[store][contract]") {
  const Opened opened;
  auto& store = *opened.store;
  REQUIRE(store.keep_content(opened.session, "c1", "/w/a", "same", 4));
  REQUIRE(store.keep_content(opened.session, "c2", "/w/b", "same", 4));
  const auto kept = opened.directory / ("ada/snapshots/" + opened.session);
  const auto files = std::filesystem::directory_iterator(kept);
  CHECK(std::distance(begin(files), end(files)) == 1);
  struct stat info {};
  REQUIRE(::stat((kept + "/" + sha256_hex("same")).c_str(), &info) == 0);
  CHECK((info.st_mode & 0777U) == 0600);
}

TEST_CASE("snapshots: what is too large is noted, not kept", "[store][contract]") {
  const Opened opened;
  auto& store = *opened.store;
  REQUIRE(store.keep_content(opened.session, "c1", "/w/a", "", max_snapshot_bytes + 1));
  const auto all = store.snapshots(opened.session, 0).value();
  REQUIRE(all.size() == 1);
  CHECK(all[0].before == Snapshot::Before::left);
  CHECK(all[0].hash.empty());
}

TEST_CASE("snapshots: a content that was changed or is gone is storage", "[store][contract]") {
  const Opened opened;
  auto& store = *opened.store;
  REQUIRE(store.keep_content(opened.session, "c1", "/w/a", "text", 4));
  const auto hash = sha256_hex("text");
  const auto path = opened.directory / ("ada/snapshots/" + opened.session + "/" + hash);
  REQUIRE(write_file_atomic(path, "other"));
  CHECK(store.snapshot_content(opened.session, hash).error().kind == ErrorKind::storage);
  std::filesystem::remove(path);
  CHECK(store.snapshot_content(opened.session, hash).error().kind == ErrorKind::storage);
}

TEST_CASE("snapshots: a session nobody knows has none", "[store][contract]") {
  const Opened opened;
  const auto unknown = make_uuid7(at(1));
  CHECK(opened.store->keep_absent(unknown, "c", "/w/a").error().kind == ErrorKind::failure);
  CHECK(opened.store->snapshots(unknown, 0).error().kind == ErrorKind::failure);
}
