// Budgets and locks between processes, real ones.

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "contract/store/every_store.hpp"
#include "store/sqlite_database.hpp"
#include "store/sqlite_journal.hpp"
#include "unit/store/child.hpp"

using namespace errand;
using namespace errand::store;
using namespace errand::test;

namespace {

std::unique_ptr<Store> open_in(const TempDir& directory) {
  return open(directory.path(), "ada", OpenMode::create).value();
}

Charge half_and_more() {
  return {"helper", "helper", 0.6, 0, {{"", Period::day, 1}}};
}

}  // namespace

TEST_CASE("budgets: of many processes at once, one passes a limit that fits one", "[store][lease]") {
  const TempDir directory;
  open_in(directory);
  std::vector<std::unique_ptr<Child>> children;
  for (int i = 0; i < 8; ++i) {
    children.push_back(std::make_unique<Child>([&](Line& line) {
      const auto store = open_in(directory);
      line.say("ready");
      line.hear();
      const auto reserved = store->reserve(half_and_more());
      line.say(reserved ? "passed" : std::string(name_of(reserved.error().kind)));
      line.hear();  // lives on, holding what it reserved
    }));
  }
  for (const auto& child : children) REQUIRE(child->line->hear() == "ready");
  for (const auto& child : children) child->line->say("go");
  std::map<std::string, int> said;
  std::vector<Child*> passed;
  for (const auto& child : children) {
    const auto word = child->line->hear();
    ++said[word];
    if (word == "passed") passed.push_back(child.get());
  }
  CHECK(said == std::map<std::string, int>{{"passed", 1}, {"limit", 7}});

  const auto store = open_in(directory);
  CHECK(!store->reserve(half_and_more()));
  REQUIRE(passed.size() == 1);
  passed.front()->end(SIGKILL);
  CHECK(store->reserve(half_and_more()));  // what the dead one had set aside counts no longer
}

TEST_CASE("locks: another process is named, a dead one never blocks", "[store][lease]") {
  const TempDir directory;
  const auto store = open_in(directory);
  Child holder([&](Line& line) {
    const auto own = open_in(directory);
    const auto lock = own->lock("nightly");
    line.say(lock ? "held" : describe(lock.error()));
    line.hear();
  });
  REQUIRE(holder.line->hear() == "held");
  const auto error = store->lock("nightly").error();
  CHECK(error.kind == ErrorKind::busy);
  CHECK_THAT(error.message, Catch::StartsWith(fmt::format("the lock \"nightly\" is held by process {} on {} since ",
                                                          holder.pid(), current_owner().host)));
  holder.signal(SIGSTOP);
  CHECK(!store->lock("nightly"));
  holder.end(SIGKILL);
  CHECK(store->lock("nightly"));
}

TEST_CASE("usage: a store of before is read into the table once", "[store]") {
  const TempDir directory;
  std::string session;
  {
    const auto store = open_in(directory);
    session = store->create(a_session()).value().id;
    REQUIRE(store->append(session,
                          {assistant_says(session, 1, "a1", "x"), uses(session, "r", at(1), {10, 5, 3, 2, 1}, 0.5),
                           uses(session, "r", at(2), {1, 1, 0, 0, 0}, std::nullopt)},
                          {}));
  }
  {
    Database database(directory / "ada/errand.db");
    database.execute(
        "DROP TABLE usage_by_turn; DROP TABLE locks; DROP TABLE reservations; DROP INDEX runs_started_alone; DELETE "
        "FROM schema_version WHERE version = 6");
  }
  const auto groups = open_in(directory)->usage({.by = {UsageBy::session, UsageBy::model}}).value();
  REQUIRE(groups.size() == 2);
  CHECK(groups[0] == UsageGroup{{session, ""}, 0, 1, 1, {1, 1, 0, 0, 0}, 0, 1});
  CHECK(groups[1] == UsageGroup{{session, "m-1"}, 1, 1, 1, {10, 5, 3, 2, 1}, 0.5, 0});
}

TEST_CASE("journal: the list of runs comes out of an index in its order", "[store]") {
  const TempDir directory;
  open_in(directory);
  Database database(directory / "ada/errand.db");
  const auto plan = [&](const RunQuery& query) {
    std::string out;
    auto rows = database.query("EXPLAIN QUERY PLAN " + runs_sql(query), {});
    while (rows.next()) out += rows.text(3) + "\n";
    return out;
  };
  const std::string others =
      "SEARCH s USING INTEGER PRIMARY KEY (rowid=?)\nSEARCH l USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN\n";
  CHECK(plan({}) == "SEARCH r USING INDEX runs_started_alone (started>?)\n" + others);
  CHECK(plan({.which = WhichRuns::failed, .agent = "a"}) ==
        "SEARCH r USING INDEX runs_started_alone (started>?)\n" + others);
  CHECK_THAT(plan({.which = WhichRuns::all}), Catch::StartsWith("SEARCH r USING INDEX runs_newest (started>?)\n"));
}
