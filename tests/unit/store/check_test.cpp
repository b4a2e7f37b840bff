// What is wrong with a store is found, named and mended; what is damaged is saved row by row.

#include "store/check.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.hpp"
#include "contract/store/samples.hpp"
#include "store/open.hpp"
#include "store/sqlite_database.hpp"
#include "support/temp_dir.hpp"
#include "unit/store/child.hpp"

using namespace errand;
using namespace errand::store;
using namespace errand::test;

namespace {

constexpr int sessions = 40;
constexpr int messages_each = 30;

// A store of some megabytes; the text says which message it is.
struct World {
  TempDir directory;
  std::string path = directory / "ada/errand.db";
  std::vector<std::string> ids;

  World() {
    const auto store = open(directory.path(), "ada", OpenMode::create).value();
    for (int s = 0; s < sessions; ++s) {
      ids.push_back(store->create(a_session()).value().id);
      const auto run = a_run(ids.back(), 1);
      std::vector<Lasting> events;
      for (int m = 0; m < messages_each; ++m) {
        events.push_back(user_says(ids.back(), m, fmt::format("m{}", m), text_of_message(s, m)));
      }
      REQUIRE(store->begin_run(run, events));
      REQUIRE(store->end_run(end_of(run, 100), {}));
    }
  }

  static std::string text_of_message(int session, int message) {
    return fmt::format("{} {} {}", session, message, std::string(static_cast<std::size_t>(message * 40 + 10), 'x'));
  }

  void checkpoint() const { SQLite::Database(path, SQLite::OPEN_READWRITE).exec("PRAGMA wal_checkpoint(TRUNCATE)"); }

  void overwrite(std::streamoff at, const std::string& bytes) const {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(at);
    file << bytes;
    REQUIRE(file.good());
  }

  [[nodiscard]] CheckReport check(Mend mend) const {
    auto report = check_store(directory.path(), "ada", mend);
    if (!report) FAIL(describe(report.error()));
    return *std::move(report);
  }

  // Every message that is there says what it said; the number of them.
  [[nodiscard]] std::size_t count_true_messages() const {
    const auto store = open(directory.path(), "ada", OpenMode::existing_only).value();
    std::size_t count = 0;
    for (int s = 0; s < sessions; ++s) {
      const auto history = store->read_history(ids[static_cast<std::size_t>(s)]);
      if (!history) continue;
      for (const auto& message : history->messages) {
        const int number = std::stoi(message.message_id.substr(1));
        REQUIRE(text_of(std::get<chat::UserMessage>(message.body).content) == text_of_message(s, number));
        ++count;
      }
    }
    return count;
  }
};

std::vector<std::string> kinds(const CheckReport& report) {
  std::vector<std::string> out;
  for (const auto& finding : report.findings) out.push_back(finding.kind + (finding.mended ? " mended" : ""));
  return out;
}

SavedRows rows_of(const CheckReport& report, const std::string& table) {
  for (const auto& rows : report.salvage.value().tables) {
    if (rows.table == table) return rows;
  }
  return {};
}

using Kinds = std::vector<std::string>;

}  // namespace

TEST_CASE("check: a sound store is clean, and one that is not there", "[store][check]") {
  const World world;
  const auto report = world.check(Mend::what_can_be);
  CHECK(kinds(report).empty());
  CHECK(report.sessions == sessions);
  CHECK(report.messages == sessions * messages_each);
  CHECK_FALSE(report.salvage);
  CHECK_FALSE(check_store(world.directory.path(), "bob", Mend::what_can_be).value().is_there);
  CHECK_FALSE(path_exists(world.directory / "bob"));
}

TEST_CASE("check: each thing that can be wrong is named, mended once, and then gone", "[store][check]") {
  struct Case {
    const char* sql;
    Kinds found;
    Kinds mended;
    Kinds after;
  };
  const auto c = GENERATE(values<Case>({
      {"UPDATE sessions SET last_position = 7 WHERE key = 1", {"counter"}, {"counter mended"}, {}},
      {"UPDATE sessions SET runs = 9 WHERE key = 1", {"counter"}, {"counter mended"}, {}},
      {"DELETE FROM messages WHERE session = 1 AND position IN (3, 4)", {"gap"}, {"gap mended"}, {}},
      {"UPDATE runs SET state = 'running', ended = NULL WHERE session = 1", {"open_run"}, {"open_run mended"}, {}},
      {"UPDATE sessions SET state = 'running' WHERE key = 1", {"open_run"}, {"open_run mended"}, {}},
      {"INSERT INTO leases VALUES(1, 't', 4194300, 1, 'another boot', 'nowhere', 1, 1, 1)",
       {"lease"},
       {"lease mended"},
       {}},
      {"DELETE FROM sessions WHERE key = 1", {"orphan"}, {"orphan mended"}, {}},
      {"UPDATE sessions SET parent = '0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c1d' WHERE key = 1",
       {"orphan"},
       {"orphan mended"},
       {}},
      {"UPDATE messages SET json = '{\"content\":7}' WHERE key = 5", {"unreadable"}, {"unreadable"}, {"unreadable"}},
      {"UPDATE messages SET type = 'assistant', run = (SELECT id FROM runs WHERE session = 1), json = "
       "'{\"content\":[{\"type\":\"tool_use\",\"id\":\"c\",\"name\":\"Read\"}]}' WHERE key = 5",
       {"unanswered_call"},
       {"unanswered_call"},
       {"unanswered_call"}},
  }));
  CAPTURE(c.sql);
  const World world;
  SQLite::Database(world.path, SQLite::OPEN_READWRITE).exec(c.sql);
  CHECK(kinds(world.check(Mend::nothing)) == c.found);
  CHECK(kinds(world.check(Mend::nothing)) == c.found);  // looking changes nothing
  CHECK(kinds(world.check(Mend::what_can_be)) == c.mended);
  CHECK(kinds(world.check(Mend::nothing)) == c.after);
}

TEST_CASE("check: a session that lost records says so and goes on", "[store][check]") {
  const World world;
  SQLite::Database(world.path, SQLite::OPEN_READWRITE).exec("DELETE FROM messages WHERE session = 1 AND position < 5");
  CHECK(world.check(Mend::what_can_be).findings.size() == 1);
  const auto store = open(world.directory.path(), "ada", OpenMode::create).value();
  const auto records = store->records(world.ids[0]).value();
  CHECK(records.size() == messages_each - 4 + 1);
  CHECK(records.front().position == 1);
  CHECK(records.back().json ==
        R"({"code":"records_lost","message":"4 records of this session were lost when the store was damaged"})");
  REQUIRE(store->append(world.ids[0], {user_says(world.ids[0], 200, "next", "x")}, {}));
}

TEST_CASE("check: files that no session has go to the archive, and wide modes are narrowed", "[store][check]") {
  const World world;
  const std::string gone = "0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c1d";
  REQUIRE(make_directories(world.directory / ("ada/files/" + gone), 0700));
  REQUIRE(write_file_atomic(world.directory / ("ada/files/" + gone + "/big.txt"), "text"));
  REQUIRE(::chmod(world.path.c_str(), 0644) == 0);
  CHECK(kinds(world.check(Mend::nothing)) == Kinds{"mode", "orphan_files"});
  CHECK(kinds(world.check(Mend::what_can_be)) == Kinds{"mode mended", "orphan_files mended"});
  CHECK(read_file(world.directory / ("ada/archive/" + gone + ".files/big.txt")).value() == "text");
  CHECK(kinds(world.check(Mend::nothing)).empty());
}

TEST_CASE("check: pages that are overwritten cost their own rows, and what is saved and lost is counted",
          "[store][check]") {
  const World world;
  world.checkpoint();
  const auto pages = static_cast<std::streamoff>(std::filesystem::file_size(world.path) / 4096);
  REQUIRE(pages > 200);
  const std::string garbage(4096, '\xEE');
  struct Spot {
    std::streamoff first, count;
  };
  const auto spot = GENERATE_COPY(values<Spot>({{50, 1}, {100, 30}, {-1, 1}, {-20, 20}, {40, 100}}));
  CAPTURE(spot.first, spot.count, pages);
  for (std::streamoff i = 0; i < spot.count; ++i) {
    world.overwrite(((spot.first < 0 ? pages + spot.first : spot.first) + i) * 4096, garbage);
  }
  const auto before = read_file(world.path).value();

  const auto found = world.check(Mend::nothing);
  REQUIRE_FALSE(found.findings.empty());
  CHECK(found.findings.front().kind == "damaged");
  CHECK(read_file(world.path).value() == before);

  const auto report = world.check(Mend::what_can_be);
  REQUIRE(report.salvage);
  CHECK(read_file(report.salvage->kept_as).value() == before);
  const auto there = world.count_true_messages();
  CHECK(rows_of(report, "messages").saved == report.messages);
  // A session that was lost has another id now.
  if (rows_of(report, "sessions").saved == sessions) CHECK(static_cast<std::int64_t>(there) == report.messages);
  // A page holds few of them; an inner one that leads to many may be among those that were lost.
  CHECK(report.messages >= sessions * messages_each - spot.count * 40);
  if (const auto lost = rows_of(report, "messages").lost) {
    CHECK(*lost + report.messages == sessions * messages_each);
  }
  CHECK(kinds(world.check(Mend::nothing)).empty());
}

TEST_CASE("check: every page alone may be lost, and the rest is saved", "[store][check]") {
  const World world;
  world.checkpoint();
  const auto content = read_file(world.path).value();
  const auto pages = content.size() / 4096;
  // Some of them, those at the beginning too, where tables and indexes have their roots.
  const auto page = GENERATE(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 60, 130, 200);
  REQUIRE(static_cast<std::size_t>(page) < pages);
  world.overwrite(page * 4096, std::string(4096, '\0'));
  CAPTURE(page);
  const auto report = world.check(Mend::what_can_be);
  const auto there = world.count_true_messages();
  CHECK(static_cast<std::int64_t>(there) <= report.messages);
  // One page of a table's leaves at most, or a root, which leads to all of it.
  CHECK((page < 16 || report.messages >= sessions * messages_each - 40));
  CHECK(kinds(world.check(Mend::nothing)).empty());
  const auto store = open(world.directory.path(), "ada", OpenMode::create).value();
  CHECK(store->create(a_session()));
}

TEST_CASE("check: a header that is overwritten is replaced, and nothing is lost", "[store][check]") {
  const World world;
  world.checkpoint();
  const auto bytes = GENERATE(16, 100, 4096);
  const auto by = GENERATE(as<std::string>{}, std::string(1, '\0'), "g", "\xFF", "text\n");
  CAPTURE(bytes, by);
  std::string rubbish;
  while (rubbish.size() < static_cast<std::size_t>(bytes)) rubbish += by;
  world.overwrite(0, rubbish.substr(0, static_cast<std::size_t>(bytes)));
  CHECK(kinds(world.check(Mend::nothing)) == Kinds{"damaged"});
  const auto opened = open(world.directory.path(), "ada", OpenMode::create);
  REQUIRE_FALSE(opened);
  CHECK_THAT(opened.error().hint, Catch::Contains("errand sessions fsck --repair"));
  const auto report = world.check(Mend::what_can_be);
  CHECK(world.count_true_messages() == sessions * messages_each);
  CHECK(rows_of(report, "messages") == SavedRows{"messages", sessions * messages_each, 0});
}

TEST_CASE("check: a store that is all in its WAL is saved from there, whatever the file begins with",
          "[store][check]") {
  const TempDir directory;
  const auto path = directory / "ada/errand.db";
  std::string id;
  {
    const auto store = open(directory.path(), "ada", OpenMode::create).value();
    id = store->create(a_session()).value().id;
    REQUIRE(store->append(id, {user_says(id, 1, "u1", "x")}, {}));
  }
  REQUIRE(std::filesystem::file_size(path + "-wal") > 0);
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary) << std::string(4096, 'g');
  const auto report = check_store(directory.path(), "ada", Mend::what_can_be);
  if (!report) FAIL(describe(report.error()));
  const auto store = open(directory.path(), "ada", OpenMode::existing_only).value();
  CHECK(store->records(id).value().size() == 1);
}

TEST_CASE("check: a WAL that was cut short costs what came after the cut", "[store][check]") {
  const World world;
  {
    const auto store = open(world.directory.path(), "ada", OpenMode::create).value();
    world.checkpoint();
    REQUIRE(store->append(world.ids[0], {user_says(world.ids[0], 200, "m30", world.text_of_message(0, 30))}, {}));
    REQUIRE(store->append(world.ids[0], {user_says(world.ids[0], 200, "m31", world.text_of_message(0, 31))}, {}));
  }
  const auto wal = world.path + "-wal";
  const auto size = std::filesystem::file_size(wal);
  std::filesystem::resize_file(wal, size - 100);
  CHECK(kinds(world.check(Mend::nothing)).empty());
  CHECK(world.count_true_messages() == sessions * messages_each + 1);
}

TEST_CASE("check: what is no store of ours is refused and left untouched", "[store][check]") {
  const TempDir directory;
  REQUIRE(make_directories(directory / "ada", 0700));
  const auto path = directory / "ada/errand.db";
  std::string what;
  SECTION("text") {
    REQUIRE(write_file_atomic(path, std::string(9000, 'x'), 0600));
    what = "is no database of errand's";
  }
  SECTION("text of whole pages") {
    REQUIRE(write_file_atomic(path, std::string(std::size_t{20} * 4096, '\r'), 0600));
    what = "is no database of errand's";
  }
  SECTION("another program's database") {
    SQLite::Database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("CREATE TABLE sessions(a)");
    what = "is another program's database";
  }
  SECTION("a newer errand's") {
    { REQUIRE(open(directory.path(), "ada", OpenMode::create)); }
    SQLite::Database(path, SQLite::OPEN_READWRITE).exec("INSERT INTO schema_version VALUES(99, 0)");
    what = "has schema version 99";
  }
  const auto before = read_file(path).value();
  const auto report = check_store(directory.path(), "ada", Mend::what_can_be);
  REQUIRE_FALSE(report);
  CHECK(report.error().kind == ErrorKind::storage);
  CHECK_THAT(report.error().message, Catch::Contains(what));
  CHECK(read_file(path).value() == before);
}

TEST_CASE("check: a damaged store that another process has open is left to it", "[store][check]") {
  const World world;
  world.checkpoint();
  Child other([&](Line& line) {
    const auto store = open(world.directory.path(), "ada", OpenMode::create);
    line.say(store && (*store)->list({}) ? "open" : "failed");
    line.hear();
  });
  REQUIRE(other.line->hear() == "open");
  world.overwrite(50 * 4096, std::string(4096, '\xEE'));
  const auto report = check_store(world.directory.path(), "ada", Mend::what_can_be);
  REQUIRE_FALSE(report);
  CHECK(report.error().kind == ErrorKind::busy);
  other.line->say("go");
  other.line->hear();
  CHECK(world.check(Mend::what_can_be).salvage);
}
