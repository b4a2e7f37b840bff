// What every SessionStore does. To hold another implementation to it, add it to AnyStore.

#include <filesystem>
#include <thread>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "contract/store/every_store.hpp"

using namespace errand;
using namespace errand::store;
using namespace errand::test;

namespace {

struct Opened : AnyStore {
  // A session whose newest record is at `seconds`.
  std::string session_at(int seconds, const NewSession& start = a_session()) const {
    auto id = session(start);
    REQUIRE(store->append(id, {warns(id, seconds, "x")}, {}));
    return id;
  }
  std::string status(const std::string& id) const { return store->find(id, "").value().status; }
};

void check_failure(const Error& error, ErrorKind kind, const std::string& part) {
  CHECK(name_of(error.kind) == name_of(kind));
  CHECK_THAT(error.message, Catch::Contains(part));
}

}  // namespace

TEST_CASE("store: messages and events come back whole and in the order they were given", "[store][contract]") {
  const Opened store;
  const auto id = store.session();
  const auto run = a_run(id, 1);
  const chat::ToolResult result{"call-1", {chat::Text{"3"}, chat::Image{"image/png", std::string("\0\xFF", 2)}}, true};
  chat::AssistantMessage reply{
      {chat::Thinking{"hm", "sig", false}, chat::Text{"ü"},
       chat::ToolCall{"call-1", "Bash", "{ \"command\": \"ls", "s"}, chat::Native{"anthropic", "{}"}},
      "m-1",
      chat::StopReason::tool_use,
      {1, 2, 3, 4, 5}};
  reply.provider = "anthropic";
  REQUIRE(store->begin_run(run, {user_says(id, 1, "u1", "count\n\"it\"")}));
  REQUIRE(store->append(id, {event_of(id, 2, chat::event::Assistant{"a1", reply, {}}), warns(id, 3, "slow")}, {}));
  REQUIRE(store->append(id, {event_of(id, 4, chat::event::ToolResult{"t1", result, "Bash", {}, false, ""})}, {}));
  REQUIRE(store->end_run(end_of(run, 5), {warns(id, 5, "end")}));

  const std::vector<StoredMessage> expected = {
      {"u1", at(1), chat::UserMessage{{chat::Text{"count\n\"it\""}}}}, {"a1", at(2), reply}, {"t1", at(4), result}};
  CHECK(store->history(id).value() == expected);

  std::vector<std::string> order;
  const auto records = store->records(id).value();
  for (const auto& record : records) {
    order.push_back(fmt::format("{} {} {} {} {}", record.position, record.type, record.message_id, record.run,
                                to_rfc3339(record.time)));
  }
  CHECK(order == std::vector<std::string>{
                     "1 user u1 run-1 2030-03-17T17:46:41.000Z", "2 assistant a1 run-1 2030-03-17T17:46:42.000Z",
                     "3 warning  run-1 2030-03-17T17:46:43.000Z", "4 tool_result t1 run-1 2030-03-17T17:46:44.000Z",
                     "5 warning  run-1 2030-03-17T17:46:45.000Z"});
  CHECK(records.at(2) == StoredRecord{3, "warning", "", "run-1", "root", at(3), R"({"code":"w","message":"slow"})"});
}

TEST_CASE("store: text with a NUL, bad UTF-8 and 5 MB survives", "[store][contract]") {
  const Opened store;
  const auto id = store.session();
  const auto text = std::string("a\0b", 3) + std::string(5U << 20U, 'x');
  REQUIRE(store->append(id, {user_says(id, 1, "u1", text), user_says(id, 1, "u2", "bad \xFF byte")}, {}));
  const auto history = store->history(id).value();
  CHECK(text_of(std::get<chat::UserMessage>(history.at(0).body).content) == text);
  CHECK(text_of(std::get<chat::UserMessage>(history.at(1).body).content) == "bad \xEF\xBF\xBD byte");
}

TEST_CASE("store: a session keeps what it was started with and adds up what it used", "[store][contract]") {
  const Opened store;
  auto start = a_session();
  start.name = "nightly";
  start.project = "/home/a/\xFF";  // a path is bytes
  const auto created = store->create(start).value();
  const auto run = a_run(created.id, 2);
  REQUIRE(store->begin_run(run, {user_says(created.id, 2, "u1", "x")}));
  REQUIRE(store->append(created.id, {}, {1, {10, 5, 3, 2, 1}, 0.25}));
  REQUIRE(store->append(created.id, {}, {2, {1, 1, 1, 1, 1}, 0.5}));

  SessionInfo expected = created;
  CHECK(created.start == start);
  CHECK(created.cost_usd == 0.0);
  expected.updated = at(2);
  expected.turns = 3;
  expected.runs = 1;
  expected.usage = {11, 6, 4, 3, 2};
  expected.cost_usd = 0.75;
  expected.status = "running";
  CHECK(store->find(created.id, "").value() == expected);

  SECTION("a price that is unknown once stays unknown") {
    REQUIRE(store->append(created.id, {}, {1, {}, std::nullopt}));
    REQUIRE(store->append(created.id, {}, {1, {}, 0.5}));
    CHECK(store->find(created.id, "").value().cost_usd == std::nullopt);
  }
}

TEST_CASE("store: sessions are found by id, beginning, name and rank", "[store][contract]") {
  const Opened store;
  auto named = a_session();
  named.name = "release notes";
  auto elsewhere = a_session();
  elsewhere.project = "/home/a/b";
  const auto first = store.session_at(10, named);
  const auto second = store.session_at(30, elsewhere);
  const auto third = store.session_at(20);
  auto child = a_session();
  child.parent = third;
  const auto subagent = store.session_at(40, child);

  const auto found = [&](const std::string& reference, const std::string& project) {
    const auto session = store->find(reference, project);
    return session ? session->id : describe(session.error());
  };
  CHECK(found(first, "/elsewhere") == first);
  CHECK(found(subagent, "") == subagent);
  CHECK(found(third.substr(0, 35), "") == third);
  CHECK(found("release notes", "/elsewhere") == first);
  CHECK(found("latest", "") == second);
  CHECK(found("-1", "") == second);
  CHECK(found("-2", "") == third);
  CHECK(found("latest", "/home/a/a") == third);
  CHECK(found("-2", "/home/a/a") == first);

  SECTION("of two with one name, the one that was used last") {
    const auto newer = store.session_at(50, named);
    CHECK(found("release notes", "") == newer);
  }
  SECTION("a name wins over the beginning of an id") {
    const auto prefix = second.substr(0, 18);
    REQUIRE(store->change(first, {.name = prefix}));
    CHECK(found(prefix, "") == first);
  }
}

TEST_CASE("store: what names no session says so and helps", "[store][contract]") {
  const Opened store;
  check_failure(store->find("latest", "").error(), ErrorKind::failure, "there is no session yet");
  auto start = a_session();
  start.name = "release";
  start.title = "one\n\x1B[31mtwo";
  const auto first = store.session(start);
  const auto second = store.session();

  const auto near = store->find("relaese", "").error();
  check_failure(near, ErrorKind::failure, "no session \"relaese\"");
  CHECK_THAT(near.hint, Catch::Contains("did you mean \"release\"?"));
  CHECK_THAT(store->find("zzzzzzzz", "").error().hint, Catch::Contains("errand sessions list"));
  check_failure(store->find("-3", "").error(), ErrorKind::failure, "there are fewer than 3 sessions");
  check_failure(store->find("latest", "/no").error(), ErrorKind::failure, "there is no session in /no yet");
  const auto unknown = make_uuid7(at(0));
  check_failure(store->find(unknown, "").error(), ErrorKind::failure, unknown);

  const auto ambiguous = store->find(first.substr(0, 4), "").error();
  check_failure(ambiguous, ErrorKind::failure, "is the beginning of 2 sessions");
  CHECK_THAT(ambiguous.message, Catch::Contains(first) && Catch::Contains(second) && !Catch::Contains("\x1B"));

  const auto malformed = GENERATE(as<std::string>{}, "", "-0", "-x", "--", "-99999999999999999999", "a\nb", "\x1B[2J",
                                  "\xFF", std::string(300, 'a'));
  CAPTURE(malformed);
  check_failure(store->find(malformed, "").error(), ErrorKind::usage, "is no session reference");
}

TEST_CASE("store: lists are newest first and narrowed as asked", "[store][contract]") {
  const Opened store;
  auto other = a_session();
  other.agent = "reviewer";
  other.project = "/home/a/b";
  const auto oldest = store.session_at(10);
  const auto newest = store.session_at(30, other);
  const auto middle = store.session_at(20);
  auto child = a_session();
  child.parent = newest;
  const auto subagent = store.session_at(40, child);

  const auto listed = [&](const SessionQuery& query) { return ids_of(store->list(query).value()); };
  using Ids = std::vector<std::string>;
  CHECK(listed({}) == Ids{newest, middle, oldest});
  CHECK(listed({.limit = 2}) == Ids{newest, middle});
  CHECK(listed({.limit = 0, .with_subagents = true}) == Ids{subagent, newest, middle, oldest});
  CHECK(listed({.project = "/home/a/a"}) == Ids{middle, oldest});
  CHECK(listed({.agent = "reviewer"}) == Ids{newest});
  CHECK(listed({.project = "/home/a/a", .agent = "reviewer"}) == Ids{});
  CHECK(listed({.since = at(20)}) == Ids{newest, middle});
}

TEST_CASE("store: names and settings of a session can change, its time can't", "[store][contract]") {
  const Opened store;
  const auto id = store.session_at(10);
  REQUIRE(store->change(id, {.name = "n", .agent = "a", .definition_hash = "h", .model = "m", .permission_mode = "p"}));
  auto expected = a_session();
  expected.name = "n";
  expected.agent = "a";
  expected.definition_hash = "h";
  expected.model = "m";
  expected.permission_mode = "p";
  CHECK(store->find(id, "").value().start == expected);
  CHECK(store->find(id, "").value().updated == at(10));

  REQUIRE(store->change(id, {.name = "", .title = "t"}));
  expected.name = "";
  expected.title = "t";
  CHECK(store->find(id, "").value().start == expected);

  const auto name = GENERATE(as<std::string>{}, "latest", "-1", "a\nb", "0197a3f0-0000-7000-8000-000000000000", "\xFF");
  CAPTURE(name);
  check_failure(store->change(id, {.name = name}).error(), ErrorKind::usage, "can't be a session's name");
  auto start = a_session();
  start.name = name;
  check_failure(store->create(start).error(), ErrorKind::usage, "can't be a session's name");
  CHECK(store->find(id, "").value().start == expected);
}

TEST_CASE("store: a fork has the messages so far and goes its own way", "[store][contract]") {
  const Opened store;
  auto start = a_session();
  start.name = "first";
  const auto parent = store.session();
  start.parent = parent;
  const auto id = store.session(start);
  REQUIRE(store->append(id, {user_says(id, 1, "u1", "x"), warns(id, 2, "w"), assistant_says(id, 3, "a1", "y")},
                        {1, {1, 1, 1, 1, 1}, 0.5}));
  const auto fork = store->fork(id, "second").value();
  start.name = "second";
  start.parent = "";
  CHECK(fork.start == start);
  CHECK(fork.forked_from == id);
  CHECK(fork.turns == 0);
  CHECK(fork.cost_usd == 0.0);
  CHECK(store->history(fork.id).value() == store->history(id).value());

  REQUIRE(store->append(fork.id, {user_says(fork.id, 4, "u2", "z")}, {}));
  CHECK(store->records(fork.id).value().back().position == 3);
  CHECK(message_ids(store->history(fork.id).value()) == std::vector<std::string>{"u1", "a1", "u2"});
  CHECK(message_ids(store->history(id).value()) == std::vector<std::string>{"u1", "a1"});
}

TEST_CASE("store: a session's status tells how its last run stands", "[store][contract]") {
  const Opened store;
  const auto id = store.session();
  CHECK(store.status(id) == "idle");
  const auto run = a_run(id, 1);
  REQUIRE(store->begin_run(run, {}));
  CHECK(store.status(id) == "running");
  SECTION("a success") {
    REQUIRE(store->end_run(end_of(run, 2), {}));
    CHECK(store.status(id) == "idle");
  }
  SECTION("a failure") {
    REQUIRE(store->end_run(end_of(run, 2, "unavailable"), {}));
    CHECK(store.status(id) == "failed");
    REQUIRE(store->begin_run(a_run(id, 3), {}));
    CHECK(store.status(id) == "running");
  }
  SECTION("the user's stop") {
    REQUIRE(store->end_run(end_of(run, 2, "cancelled"), {}));
    CHECK(store.status(id) == "idle");
  }
}

TEST_CASE("store: a run ends once, and one that never did is interrupted by the next", "[store][contract]") {
  const Opened store;
  const auto id = store.session();
  const auto first = a_run(id, 1);
  const auto second = a_run(id, 3);
  REQUIRE(store->begin_run(first, {user_says(id, 1, "u1", "x")}));
  check_failure(store->begin_run(first, {}).error(), ErrorKind::failure, "has a run " + first.id);
  REQUIRE(store->begin_run(second, {user_says(id, 3, "u2", "y")}));
  check_failure(store->end_run(end_of(first, 4), {warns(id, 4, "w")}).error(), ErrorKind::failure, "no running run");
  REQUIRE(store->end_run(end_of(second, 5), {}));
  check_failure(store->end_run(end_of(second, 6), {}).error(), ErrorKind::failure, "no running run");
  CHECK(store->records(id).value().size() == 2);
  CHECK(store->find(id, "").value().runs == 2);
}

TEST_CASE("store: a lease has one holder and is free when given back", "[store][contract]") {
  const Opened store;
  const auto id = store.session();
  auto lease = store->lease(id).value();
  check_failure(store->lease(id).error(), ErrorKind::busy,
                fmt::format("session {} is in use by process {}", id.substr(0, 13), ::getpid()));
  CHECK(store->append(id, {warns(id, 1, "x")}, {}).has_value());
  lease.reset();
  CHECK(store->lease(id).has_value());
}

TEST_CASE("store: what fails leaves nothing behind", "[store][contract]") {
  const Opened store;
  const auto id = store.session();
  const auto other = store.session();
  REQUIRE(store->append(id, {user_says(id, 1, "u1", "x")}, {}));
  const auto before = store->find(id, "").value();
  const auto records = store->records(id).value();

  const auto refused = [&](const chat::Event& second) {
    const Totals totals{1, {1, 1, 1, 1, 1}, 1.0};
    return store->append(id, {user_says(id, 2, "u2", "y"), second}, totals).error();
  };
  check_failure(refused(assistant_says(id, 3, "u1", "z")), ErrorKind::failure, "has a message u1 already");
  check_failure(refused(assistant_says(id, 3, "u2", "z")), ErrorKind::failure, "has a message u2 already");
  check_failure(refused(assistant_says(id, 3, "", "z")), ErrorKind::internal, "without a message id");
  check_failure(refused(assistant_says(other, 3, "a1", "z")), ErrorKind::internal, "was given to session " + id);
  check_failure(refused(event_of(id, 3, chat::event::TextDelta{"z"})), ErrorKind::internal, "text_delta");
  check_failure(store->begin_run(a_run(id, 3), {user_says(id, 3, "u1", "z")}).error(), ErrorKind::failure,
                "u1 already");

  CHECK(store->find(id, "").value() == before);
  CHECK(store->records(id).value() == records);
  CHECK(store->append(other, {user_says(other, 1, "u1", "its own")}, {}).has_value());
}

TEST_CASE("store: unknown and malformed ids are refused everywhere", "[store][contract]") {
  const Opened store;
  const auto id = GENERATE(as<std::string>{}, "", "latest", "../../etc/passwd", "0197a3f0-0000-7000-8000-00000000000/",
                           "0197A3F0-0000-7000-8000-000000000000", "0197a3f0-0000-7000-8000-000000000000");
  CAPTURE(id);
  const bool known_form = id == "0197a3f0-0000-7000-8000-000000000000";
  const std::string part = known_form ? "no session \"" + id : "is no session id";
  check_failure(store->append(id, {}, {}).error(), ErrorKind::failure, part);
  check_failure(store->begin_run(a_run(id, 1), {}).error(), ErrorKind::failure, part);
  check_failure(store->end_run(end_of(a_run(id, 1), 1), {}).error(), ErrorKind::failure, part);
  check_failure(store->history(id).error(), ErrorKind::failure, part);
  check_failure(store->records(id).error(), ErrorKind::failure, part);
  check_failure(store->lease(id).error(), ErrorKind::failure, part);
  check_failure(store->fork(id, "").error(), ErrorKind::failure, part);
  check_failure(store->change(id, {.title = "t"}).error(), ErrorKind::failure, part);
  if (!known_form) check_failure(store->files_directory(id).error(), ErrorKind::failure, part);
  if (id.empty()) return;
  auto child = a_session();
  child.parent = id;
  check_failure(store->create(child).error(), ErrorKind::failure, part);
}

TEST_CASE("store: a session's files have a private directory", "[store][contract]") {
  const Opened store;
  const auto id = store.session();
  const auto path = store->files_directory(id).value();
  CHECK(store->files_directory(id).value() == path);
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 07777U) == 0700U);
  CHECK(std::filesystem::path(path).filename() == id);
}

TEST_CASE("store: several threads may use one store", "[store][contract]") {
  const Opened store;
  constexpr int threads = 4;
  constexpr int appends = 25;
  std::vector<std::string> ids;
  for (int i = 0; i < threads; ++i) ids.push_back(store.session());
  std::array<int, threads> kept{};
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < threads; ++i) {
      workers.emplace_back([&, i] {
        const auto& id = ids[static_cast<std::size_t>(i)];
        const auto run = a_run(id, 1);
        if (!store->begin_run(run, {})) return;
        for (int n = 0; n < appends; ++n) {
          const bool stored =
              store->append(id, {user_says(id, n, fmt::format("m{}", n), "x")}, {1, {}, 0.0}).has_value();
          if (stored && store->list({}).has_value()) ++kept[static_cast<std::size_t>(i)];
        }
      });
    }
  }
  for (int i = 0; i < threads; ++i) {
    CHECK(kept[static_cast<std::size_t>(i)] == appends);
    CHECK(store->history(ids[static_cast<std::size_t>(i)]).value().size() == appends);
  }
}

TEST_CASE("store: a clock that jumps back changes no order, and nothing becomes older for it", "[store][contract]") {
  const Opened store;
  const auto earlier = store.session_at(500);
  const auto id = store.session();
  const auto run = a_run(id, 1000);
  REQUIRE(store->begin_run(run, {user_says(id, 1000, "u1", "first")}));
  REQUIRE(store->append(id, {assistant_says(id, 10, "a1", "second")}, {}));
  REQUIRE(store->end_run(end_of(run, 20), {warns(id, 20, "third")}));
  std::vector<std::string> types;
  const auto records = store->records(id).value();
  for (const auto& record : records) types.push_back(record.type);
  CHECK(types == std::vector<std::string>{"user", "assistant", "warning"});
  CHECK(message_ids(store->history(id).value()) == std::vector<std::string>{"u1", "a1"});
  const auto newest = store->find("latest", "").value();
  CHECK(newest.id == id);
  CHECK(newest.updated == at(1000));
  CHECK(newest.status == "idle");
  CHECK(store->find("-2", "").value().id == earlier);
}
