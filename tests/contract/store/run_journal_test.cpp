// What every RunJournal does.

#include <fmt/format.h>

#include "contract/store/every_store.hpp"

using namespace errand;
using namespace errand::store;
using namespace errand::test;

namespace {

RunStart run_of(const std::string& session, int seconds, const std::string& trigger,
                const std::string& agent = "helper") {
  auto run = a_run(session, seconds);
  run.trigger = trigger;
  run.agent = agent;
  return run;
}

std::vector<std::string> ids_of(const std::vector<RunInfo>& runs) {
  std::vector<std::string> out;
  for (const auto& run : runs) out.push_back(run.id);
  return out;
}

// "names turns/requests/runs input+output $cost ?unpriced", one line for each group.
std::vector<std::string> lines_of(const std::vector<UsageGroup>& groups) {
  std::vector<std::string> out;
  for (const auto& group : groups) {
    std::string names;
    for (const auto& name : group.names) names += name + " ";
    out.push_back(fmt::format("{}{}/{}/{} {}+{} ${} ?{}", names, group.turns, group.requests, group.runs,
                              group.usage.input, group.usage.output, group.cost_usd, group.without_price));
  }
  return out;
}

}  // namespace

TEST_CASE("journal: a run comes back whole, running and ended", "[store][contract]") {
  const AnyStore store;
  const auto session = store.session();
  const auto run = a_run(session, 1);
  REQUIRE(store->begin_run(run, {user_says(session, 1, "u1", "x")}));

  const auto running = store->find_run(run.id).value();
  RunInfo expected;
  expected.id = run.id;
  expected.session = session;
  expected.agent = "helper";
  expected.definition_hash = "sha256:1";
  expected.trigger = "tty";
  expected.argv = {"run", "count"};
  expected.state = "running";
  expected.started = at(1);
  expected.owner = current_owner();
  CHECK(running == expected);

  REQUIRE(store->end_run(end_of(run, 3, "limit"), {}));
  expected.state = "ended";
  expected.owner.reset();
  expected.ended = at(3);
  expected.exit_code = 1;
  expected.error_kind = "limit";
  expected.stop_reason = "end_turn";
  expected.turns = 1;
  expected.usage = {10, 5, 0, 0, 0};
  expected.cost_usd = 0.5;
  CHECK(store->find_run("latest").value() == expected);
}

TEST_CASE("journal: a run whose answer was lost on its way out has failed after all", "[store][contract]") {
  const AnyStore store;
  const auto session = store.session();
  const auto run = a_run(session, 1);
  REQUIRE(store->begin_run(run, {}));
  CHECK(store->amend_run(run.id, 1, "failure").error().kind == ErrorKind::failure);
  REQUIRE(store->end_run(end_of(run, 3), {}));
  auto expected = store->find_run(run.id).value();
  expected.exit_code = 141;
  expected.error_kind = "failure";
  REQUIRE(store->amend_run(run.id, 141, "failure"));
  CHECK(store->find_run(run.id).value() == expected);
  CHECK(store->find(session, "").value().status == "failed");
  CHECK(store->amend_run("run-9", 1, "").error().message == "there is no ended run run-9");
}

TEST_CASE("journal: a list has what was started for itself, by agent, time and failure", "[store][contract]") {
  const AnyStore store;
  const auto session = store.session();
  const auto begin = [&](int seconds, const std::string& trigger, const std::string& agent) {
    const auto run = run_of(session, seconds, trigger, agent);
    REQUIRE(store->begin_run(run, {}));
    return run;
  };
  const auto end = [&](const RunStart& run, const std::string& error_kind = "") {
    REQUIRE(store->end_run(end_of(run, 100, error_kind), {}));
    return run.id;
  };
  const auto good = end(begin(1, "cron", "helper"));
  const auto bad = end(begin(2, "pipe", "coder"), "denied");
  const auto chat = end(begin(3, "chat", "helper"), "limit");
  const auto child = end(begin(4, "subagent", "digger"));
  const auto strange = end(begin(5, "carrier pigeon", "helper"));  // a trigger nobody thought of yet
  const auto cut = begin(6, "tty", "helper").id;
  const auto running = begin(7, "tty", "helper").id;  // marks the one before as interrupted

  const auto listed = [&](const RunQuery& query) { return ids_of(store->list_runs(query).value()); };
  using Ids = std::vector<std::string>;
  CHECK(listed({}) == Ids{running, cut, strange, bad, good});
  CHECK(listed({.limit = 2}) == Ids{running, cut});
  CHECK(listed({.agent = "coder"}) == Ids{bad});
  CHECK(listed({.since = at(5)}) == Ids{running, cut, strange});
  CHECK(listed({.which = WhichRuns::failed}) == Ids{cut, bad});
  CHECK(listed({.which = WhichRuns::failed, .limit = 1}) == Ids{cut});
  CHECK(listed({.which = WhichRuns::all, .limit = 0}) == Ids{running, cut, strange, child, chat, bad, good});
  CHECK(listed({.which = WhichRuns::all_failed}) == Ids{cut, chat, bad});
  CHECK(store->find_run("-2").value().id == cut);
  CHECK(store->find_run("-5").value().id == good);
  CHECK(store->find_run("-6").error().message == "there are fewer than 6 runs");
}

TEST_CASE("journal: runs are found by id and its beginning", "[store][contract]") {
  const AnyStore store;
  const auto session = store.session();
  auto one = a_run(session, 1);
  auto two = one;
  one.id = "01900000-0000-7000-8000-000000000001";
  two.id = "01900000-0000-7000-8000-0000000000a2";
  REQUIRE(store->begin_run(one, {}));
  REQUIRE(store->begin_run(two, {}));

  CHECK(store->find_run(one.id).value().id == one.id);
  CHECK(store->find_run("01900000-0000-7000-8000-0000000000a").value().id == two.id);
  CHECK(store->find_run("0190").error().message.starts_with("\"0190\" is the beginning of several runs: "));
  struct Wrong {
    std::string reference;
    ErrorKind kind;
  };
  for (const auto& [reference, kind] :
       {Wrong{"01ff", ErrorKind::failure}, Wrong{"01900000-0000-7000-8000-000000000003", ErrorKind::failure},
        Wrong{"nightly", ErrorKind::failure}, Wrong{"", ErrorKind::usage}, Wrong{"-x", ErrorKind::usage},
        Wrong{"019", ErrorKind::failure}, Wrong{"a\nb", ErrorKind::usage}}) {
    CAPTURE(reference);
    CHECK(store->find_run(reference).error().kind == kind);
  }
}

TEST_CASE("journal: the records of a run are its own, from any place on", "[store][contract]") {
  const AnyStore store;
  const auto session = store.session();
  auto other = warns(session, 2, "of another run");
  other.run = "run-2";
  REQUIRE(store->append(session, {user_says(session, 1, "u1", "x"), other, warns(session, 3, "mine")}, {}));
  RunInfo run;
  run.id = "run-1";
  run.session = session;

  const auto positions = [&](std::int64_t after) {
    std::vector<std::int64_t> out;
    const auto records = store->records_of(run, after).value();
    for (const auto& record : records) out.push_back(record.position);
    return out;
  };
  CHECK(positions(0) == std::vector<std::int64_t>{1, 3});
  CHECK(positions(1) == std::vector<std::int64_t>{3});
  run.trigger = "subagent";  // its events are numbered in its parent's run
  CHECK(positions(0) == std::vector<std::int64_t>{1, 2, 3});
}

TEST_CASE("usage: each request counts once, under the run it belongs to", "[store][contract]") {
  const AnyStore store;
  auto parent_start = a_session();
  const auto parent = store.session(parent_start);
  auto child_start = parent_start;
  child_start.parent = parent;
  child_start.agent = "digger";
  const auto child = store.session(child_start);
  auto elsewhere = a_session();
  elsewhere.project = "/home/a/b";
  const auto other = store.session(elsewhere);

  const auto midnight = begin_of(Period::day, at(0));
  const auto evening = midnight - std::chrono::hours(1);
  const auto morning = midnight + std::chrono::hours(1);
  // The parent's totals hold what the child used: that is no request of its own.
  REQUIRE(store->append(child, {uses(child, "r1", evening, {5, 1, 0, 0, 0}, 0.25)},
                        {.turns = 1, .usage = {5, 1, 0, 0, 0}, .cost_usd = 0.25, .model = "x/small"}));
  REQUIRE(store->append(parent, {uses(parent, "r1", morning, {10, 2, 3, 4, 1}, 0.5)},
                        {.turns = 1, .usage = {15, 3, 3, 4, 1}, .cost_usd = 0.75, .model = "x/large"}));
  REQUIRE(store->append(parent, {uses(parent, "r2", morning, {1, 1, 0, 0, 0}, 1)},  // a summary
                        {.usage = {1, 1, 0, 0, 0}, .cost_usd = 1, .model = "x/large"}));
  REQUIRE(store->append(other, {uses(other, "r3", morning, {7, 7, 0, 0, 0}, std::nullopt)},
                        {.turns = 1, .usage = {7, 7, 0, 0, 0}, .cost_usd = std::nullopt, .model = "y/new"}));
  REQUIRE(store->append(parent, {warns(parent, 1, "w")}, {}));

  const auto by = [&](std::vector<UsageBy> what) { return lines_of(store->usage({.by = std::move(what)}).value()); };
  using Lines = std::vector<std::string>;
  const auto today = date_of(Period::day, morning);
  const auto yesterday = date_of(Period::day, evening);
  CHECK(by({}) == Lines{"3/4/3 23+11 $1.75 ?1"});
  CHECK(by({UsageBy::agent}) == Lines{"digger 1/1/1 5+1 $0.25 ?0", "helper 2/3/3 18+10 $1.5 ?1"});
  CHECK(by({UsageBy::model}) ==
        Lines{"x/large 1/2/2 11+3 $1.5 ?0", "x/small 1/1/1 5+1 $0.25 ?0", "y/new 1/1/1 7+7 $0 ?1"});
  CHECK(by({UsageBy::day, UsageBy::model}) == Lines{yesterday + " x/small 1/1/1 5+1 $0.25 ?0",
                                                    today + " x/large 1/2/2 11+3 $1.5 ?0",
                                                    today + " y/new 1/1/1 7+7 $0 ?1"});
  CHECK(by({UsageBy::session}) == Lines{parent + " 2/3/2 16+4 $1.75 ?0", other + " 1/1/1 7+7 $0 ?1"});
  CHECK(by({UsageBy::project}) == Lines{"/home/a/a 2/3/2 16+4 $1.75 ?0", "/home/a/b 1/1/1 7+7 $0 ?1"});
  CHECK(by({UsageBy::run}) == Lines{"r1 2/2/1 15+3 $0.75 ?0", "r2 0/1/1 1+1 $1 ?0", "r3 1/1/1 7+7 $0 ?1"});
  CHECK(lines_of(store->usage({.since = midnight}).value()) == Lines{"2/3/3 18+10 $1.5 ?1"});
  CHECK(lines_of(store->usage({.project = "/home/a/b"}).value()) == Lines{"1/1/1 7+7 $0 ?1"});
  CHECK(store->usage({.project = "/nowhere"}).value().empty());

  SECTION("a fork has used nothing") {
    REQUIRE(store->fork(parent, ""));
    CHECK(by({}) == Lines{"3/4/3 23+11 $1.75 ?1"});
  }
}
