#include "store/open.hpp"

#include <atomic>
#include <fstream>
#include <thread>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "contract/store/samples.hpp"
#include "store/sqlite_database.hpp"
#include "store/sqlite_schema.hpp"
#include "store/sqlite_sessions.hpp"
#include "support/temp_dir.hpp"
#include "unit/store/child.hpp"

using namespace errand;
using namespace errand::store;
using namespace errand::test;

namespace {

unsigned mode_of(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 07777U : 0U;
}

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) out.push_back(entry.path().filename());
  std::sort(out.begin(), out.end());
  return out;
}

Error open_error(const TempDir& directory) {
  auto opened = open(directory.path(), "ada", OpenMode::create);
  if (opened) FAIL("the store opened");
  return opened.error();
}

std::string kept_ids(SessionStore& store) {
  return text::join(ids_of(store.list({.limit = 0}).value()), " ");
}

}  // namespace

TEST_CASE("open: users can't leave the data directory", "[store][open]") {
  for (const std::string_view user : {"ada", "A.b-c_9", "x"}) CHECK(is_valid_user(user));
  CHECK(is_valid_user(std::string(64, 'a')));
  for (const std::string_view user : {"", ".", "..", ".ada", "a/b", "a b", "ä", "a\n", "-\x1B"}) {
    CAPTURE(user);
    CHECK_FALSE(is_valid_user(user));
  }
  CHECK_FALSE(is_valid_user(std::string(65, 'a')));
  CHECK_FALSE(is_valid_user(std::string_view("a\0b", 3)));
  const TempDir directory;
  CHECK(open(directory.path(), "../ada", OpenMode::create).error().kind == ErrorKind::usage);
  CHECK(names_in(directory.path()).empty());
}

TEST_CASE("open: a new store is the user's alone, whatever the umask", "[store][open]") {
  const TempDir directory;
  const auto old = ::umask(0);
  const auto data = directory / "new/data";
  const auto store = open(data, "ada", OpenMode::create).value();
  REQUIRE(store->create(a_session()));
  ::umask(old);
  CHECK(mode_of(data) == 0700U);
  CHECK(mode_of(data + "/ada") == 0700U);
  for (const auto* name : {"errand.db", "errand.db-wal", "errand.db-shm"})
    CHECK(mode_of(data + "/ada/" + name) == 0600U);
}

TEST_CASE("open: wider modes are narrowed", "[store][open]") {
  const TempDir directory;
  { REQUIRE(open(directory.path(), "ada", OpenMode::create).value()->create(a_session())); }
  const std::vector<std::string> files = {"errand.db", "errand.db-wal", "errand.db-shm"};
  REQUIRE(::chmod((directory / "ada").c_str(), 0755) == 0);
  for (const auto& name : files) REQUIRE(::chmod((directory / ("ada/" + name)).c_str(), 0664) == 0);
  const auto store = open(directory.path(), "ada", OpenMode::existing_only).value();
  CHECK(store->list({}).value().size() == 1);
  CHECK(mode_of(directory / "ada") == 0700U);
  for (const auto& name : files) CHECK(mode_of(directory / ("ada/" + name)) == 0600U);
}

TEST_CASE("open: for listing, a missing store is an empty one that makes and keeps nothing", "[store][open]") {
  const TempDir directory;
  const auto store = open(directory / "data", "ada", OpenMode::existing_only).value();
  CHECK(store->list({}).value().empty());
  CHECK(store->find("latest", "").error().kind == ErrorKind::failure);
  const auto error = store->create(a_session()).error();
  CHECK(error.kind == ErrorKind::storage);
  CHECK(error.message == "there is no store " + (directory / "data/ada/errand.db"));
  CHECK(names_in(directory.path()).empty());
}

TEST_CASE("open: a failure of SQLite is told with the system's reason and a way out", "[store][open]") {
  struct Case {
    int code;
    int error_number;
    std::string message;
    std::string hint;
    bool retryable;
  };
  const std::vector<Case> cases = {
      {SQLITE_FULL, 0, "can't write /x: No space left on device", "the disk is full: free some space and try again",
       false},
      {SQLITE_IOERR_WRITE, EDQUOT, "can't read or write /x: Disk quota exceeded",
       "the disk quota is used up: free some space and try again", false},
      {SQLITE_IOERR_READ, 0, "can't read or write /x: told", "", false},
      {SQLITE_CANTOPEN, EMFILE, "can't open /x: Too many open files",
       "too many open files: raise the limit with ulimit -n", false},
      {SQLITE_CANTOPEN, 0, "can't open /x: No such file or directory", "", false},
      {SQLITE_BUSY, 0, "/x stayed locked for 10 s", "another process is writing to it; try again", true},
      {SQLITE_CORRUPT, 0, "the store /x is damaged: told",
       "\"errand sessions fsck --repair\" saves what can be read into a new one and keeps this one; until then it is "
       "left as "
       "it is",
       false},
      {SQLITE_ERROR, 0, "can't use the store /x: told", "", false},
  };
  for (const auto& c : cases) {
    CAPTURE(c.code);
    CHECK(sqlite_error("/x", c.code, "told", c.error_number) ==
          Error{ErrorKind::storage, c.message, c.hint, std::nullopt, {}, c.retryable});
  }
}

TEST_CASE("open: what is no database is named and left as it is", "[store][open]") {
  const TempDir directory;
  REQUIRE(make_directories(directory / "ada", 0700));
  const auto path = directory / "ada/errand.db";
  SECTION("text") {
    const auto text = std::string(5000, 'x');
    REQUIRE(write_file_atomic(path, text, 0600));
    const auto error = open_error(directory);
    CHECK(error.kind == ErrorKind::storage);
    CHECK(error.message == fmt::format("the store {} is damaged: file is not a database", path));
    CHECK_THAT(error.hint, Catch::Contains("left as it is"));
    CHECK(read_file(path).value() == text);
    CHECK(names_in(directory / "ada") == std::vector<std::string>{"errand.db"});
  }
  SECTION("an empty file becomes a store") {
    REQUIRE(write_file_atomic(path, "", 0600));
    REQUIRE(open(directory.path(), "ada", OpenMode::create).value()->create(a_session()));
    CHECK(open(directory.path(), "ada", OpenMode::existing_only).value()->list({}).value().size() == 1);
  }
  SECTION("another program's database") {
    {
      SQLite::Database other(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
      other.exec("CREATE TABLE sessions(a)");
    }
    const auto before = read_file(path).value();
    CHECK(open_error(directory).message == path + " is another program's database");
    CHECK(read_file(path).value() == before);
  }
  SECTION("a directory") {
    REQUIRE(make_directories(path, 0700));
    CHECK(open_error(directory).message == path + " is in the way: it is no file");
  }
  SECTION("a file where the user's directory should be") {
    REQUIRE(std::filesystem::remove_all(directory / "ada") > 0);
    REQUIRE(write_file_atomic(directory / "ada", "x"));
    CHECK(open_error(directory).message == (directory / "ada") + " is in the way: it is no directory");
  }
}

TEST_CASE("open: a store whose pages are overwritten fails as storage, and only what needs them", "[store][open]") {
  const TempDir directory;
  const auto path = directory / "ada/errand.db";
  {
    const auto store = open(directory.path(), "ada", OpenMode::create).value();
    const auto id = store->create(a_session()).value().id;
    for (int i = 0; i < 200; ++i) {
      REQUIRE(store->append(id, {user_says(id, i, fmt::format("m{}", i), std::string(2000, 'x'))}, {}));
    }
  }
  { SQLite::Database(path, SQLite::OPEN_READWRITE).exec("PRAGMA wal_checkpoint(TRUNCATE)"); }
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100 * 4096);
    file << std::string(std::size_t{30} * 4096, '\xEE');
  }
  const auto store = open(directory.path(), "ada", OpenMode::create).value();
  const auto id = store->find("latest", "").value().id;
  const auto error = store->history(id).error();
  CHECK(error.kind == ErrorKind::storage);
  CHECK_THAT(error.message, Catch::Contains("the store " + path + " is damaged"));
}

TEST_CASE("open: a newer schema is refused and not touched", "[store][open]") {
  const TempDir directory;
  const auto path = directory / "ada/errand.db";
  { REQUIRE(open(directory.path(), "ada", OpenMode::create)); }
  { SQLite::Database(path, SQLite::OPEN_READWRITE).exec("INSERT INTO schema_version VALUES(99, 0)"); }
  const auto error = open_error(directory);
  CHECK(error.kind == ErrorKind::storage);
  CHECK(error.message == fmt::format("{} has schema version 99, this errand knows {}", path, all_migrations().size()));
  CHECK(error.hint == "a newer errand wrote it; update this one");
}

TEST_CASE("open: an older schema is brought up after a copy was kept", "[store][open]") {
  const TempDir directory;
  const auto path = directory / "ada/errand.db";
  std::string ids;
  {
    const auto store = open(directory.path(), "ada", OpenMode::create).value();
    REQUIRE(store->create(a_session()));
    REQUIRE(store->create(a_session()));
    ids = kept_ids(*store);
  }
  std::vector<Migration> next(all_migrations().begin(), all_migrations().end());
  const int version = next.back().version + 1;
  const auto copy = fmt::format("{}.before-v{}", path, version);

  SECTION("as one step") {
    next.push_back({version, "ALTER TABLE sessions ADD COLUMN stars INTEGER NOT NULL DEFAULT 5"});
    {
      Database database(path);
      REQUIRE(migrate(database, next));
      auto rows = database.query("SELECT sum(stars) FROM sessions", {});
      REQUIRE(rows.next());
      CHECK(rows.integer(0) == 10);
    }
    CHECK(open_error(directory).message ==
          fmt::format("{} has schema version {}, this errand knows {}", path, version, version - 1));
    CHECK(mode_of(copy) == 0600U);
    REQUIRE(::rename(copy.c_str(), path.c_str()) == 0);
    REQUIRE(::unlink((path + "-wal").c_str()) == 0);
    REQUIRE(::unlink((path + "-shm").c_str()) == 0);
  }
  SECTION("a step that fails leaves it as it was") {
    next.push_back({version, "ALTER TABLE sessions ADD COLUMN stars INTEGER; INSERT INTO nowhere VALUES(1)"});
    Database database(path);
    CHECK_THROWS_AS(migrate(database, next), SQLite::Exception);
    CHECK_FALSE(database.in_transaction());
    CHECK_THROWS_AS(database.query("SELECT stars FROM sessions", {}), SQLite::Exception);
  }
  CHECK(kept_ids(*open(directory.path(), "ada", OpenMode::create).value()) == ids);
}

TEST_CASE("open: ten processes that make one store at once all get it", "[store][open]") {
  const TempDir directory;
  std::vector<std::unique_ptr<Child>> children;
  for (int i = 0; i < 10; ++i) {
    children.push_back(std::make_unique<Child>([&](Line& line) {
      line.hear();
      const auto store = open(directory.path(), "ada", OpenMode::create);
      line.say(store && (*store)->create(a_session()) ? "made" : describe(store.error()));
    }));
  }
  for (const auto& child : children) child->line->say("go");
  for (const auto& child : children) CHECK(child->line->hear() == "made");
  CHECK(open(directory.path(), "ada", OpenMode::existing_only).value()->list({}).value().size() == 10);
}

TEST_CASE("open: a store that another process makes meanwhile is not a lost one", "[store][open]") {
  const TempDir directory;
  int lost = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto path = directory / fmt::format("{}.db", i);
    std::atomic<bool> made = false;
    std::thread maker([&] {
      std::ofstream(path) << "database";
      std::ofstream(path + "-wal") << "records";
      made = true;
    });
    while (!made) lost += refuse_lost_database(path) ? 0 : 1;
    maker.join();
  }
  CHECK(lost == 0);
}

TEST_CASE("open: every list that can be long is read from an index, in order", "[store][open]") {
  const TempDir directory;
  { REQUIRE(open(directory.path(), "ada", OpenMode::create)); }
  Database database(directory / "ada/errand.db");
  const auto plan = [&](const SessionQuery& query) {
    std::string out;
    auto rows = database.query("EXPLAIN QUERY PLAN " + list_sql(query), {});
    while (rows.next()) out += rows.text(3) + "\n";
    return out;
  };
  const std::string lease = "SEARCH l USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN\n";
  CHECK(plan({}) == "SEARCH s USING INDEX sessions_newest (updated>?)\n" + lease);
  CHECK(plan({.project = "/p"}) == "SEARCH s USING INDEX sessions_of_project (project=? AND updated>?)\n" + lease);
  CHECK(plan({.agent = "a"}) == "SEARCH s USING INDEX sessions_of_agent (agent=? AND updated>?)\n" + lease);
  CHECK_THAT(plan({.project = "/p", .agent = "a"}), !Catch::Contains("SCAN") && !Catch::Contains("TEMP B-TREE"));
}
