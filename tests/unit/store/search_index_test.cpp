// What SQLite's index does beside what every SearchIndex does: migrations, deletion, checks, hostile databases.

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sqlite3.h>

#include "base/text.hpp"
#include "contract/store/samples.hpp"
#include "store/open.hpp"
#include "store/sqlite_create.hpp"
#include "store/sqlite_database.hpp"
#include "store/sqlite_index.hpp"
#include "store/sqlite_messages.hpp"
#include "store/sqlite_schema.hpp"
#include "store/sqlite_search.hpp"
#include "store/sqlite_sessions.hpp"
#include "support/temp_dir.hpp"

using namespace errand;
using namespace errand::store;
using namespace errand::test;

namespace {

std::vector<Migration> up_to(int version) {
  std::vector<Migration> out;
  for (const auto& migration : all_migrations()) {
    if (migration.version <= version) out.push_back(migration);
  }
  return out;
}

struct Fixture {
  Database database{memory_path};

  explicit Fixture(int version = 1000) { REQUIRE(migrate(database, up_to(version))); }

  std::int64_t session(const std::string& forked_from = "") {
    const auto id = insert_session(database, a_session()).value();
    const auto key = key_of(database, id).value();
    if (!forked_from.empty()) database.run("UPDATE sessions SET forked_from = ? WHERE key = ?", {forked_from, key});
    return key;
  }
  std::string id_of(std::int64_t session) {
    auto rows = database.query("SELECT id FROM sessions WHERE key = ?", {session});
    rows.next();
    return rows.text(0);
  }
  // As an older program would have stored it.
  void put(std::int64_t session, const std::string& message_id, const std::string& text) {
    const auto json = fmt::format(R"({{"content":[{{"type":"text","text":"{}"}}]}})", text);
    database.run(
        "INSERT INTO messages(session, position, message_id, type, run, agent_path, time, json) VALUES(?1, 1 + (SELECT "
        "count(*) FROM messages WHERE session = ?1), ?2, 'user', '', 'root', 0, ?3)",
        {session, message_id, json});
  }
  void put_and_index(std::int64_t session, const std::string& message_id, const std::string& text) {
    put(session, message_id, text);
    auto rows = database.query("SELECT key, json FROM messages ORDER BY key DESC LIMIT 1", {});
    rows.next();
    const auto json = rows.text(1);
    add_to_index(database, {rows.integer(0), session, "user", 0, json});
  }
  void remove(std::int64_t session) {
    remove_from_index(database, session);
    database.run("DELETE FROM messages WHERE session = ?", {session});
    database.run("DELETE FROM sessions WHERE key = ?", {session});
  }
  std::vector<std::string> found(const std::string& text) {
    std::vector<std::string> out;
    const auto result = search_messages(database, {.text = text}).value();
    for (const auto& hit : result.hits) {
      auto rows = database.query("SELECT key FROM sessions WHERE id = ?", {hit.session});
      rows.next();
      out.push_back(fmt::format("{}/{}", rows.integer(0), hit.message_id));
    }
    std::sort(out.begin(), out.end());
    return out;
  }
};

using List = std::vector<std::string>;

}  // namespace

TEST_CASE("search index: a store of an older version can be searched after it was migrated", "[store][search]") {
  Fixture old(2);
  const auto session = old.session();
  const auto fork = old.session(old.id_of(session));
  old.put(session, "u1", "needle");
  old.put(session, "bad", "needle");
  old.database.run("UPDATE messages SET json = '{' WHERE message_id = 'bad'", {});
  old.put(fork, "u1", "needle");
  old.put(fork, "u2", "needle");
  old.database.run(
      "INSERT INTO events(session, position, type, run, agent_path, time, json) VALUES(?, 9, 'done', '', 'root', 0, "
      R"('{"report":{"files_written":["/a/made.txt"]}}'))",
      {session});
  REQUIRE(migrate(old.database, all_migrations()));
  CHECK(old.found("needle") == List{"1/u1", "2/u2"});
  CHECK(search_messages(old.database, {.text = "needle", .file = "made.txt"}).value().hits.size() == 1);
  CHECK(check_index(old.database));
}

TEST_CASE("search index: a deleted session leaves nothing, and its forks show what they copied", "[store][search]") {
  Fixture store;
  const auto original = store.session();
  store.put_and_index(original, "u1", "needle");
  const auto fork = store.session(store.id_of(original));
  store.put(fork, "u1", "needle");
  store.put_and_index(fork, "u2", "needle two");
  const auto second = store.session(store.id_of(fork));
  store.put(second, "u1", "needle");
  store.put(second, "u2", "needle two");
  CHECK(store.found("needle") == List{"1/u1", "2/u2"});

  store.remove(fork);
  CHECK(store.found("needle") == List{"1/u1", "3/u2"});
  store.remove(original);
  CHECK(store.found("needle") == List{"3/u1", "3/u2"});
  CHECK(check_index(store.database));
  store.remove(second);
  CHECK(store.found("needle").empty());
  CHECK(check_index(store.database));

  // A key that is used again brings nothing of the old text along.
  const auto next = store.session();
  store.put_and_index(next, "n", "hay");
  CHECK(store.found("needle").empty());
  CHECK(store.found("hay").size() == 1);
}

TEST_CASE("search index: a compacted index holds no word of what was deleted", "[store][search]") {
  Fixture store;
  const auto kept = store.session();
  store.put_and_index(kept, "u1", "hay");
  const auto deleted = store.session();
  store.put_and_index(deleted, "u2", "needle");
  const auto pages_with = [&](const std::string& word) {
    auto rows =
        store.database.query("SELECT count(*) FROM search_data WHERE instr(block, CAST(?1 AS BLOB)) > 0", {word});
    rows.next();
    return rows.integer(0);
  };
  CHECK(pages_with("needle") > 0);
  store.remove(deleted);
  compact_index(store.database);
  CHECK(pages_with("needle") == 0);
  CHECK(pages_with("hay") > 0);
  CHECK(store.found("hay") == List{"1/u1"});
}

TEST_CASE("search index: what is missing or damaged is noticed, and made anew", "[store][search]") {
  Fixture store;
  const auto session = store.session();
  store.put_and_index(session, "u1", "needle");
  CHECK(check_index(store.database));
  store.put(session, "u2", "needle");
  const auto missing = check_index(store.database);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message == "1 messages are missing in the search index of :memory:");
  rebuild_index(store.database);
  CHECK(check_index(store.database));
  CHECK(store.found("needle") == List{"1/u1", "1/u2"});
}

TEST_CASE("search index: hits come newest first without sorting", "[store][search]") {
  Fixture store;
  auto plan = store.database.query(std::string("EXPLAIN QUERY PLAN ") + search_sql, {"\"x\"", std::int64_t{1}});
  List steps;
  while (plan.next()) steps.push_back(plan.text(3));
  CHECK(steps.size() == 2);
  for (const auto& step : steps) CHECK_THAT(step, !Catch::Contains("TEMP B-TREE"));
}

TEST_CASE("search index: a database that somebody brought along can only fail", "[store][search]") {
  const std::vector<std::string> schemas = {
      "",
      "CREATE TABLE search(text, facet)",
      "CREATE VIEW search AS SELECT 1 AS text, 2 AS facet",
      "CREATE VIRTUAL TABLE search USING fts5(text, facet, content='sessions')",
      "CREATE VIRTUAL TABLE search USING fts5(a, tokenize='unicode61')",
      "CREATE VIRTUAL TABLE search USING fts5(text, facet, content='', columnsize=0, tokenize='errand');"
      "PRAGMA writable_schema=ON",
  };
  for (const auto& schema : schemas) {
    CAPTURE(schema);
    const TempDir directory;
    const auto path = directory / "ada/errand.db";
    const auto id = open(directory.path(), "ada", OpenMode::create).value()->create(a_session()).value().id;
    {
      Database database(path);
      database.execute("DROP TABLE search");
      database.execute(schema);
    }
    const auto store = open(directory.path(), "ada", OpenMode::existing_only).value();
    const auto found = store->search({.text = "needle"});
    if (!found) CHECK(found.error().kind == ErrorKind::storage);
    CHECK(store->list({}).value().size() == 1);
  }
}

TEST_CASE("search index: a damaged page of it is an error, and costs no message", "[store][search]") {
  const TempDir directory;
  const auto path = directory / "ada/errand.db";
  std::string id;
  {
    const auto store = open(directory.path(), "ada", OpenMode::create).value();
    id = store->create(a_session()).value().id;
    for (int i = 0; i < 50; ++i) {
      REQUIRE(store->append(id, {user_says(id, i, fmt::format("u{}", i), "needle in hay")}, {}));
    }
  }
  {
    SQLite::Database raw(path, SQLite::OPEN_READWRITE);
    CHECK(raw.exec("UPDATE search_data SET block = x'FFFFFFFFFFFFFFFF' WHERE id > 10") > 0);
  }
  const auto store = open(directory.path(), "ada", OpenMode::existing_only).value();
  const auto found = store->search({.text = "needle"});
  REQUIRE_FALSE(found);
  CHECK(found.error().kind == ErrorKind::storage);
  CHECK(found.error().message == fmt::format("the search index of {} is damaged", path));
  CHECK(store->history(id).value().size() == 50);
  {
    Database database(path);
    CHECK_FALSE(check_index(database));
    rebuild_index(database);
    CHECK(check_index(database));
  }
  CHECK(store->search({.text = "needle"}).value().hits.size() == 20);
}
