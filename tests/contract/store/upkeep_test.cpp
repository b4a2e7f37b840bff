// What every Upkeep does, and which messages of a session that was rewound are still its conversation.

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "base/file.hpp"
#include "contract/store/every_store.hpp"
#include "store/open.hpp"
#include "support/temp_dir.hpp"

using namespace errand;
using namespace errand::store;
using namespace errand::test;

namespace {

struct Opened : AnyStore {
  // What is told: "u1" is a prompt, "a1" a reply, "t1" a result, "<u1" goes back to u1, "<" to the beginning, "#u1" a
  // compaction that keeps from u1.
  void tell(const std::string& id, const std::vector<std::string>& words) const {
    std::vector<Lasting> events;
    int seconds = 1;
    for (const auto& word : words) events.push_back(event(id, ++seconds, word));
    REQUIRE(store->append(id, events, {}));
  }

  std::string conversation(const std::string& id) const {
    const auto history = store->read_history(id).value();
    std::string out;
    for (const auto& message : history.messages) out += message.message_id + " ";
    if (history.compaction) {
      out += fmt::format("(#{} after {})", history.compaction->kept_from, history.compaction->messages_before);
    }
    return out;
  }

 private:
  static chat::Event event(const std::string& id, int seconds, const std::string& word) {
    if (word.starts_with('u')) return user_says(id, seconds, word, "text of " + word);
    if (word.starts_with('a')) return assistant_says(id, seconds, word, "text of " + word);
    if (word.starts_with('<')) return event_of(id, seconds, chat::event::Rewound{word.substr(1)});
    if (word.starts_with('#')) {
      return event_of(id, seconds, chat::event::CompactCompleted{"user", 9, 1, word.substr(1), "summary", false});
    }
    const chat::ToolResult result{"call", {chat::Text{"r"}}, false};
    return event_of(id, seconds, chat::event::ToolResult{word, result, "Read", {}, false, ""});
  }
};

void check_failure(const Error& error, ErrorKind kind, const std::string& part) {
  CHECK(name_of(error.kind) == name_of(kind));
  CHECK_THAT(error.message, Catch::Contains(part));
}

}  // namespace

TEST_CASE("store: a conversation is what leads to its newest message, however it went back", "[store][contract]") {
  struct Case {
    std::vector<std::string> told;
    const char* conversation;
  };
  const auto c = GENERATE(values<Case>({
      {{"u1", "a1", "u2", "a2"}, "u1 a1 u2 a2 "},
      {{"u1", "a1", "u2", "a2", "<a1"}, "u1 a1 "},
      {{"u1", "a1", "u2", "a2", "<a1", "u3"}, "u1 a1 u3 "},
      {{"u1", "a1", "<", "u2"}, "u2 "},
      {{"u1", "a1", "<"}, ""},
      // back, and back again to before that
      {{"u1", "a1", "u2", "a2", "<a1", "u3", "<u1", "a3"}, "u1 a3 "},
      // a message that was taken out comes back, with what led to it
      {{"u1", "a1", "u2", "a2", "<a1", "u3", "<a2", "u4"}, "u1 a1 u2 a2 u4 "},
      {{"u1", "a1", "<nobody", "u2"}, "u1 a1 u2 "},
      // compactions
      {{"u1", "a1", "#a1", "u2"}, "u1 a1 u2 (#a1 after 2)"},
      {{"u1", "a1", "#a1", "u2", "<a1"}, "u1 a1 "},
      {{"u1", "a1", "#a1", "u2", "<u1"}, "u1 "},
      {{"u1", "a1", "#a1", "u2", "a2", "<u2"}, "u1 a1 u2 (#a1 after 2)"},
      {{"u1", "a1", "#a1", "u2", "a2", "<a1", "<a2"}, "u1 a1 u2 a2 "},
      {{"u1", "#u1", "a1", "u2", "#u2", "a2", "<u2", "<a2"}, "u1 a1 u2 a2 (#u1 after 1)"},
      {{"u1", "a1", "<u1", "a2", "#a2", "u3"}, "u1 a2 u3 (#a2 after 2)"},
  }));
  const Opened store;
  const auto id = store.session();
  store.tell(id, c.told);
  CAPTURE(c.told);
  CHECK(store.conversation(id) == c.conversation);
  CHECK(store->records(id).value().size() == c.told.size());  // nothing is gone

  const auto fork = store->fork(id, "").value().id;
  CHECK(store.conversation(fork) == c.conversation);
}

TEST_CASE("store: a rewind that can't be read changes nothing", "[store][contract]") {
  const Opened store;
  const auto id = store.session();
  store.tell(id, {"u1", "a1"});
  auto whole = store->read_whole(id).value();
  whole.info.id = make_uuid7(now());
  const auto json = GENERATE(as<std::string>{}, "", "7", "[]", "{\"to\":7}", "{\"to\":[\"u1\"]}");
  whole.records.push_back({3, "rewound", "", "", "root", at(9), json});
  REQUIRE(store->import_session(whole));
  CHECK(store.conversation(whole.info.id) == "u1 a1 ");
}

TEST_CASE("store: a fork can end with a message, a reply keeps its results", "[store][contract]") {
  const Opened store;
  const auto id = store.session();
  store.tell(id, {"u1", "a1", "t1", "t2", "#u1", "a2", "u2", "<a2", "u3"});
  const auto at_message = [&](const std::string& message) {
    const auto fork = store->fork_at(id, "", message).value();
    CHECK(fork.forked_from == id);
    return store.conversation(fork.id);
  };
  CHECK(at_message("u1") == "u1 ");
  CHECK(at_message("a1") == "u1 a1 t1 t2 ");
  CHECK(at_message("t1") == "u1 a1 t1 t2 ");
  CHECK(at_message("a2") == "u1 a1 t1 t2 a2 (#u1 after 4)");
  check_failure(store->fork_at(id, "", "u2").error(), ErrorKind::failure, "no message \"u2\"");
  check_failure(store->fork_at(id, "", "\x1b[2J").error(), ErrorKind::failure, "no message");

  const auto fork = store->fork_at(id, "copy", "a2").value();
  store.tell(fork.id, {"u9"});  // it goes on like any other
  CHECK(store.conversation(fork.id) == "u1 a1 t1 t2 a2 u9 (#u1 after 4)");
}

TEST_CASE("store: a session that is read whole and brought in again is the same", "[store][contract]") {
  const Opened store;
  auto start = a_session();
  start.name = "nightly";
  start.project = "/home/a/\xFF";
  const auto id = store.session(start);
  const auto run = a_run(id, 1);
  REQUIRE(store->begin_run(run, {user_says(id, 1, "u1", "count")}));
  REQUIRE(store->append(id, {assistant_says(id, 2, "a1", "3"), warns(id, 3, "slow")}, {2, {1, 2, 3, 4, 5, 6}, {}}));
  REQUIRE(store->end_run(end_of(run, 4, "limit"), {}));
  const auto open_run = a_run(id, 5);
  REQUIRE(store->begin_run(open_run, {user_says(id, 5, "u2", "more")}));
  const auto whole = store->read_whole(id).value();
  REQUIRE(whole.runs.size() == 2);
  CHECK(whole.runs[0].argv == std::vector<std::string>{"run", "count"});
  check_failure(store->import_session(whole).error(), ErrorKind::failure, "there is a session " + id + " already");

  REQUIRE(store->end_run(end_of(open_run, 6), {}));
  auto expected = store->read_whole(id).value();
  REQUIRE(store->remove({id}, SessionFiles::removed));
  CHECK(store->import_session(expected).value() == expected.info);
  CHECK(store->read_whole(id).value() == expected);
  REQUIRE(store->append(id, {user_says(id, 9, "u3", "go on")}, {}));
  CHECK(store->records(id).value().back().position == static_cast<std::int64_t>(expected.records.size()) + 1);

  SECTION("a run nobody is in any more is interrupted") {
    auto copy = whole;
    copy.info.id = make_uuid7(now());
    CHECK(store->import_session(copy).value().status == "interrupted");
    CHECK(store->read_whole(copy.info.id).value().runs[1].state == "interrupted");
  }
}

TEST_CASE("store: what is no session is not brought in, and leaves nothing", "[store][contract]") {
  const Opened store;
  const auto id = store.session();
  store.tell(id, {"u1", "a1"});
  auto whole = store->read_whole(id).value();
  whole.info.id = make_uuid7(now());
  SECTION("an id") {
    whole.info.id = "../../x";
  }
  SECTION("a name") {
    whole.info.start.name = "-1";
  }
  SECTION("two messages of one id") {
    whole.records[1].message_id = "u1";
  }
  SECTION("a message without an id") {
    whole.records[1].message_id = "";
  }
  SECTION("a message that is none") {
    whole.records[1].json = "{\"content\":7}";
  }
  SECTION("a run's id") {
    whole.runs.push_back({.id = "x"});
  }
  CHECK_FALSE(store->import_session(whole));
  CHECK(store->list({.limit = 0}).value().size() == 1);
}

TEST_CASE("store: a session is removed with its subagents' sessions, its files and nothing else", "[store][contract]") {
  const Opened store;
  const auto id = store.session();
  const auto other = store.session();
  auto child = a_session();
  child.parent = id;
  const auto first = store.session(child);
  child.parent = first;
  const auto second = store.session(child);
  for (const auto& session : {id, other, first, second}) {
    const auto run = a_run(session, 1);
    REQUIRE(store->begin_run(run, {user_says(session, 1, "u1", "x")}));
    REQUIRE(store->append(session, {assistant_says(session, 2, "a1", "y"), warns(session, 3, "z")}, {}));
    REQUIRE(store->end_run(end_of(run, 4), {}));
    REQUIRE(write_file_atomic(join_path(store->files_directory(session).value(), "big.txt"), "12345"));
  }
  CHECK(store->kept_files(id).value() == std::vector<Upkeep::KeptFile>{{"big.txt", 5}});
  CHECK(store->family(id).value() == std::vector<std::string>{id, first, second});
  const auto directory = store->files_directory(id).value();

  // Named twice and in any order.
  const auto removed = store->remove({first, id, second, id}, SessionFiles::removed).value();
  CHECK(removed == Removed{{second, first, id}, 6});
  CHECK_FALSE(path_exists(directory));
  check_failure(store->find(id, "").error(), ErrorKind::failure, "no session");
  CHECK(ids_of(store->list({.limit = 0, .with_subagents = true}).value()) == std::vector<std::string>{other});
  CHECK(store->records(other).value().size() == 3);
  CHECK(store->kept_files(other).value().size() == 1);
  check_failure(store->remove({other, id}, SessionFiles::removed).error(), ErrorKind::failure, "no session");
  CHECK(store->records(other).value().size() == 3);
}

TEST_CASE("store: what may go is the oldest, without names, and never too much", "[store][contract]") {
  const Opened store;
  const auto made_at = [&](int seconds, const NewSession& start) {
    const auto id = store.session(start);
    REQUIRE(store->append(id, {warns(id, seconds, "x")}, {}));
    return id;
  };
  auto named = a_session();
  named.name = "keep me";
  auto elsewhere = a_session();
  elsewhere.project = "/home/a/b";
  auto child = a_session();
  const auto one = made_at(10, a_session());
  const auto two = made_at(20, named);
  const auto three = made_at(30, elsewhere);
  const auto four = made_at(40, a_session());
  child.parent = one;
  made_at(5, child);
  const auto running = made_at(1, a_session());
  const auto run = a_run(running, 2);
  REQUIRE(store->begin_run(run, {}));

  const auto stale = [&](const StaleQuery& query) { return ids_of(store->stale(query).value()); };
  using Ids = std::vector<std::string>;
  CHECK(stale({}) == Ids{one, three, four});
  CHECK(stale({.before = at(30)}) == Ids{one});
  CHECK(stale({.named = StaleQuery::Named::included}) == Ids{one, two, three, four});
  CHECK(stale({.keep_newest = 2}) == Ids{one});  // the named one counts among the newest
  CHECK(stale({.keep_newest = 1, .project = "/home/a/b"}).empty());
  CHECK(stale({.project = "/home/a/b"}) == Ids{three});
  CHECK(stale({.limit = 2}) == Ids{one, three});
  CHECK(stale({.agent = "nobody"}).empty());
}

TEST_CASE("store: what was read for the archive goes only if nothing has changed since", "[store][contract]") {
  const Opened store;
  const auto id = store.session();
  auto start = a_session();
  start.parent = id;
  const auto child = store.session(start);
  for (const auto& session : {id, child}) store.tell(session, {"u1", "a1"});
  const std::vector<SeenSession> seen = {{id, 2}, {child, 2}};
  StaleQuery query;
  query.before = at(60);
  SECTION("nothing has") {
    const auto lease = store->lease(id).value();  // whoever archives has it
    const auto removed = store->remove_archived(seen, query).value();
    CHECK(removed == Removed{{child, id}, 4});
    CHECK(store->list({.limit = 0, .with_subagents = true}).value().empty());
    return;
  }
  SECTION("somebody went on") {
    store.tell(id, {"u2"});
  }
  SECTION("a subagent went on") {
    store.tell(child, {"u2"});
  }
  SECTION("there is another subagent") {
    REQUIRE_FALSE(store.session(start).empty());
  }
  SECTION("it has a name") {
    REQUIRE(store->change(id, {.name = "keep me"}));
  }
  SECTION("it is not old enough") {
    query.before = at(1);
  }
  SECTION("it is among the newest") {
    query.keep_newest = 1;
  }
  check_failure(store->remove_archived(seen, query).error(), ErrorKind::busy, "was used or changed meanwhile");
  CHECK(store->records(id).value().size() >= 2);
  CHECK(store->records(child).value().size() >= 2);
}

TEST_CASE("store: a family stays when one of it has to, however far below", "[store][contract]") {
  const Opened store;
  std::vector<std::string> line = {store.session()};
  for (int depth = 0; depth < 3; ++depth) {
    auto start = a_session();
    start.parent = line.back();
    if (depth == 2) start.name = "kept";
    line.push_back(store.session(start));
  }
  for (const auto& id : line) REQUIRE(store->append(id, {warns(id, 5, "x")}, {}));
  CHECK(store->stale({}).value().empty());
  StaleQuery query;
  query.named = StaleQuery::Named::included;
  CHECK(ids_of(store->stale(query).value()) == std::vector<std::string>{line.front()});
  REQUIRE(store->append(line.back(), {warns(line.back(), 50, "x")}, {}));
  query.before = at(20);
  CHECK(store->stale(query).value().empty());
}

TEST_CASE("store: a session that is brought in counts the runs that came with it", "[store][contract]") {
  const Opened store;
  const auto id = store.session();
  store.tell(id, {"u1", "a1"});
  auto whole = store->read_whole(id).value();
  whole.info.id = make_uuid7(now());
  whole.info.runs = 5;
  CHECK(store->import_session(whole).value().runs == 0);
}

TEST_CASE("store: what a fork copied is found once, whichever is brought in first", "[store][contract]") {
  const Opened store;
  const auto id = store.session();
  store.tell(id, {"u1", "a1"});
  const auto fork = store->fork(id, "").value().id;
  store.tell(fork, {"u2"});
  const auto original = store->read_whole(id).value();
  const auto copy = store->read_whole(fork).value();
  REQUIRE(store->remove({id, fork}, SessionFiles::removed));
  const bool fork_first = GENERATE(false, true);
  CAPTURE(fork_first);
  REQUIRE(store->import_session(fork_first ? copy : original));
  REQUIRE(store->import_session(fork_first ? original : copy));
  const auto found = [&](const std::string& text) {
    std::vector<std::string> sessions;
    const auto result = store->search({.text = text}).value();
    for (const auto& hit : result.hits) sessions.push_back(hit.session);
    return sessions;
  };
  CHECK(found("\"text of u1\"") == std::vector<std::string>{id});
  CHECK(found("\"text of u2\"") == std::vector<std::string>{fork});
  REQUIRE(store->remove({id}, SessionFiles::removed));  // and is found where it still is
  CHECK(found("\"text of u1\"") == std::vector<std::string>{fork});
}

TEST_CASE("store: what another connection stored is noticed, and given from a position on", "[store][contract]") {
  const TempDir directory;
  const auto reader = open(directory.path(), "ada", OpenMode::create).value();
  const auto writer = open(directory.path(), "ada", OpenMode::create).value();
  const auto id = writer->create(a_session()).value().id;
  const auto before = reader->change_count().value();
  CHECK(reader->change_count().value() == before);
  REQUIRE(writer->append(id, {user_says(id, 1, "u1", "x"), warns(id, 2, "y")}, {}));
  CHECK(reader->change_count().value() != before);
  const auto records = reader->records_after(id, 1).value();
  REQUIRE(records.size() == 1);
  CHECK(records[0].type == "warning");
  CHECK(reader->records_after(id, 2).value().empty());
}
