// What every Budgets and Locks does.

#include "contract/store/every_store.hpp"

using namespace errand;
using namespace errand::store;
using namespace errand::test;

namespace {

Charge charge(double prompt, double output, std::vector<Budget> budgets) {
  return {"helper", "helper", prompt, output, std::move(budgets)};
}

Budget daily(double usd) {
  return {"", Period::day, usd};
}

// A turn that cost that much, now.
void spend(const AnyStore& store, const std::string& session, double usd, Totals totals = {}) {
  totals.turns = 1;
  REQUIRE(store->append(session, {uses(session, "r", now(), {1, 1, 0, 0, 0}, usd)}, totals));
}

}  // namespace

TEST_CASE("budgets: what is set aside and what was spent leave no room for a second", "[store][contract]") {
  const AnyStore store;
  const auto session = store.session();
  const auto first = store->reserve(charge(0.5, 0.25, {daily(1)})).value();
  CHECK(first.output_usd == 0.25);
  const auto refused = store->reserve(charge(0.5, 0.25, {daily(1)})).error();
  CHECK(refused.kind == ErrorKind::limit);
  CHECK(refused.message ==
        "the next request costs about $0.5000, which is more than is left of the $1.0000 a day: $0.0000 spent, $0.7500 "
        "set aside for requests under way");
  CHECK(refused.hint == "the day ends at " + local_time(end_of(Period::day, now())) + "; or raise budgets.day_usd");

  SECTION("released, there is room again") {
    REQUIRE(store->release(first.id));
    CHECK(store->reserve(charge(0.5, 0.25, {daily(1)})));
  }
  SECTION("settled, what it cost counts in its place") {
    spend(store, session, 0.3, {.reservation = first.id});
    CHECK(store->reserve(charge(0.75, 0, {daily(1)})).error().message ==
          "the next request costs about $0.7500, which is more than is left of the $1.0000 a day: $0.3000 spent");
    CHECK(store->reserve(charge(0.65, 0, {daily(1)})));
  }
  SECTION("an append that fails settles nothing") {
    CHECK(!store->append("01900000-0000-7000-8000-000000000001", {}, {.reservation = first.id}));
    CHECK(!store->reserve(charge(0.5, 0, {daily(1)})));
  }
}

TEST_CASE("budgets: a reply near the end may have half of what is left", "[store][contract]") {
  const AnyStore store;
  const auto first = store->reserve(charge(0.2, 10, {daily(1)})).value();
  CHECK(first.output_usd == Approx(0.4));
  const auto second = store->reserve(charge(0.2, 10, {daily(1)})).value();
  CHECK(second.output_usd == Approx(0.1));
  CHECK(store->reserve(charge(0, 10, {daily(1), {"", Period::month, 0.9}})).error().message ==
        "the next request costs about $0.0000, which is more than is left of the $0.9000 a month: $0.0000 spent, "
        "$0.9000 set aside for requests under way");
}

TEST_CASE("budgets: an agent's covers its runs with their subagents, and its own turns as one", "[store][contract]") {
  const AnyStore store;
  const auto parent = store.session();
  auto child_start = a_session();
  child_start.parent = parent;
  child_start.agent = "digger";
  const auto child = store.session(child_start);
  auto other_start = a_session();
  other_start.agent = "coder";
  spend(store, parent, 1);
  spend(store, child, 2);
  spend(store, store.session(other_start), 4);

  const auto room = [&](const std::string& agent) {
    for (double usd = 0; usd <= 10; usd += 1) {
      if (auto held = store->reserve({"x", "x", usd, 0, {{agent, Period::month, 10}}})) {
        REQUIRE(store->release(held->id));
      } else {
        return usd - 1;
      }
    }
    return 10.0;
  };
  CHECK(room("") == 3);
  CHECK(room("helper") == 7);
  CHECK(room("digger") == 8);
  CHECK(room("coder") == 6);
  CHECK(room("stranger") == 10);
  REQUIRE(store->reserve({"digger", "helper", 1, 0, {{"digger", Period::day, 10}}}));
  CHECK(room("digger") == 7);
  CHECK(room("helper") == 6);
  CHECK(room("coder") == 6);
}

TEST_CASE("budgets: yesterday's spending is none of today's, and a presumed price counts", "[store][contract]") {
  const AnyStore store;
  const auto session = store.session();
  const auto yesterday = begin_of(Period::day, now()) - std::chrono::milliseconds(1);
  REQUIRE(store->append(session, {uses(session, "r", yesterday, {}, 100)}, {}));
  REQUIRE(store->append(session, {uses(session, "r", now(), {}, std::nullopt)},
                        {.cost_usd = std::nullopt, .presumed_usd = 0.5}));
  CHECK(store->reserve(charge(0.5, 0, {daily(1)})));
  CHECK(!store->reserve(charge(0.01, 0, {daily(1)})));
}

TEST_CASE("calendar: days and months are those of the time zone, over changes of the clock", "[store]") {
  struct Zone {
    Zone() {
      ::setenv("TZ", "Europe/Berlin", 1);
      ::tzset();
    }
    ~Zone() {
      ::unsetenv("TZ");
      ::tzset();
    }
  } const zone;
  const auto moment = parse_rfc3339("2026-10-24T22:30:00Z").value();  // the 25th there, the day that has 25 hours
  CHECK(date_of(Period::day, moment) == "2026-10-25");
  CHECK(date_of(Period::month, moment) == "2026-10");
  CHECK(to_rfc3339(begin_of(Period::day, moment)) == "2026-10-24T22:00:00.000Z");
  CHECK(to_rfc3339(end_of(Period::day, moment)) == "2026-10-25T23:00:00.000Z");
  CHECK(to_rfc3339(begin_of(Period::month, moment)) == "2026-09-30T22:00:00.000Z");
  CHECK(to_rfc3339(end_of(Period::month, parse_rfc3339("2026-12-31T12:00:00Z").value())) == "2026-12-31T23:00:00.000Z");
  CHECK(local_time(moment) == "2026-10-25 00:30 +0200");
}

TEST_CASE("locks: a name has one holder, until it lets go", "[store][contract]") {
  const AnyStore store;
  auto held = store->lock("nightly").value();
  const auto error = store->lock("nightly").error();
  CHECK(error.kind == ErrorKind::busy);
  CHECK_THAT(error.message, Catch::StartsWith("the lock \"nightly\" is held by process " +
                                              std::to_string(current_owner().pid) + " on "));
  CHECK(store->lock("Nightly"));
  held.reset();
  CHECK(store->lock("nightly"));
  for (const auto& name : {std::string(), std::string(201, 'x'), std::string("a\nb"), std::string("\xFF")}) {
    CHECK(store->lock(name).error().kind == ErrorKind::usage);
  }
}
