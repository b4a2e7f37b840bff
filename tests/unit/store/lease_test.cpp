// Leases between processes, real ones: forked, stopped and killed.

#include <semaphore>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "contract/store/samples.hpp"
#include "store/open.hpp"
#include "store/owner.hpp"
#include "store/sqlite_store.hpp"
#include "support/temp_dir.hpp"
#include "unit/store/child.hpp"

using namespace errand;
using namespace errand::store;
using namespace errand::test;

namespace {

std::unique_ptr<SessionStore> open_in(const TempDir& directory) {
  return open(directory.path(), "ada", OpenMode::create).value();
}

// Another process that leases the session, begins a run in it when asked to, and says so.
void hold(const TempDir& directory, const std::string& session, bool with_run, Line& line) {
  const auto store = open_in(directory);
  const auto lease = store->lease(session);
  if (!lease) {
    line.say(describe(lease.error()));
    return;
  }
  if (with_run && !store->begin_run(a_run(session, 1), {user_says(session, 1, "u1", "x")})) return;
  line.say("held");
  line.hear();
}

// What another machine would have left.
void write_row(const TempDir& directory, const std::string& session, const std::string& host, Timestamp renewed) {
  Database database(directory / "ada/errand.db");
  database.run(
      "INSERT OR REPLACE INTO leases(session, token, pid, started, boot, host, pid_namespace, acquired, renewed) "
      "SELECT key, 'theirs', 77, 1, 'their boot', ?, 1, ?, ? FROM sessions WHERE id = ?",
      {host, to_ms(now() - std::chrono::minutes(3)), to_ms(renewed), session});
}

std::string run_states(const TempDir& directory) {
  Database database(directory / "ada/errand.db");
  auto rows = database.query("SELECT group_concat(state, ' ') FROM (SELECT state FROM runs ORDER BY started)", {});
  rows.next();
  return rows.text(0);
}

std::string status(SessionStore& store, const std::string& id) {
  return store.find(id, "").value().status;
}

}  // namespace

TEST_CASE("lease: another process is busy, and dead the moment it is killed", "[store][lease]") {
  const TempDir directory;
  const auto store = open_in(directory);
  const auto id = store->create(a_session()).value().id;
  Child holder([&](Line& line) { hold(directory, id, true, line); });
  REQUIRE(holder.line->hear() == "held");

  CHECK(status(*store, id) == "running");
  const auto error = store->lease(id).error();
  CHECK(error.kind == ErrorKind::busy);
  CHECK_THAT(error.message, Catch::StartsWith(fmt::format("session {} is in use by process {} on {} since ",
                                                          id.substr(0, 13), holder.pid(), current_owner().host)));
  CHECK(error.hint == "wait until it is done, or go on in a copy with --fork");
  CHECK(store->append(id, {warns(id, 2, "w")}, {}).error().kind == ErrorKind::busy);
  CHECK(store->begin_run(a_run(id, 2), {}).error().kind == ErrorKind::busy);
  CHECK(store->fork(id, "").has_value());

  SECTION("a stopped process still lives") {
    holder.signal(SIGSTOP);
    CHECK(store->lease(id).error().kind == ErrorKind::busy);
  }
  SECTION("its run is shown as interrupted, and marked when the lease is taken over") {
    holder.end(SIGKILL);
    CHECK(status(*store, id) == "interrupted");
    CHECK(run_states(directory) == "running");
    const auto lease = store->lease(id).value();
    CHECK(status(*store, id) == "interrupted");
    CHECK(run_states(directory) == "interrupted");
    REQUIRE(store->begin_run(a_run(id, 3), {user_says(id, 3, "u2", "y")}));
    CHECK(status(*store, id) == "running");
    CHECK(run_states(directory) == "interrupted running");
  }
  SECTION("a run without a lease of its own takes it over too") {
    holder.end(SIGKILL);
    REQUIRE(store->begin_run(a_run(id, 3), {}));
    CHECK(run_states(directory) == "interrupted running");
    CHECK(in_child([&] { return open_in(directory)->lease(id).error().message; }).find("in use by") !=
          std::string::npos);
  }
}

TEST_CASE("lease: it is free when its owner leaves in order", "[store][lease]") {
  const TempDir directory;
  const auto store = open_in(directory);
  const auto id = store->create(a_session()).value().id;
  Child holder([&](Line& line) { hold(directory, id, false, line); });
  REQUIRE(holder.line->hear() == "held");
  holder.line->say("leave");
  holder.wait();
  CHECK(store->lease(id).has_value());
}

TEST_CASE("lease: of many processes that want it one gets it", "[store][lease]") {
  const TempDir directory;
  const auto id = open_in(directory)->create(a_session()).value().id;
  std::vector<std::unique_ptr<Child>> children;
  for (int i = 0; i < 8; ++i) {
    children.push_back(std::make_unique<Child>([&](Line& line) {
      line.hear();
      hold(directory, id, false, line);
    }));
  }
  for (const auto& child : children) child->line->say("go");
  int held = 0;
  for (const auto& child : children) {
    const auto said = child->line->hear();
    if (said == "held") ++held;
    if (said != "held") CHECK_THAT(said, Catch::Contains("is in use by process"));
  }
  CHECK(held == 1);
}

TEST_CASE("lease: one that was taken over is noticed by the next write", "[store][lease]") {
  const TempDir directory;
  const auto store = open_in(directory);
  const auto id = store->create(a_session()).value().id;
  auto lease = store->lease(id).value();
  const auto run = a_run(id, 1);
  REQUIRE(store->begin_run(run, {}));

  SECTION("while the other has it") {
    write_row(directory, id, "elsewhere", now());
    CHECK_THAT(store->append(id, {warns(id, 1, "w")}, {}).error().message,
               Catch::Contains("is in use by process 77 on elsewhere since 3m"));
  }
  SECTION("after the other is done") {
    Database(directory / "ada/errand.db").run("DELETE FROM leases", {});
    CHECK(store->append(id, {warns(id, 1, "w")}, {}).error().message ==
          fmt::format("session {} was taken over by another process meanwhile", id));
  }
  CHECK(store->end_run(end_of(run, 2), {}).error().kind == ErrorKind::busy);
  CHECK(store->records(id).value().empty());
}

TEST_CASE("lease: another machine's counts until it was silent for a minute", "[store][lease]") {
  const TempDir directory;
  const auto store = open_in(directory);
  const auto id = store->create(a_session()).value().id;
  write_row(directory, id, "elsewhere", now() - std::chrono::seconds(50));
  CHECK_THAT(store->lease(id).error().hint, Catch::Contains("the session is free within a minute"));
  write_row(directory, id, "elsewhere", now() - std::chrono::seconds(61));
  CHECK(store->lease(id).has_value());
}

TEST_CASE("lease: it is renewed while it is held, and only then", "[store][lease]") {
  const TempDir directory;
  const auto id = open_in(directory)->create(a_session()).value().id;
  const auto renewed = [&] {
    Database database(directory / "ada/errand.db");
    auto rows = database.query("SELECT coalesce(max(renewed - acquired), -1) FROM leases", {});
    rows.next();
    return rows.integer(0);
  };
  SqliteStore store(std::make_unique<Database>(directory / "ada/errand.db"), FileArea(directory / "ada/files"),
                    FileArea(directory / "ada/snapshots"), std::chrono::milliseconds(1));
  auto lease = store.lease(id).value();
  while (renewed() < 5) std::this_thread::yield();
  lease.reset();
  CHECK(renewed() == -1);
}
