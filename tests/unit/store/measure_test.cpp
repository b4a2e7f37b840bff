// Figures, not checks: run `test_store "[.measure]"` with a release build; it asserts only that the work was done.

#include <algorithm>
#include <cstdio>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "contract/store/samples.hpp"
#include "store/open.hpp"
#include "support/temp_dir.hpp"

using namespace errand;
using namespace errand::store;
using namespace errand::test;

namespace {

// Times of one step, in microseconds.
class Stopwatch {
 public:
  explicit Stopwatch(const char* step) : step_(step) {}
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;
  ~Stopwatch() {
    std::sort(times_.begin(), times_.end());
    fmt::print("{:28} median {:8.0f} us, 95 % {:8.0f} us\n", step_, at(50), at(95));
  }

  template <class Work>
  auto time(Work&& work) {
    const auto begin = std::chrono::steady_clock::now();
    auto result = work();
    times_.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
    return result;
  }

 private:
  [[nodiscard]] double at(std::size_t percent) const { return times_.at(times_.size() * percent / 100); }

  const char* step_;
  std::vector<double> times_;
};

}  // namespace

TEST_CASE("measure: the steps of a run", "[.measure]") {
  const TempDir directory;
  std::string words;
  for (int n = 0; words.size() < 2000; ++n) words += fmt::format("word{} ", n * 7919 % 5000);
  Stopwatch opened("open"), created("create"), leased("lease"), begun("begin_run"), appended("append of 2 kB"),
      ended("end_run"), closed("close");
  for (int i = 0; i < 200; ++i) {
    auto store = opened.time([&] { return open(directory.path(), "ada", OpenMode::create); }).value();
    const auto id = created.time([&] { return store->create(a_session()); }).value().id;
    auto lease = leased.time([&] { return store->lease(id); }).value();
    const auto run = a_run(id, i);
    REQUIRE(begun.time([&] { return store->begin_run(run, {user_says(id, i, "u", "hello")}); }));
    for (int n = 0; n < 5; ++n) {
      const auto message = assistant_says(id, i, fmt::format("a{}", n), words);
      REQUIRE(appended.time([&] { return store->append(id, {message}, {1, {}, 0.0}); }));
    }
    REQUIRE(ended.time([&] { return store->end_run(end_of(run, i), {}); }));
    closed.time([&] {
      lease.reset();
      store.reset();
      return true;
    });
  }
}

TEST_CASE("measure: twenty of 100,000 sessions", "[.measure]") {
  const TempDir directory;
  {
    const auto store = open(directory.path(), "ada", OpenMode::create).value();
    auto start = a_session();
    for (int i = 0; i < 100'000; ++i) {
      start.project = fmt::format("/project/{}", i % 50);
      start.agent = fmt::format("agent{}", i % 7);
      REQUIRE(store->create(start));
    }
  }
  Stopwatch opened("open, 100,000 sessions"), all("list"), by_project("list, project"), by_agent("list, agent"),
      with_subagents("list, with subagents"), latest("find latest");
  for (int i = 0; i < 50; ++i) {
    const auto store = opened.time([&] { return open(directory.path(), "ada", OpenMode::existing_only); }).value();
    const auto listed = [&](Stopwatch& watch, const SessionQuery& query) {
      REQUIRE(watch.time([&] { return store->list(query); }).value().size() == 20);
    };
    listed(all, {});
    listed(by_project, {.project = "/project/3"});
    listed(by_agent, {.agent = "agent3"});
    listed(with_subagents, {.with_subagents = true});
    REQUIRE(latest.time([&] { return store->find("latest", ""); }));
  }
}
