#include "session.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/id.hpp"
#include "store/open.hpp"

namespace errand::bench {

namespace {

using Clock = std::chrono::steady_clock;

// Figures of what did not happen would be none.
void must(const Result<void>& done) {
  if (done) return;
  fmt::print(stderr, "errand_bench: {}\n", done.error().message);
  std::exit(1);
}

chat::Event event_in(const std::string& session, const std::string& run, chat::EventBody body) {
  return {0, session, run, "root", now(), std::move(body)};
}

chat::EventBody message(int number) {
  const auto id = make_uuid7(now());
  const auto words =
      fmt::format("message {} about the parser in src/store/open.cpp and what it does with lines ", number);
  std::string text;
  for (int i = 0; i < 6; ++i) text += words;
  if (number % 2 == 0) return chat::event::User{id, {{chat::Text{text}}}};
  chat::AssistantMessage reply{{chat::Text{text}}, "bench", chat::StopReason::end_turn, {100, 50, 0, 0, 0}};
  return chat::event::Assistant{id, std::move(reply), 0.001};
}

std::string run_of(store::Store& store, const std::string& session) {
  store::RunStart run{make_uuid7(now()), session, "bench", "", "pipe", {}, now()};
  must(store.begin_run(run, {}));
  return run.id;
}

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

struct Spread {
  double median = 0;
  double worst = 0;
};

Spread spread_of(std::vector<double> values) {
  std::ranges::sort(values);
  return {values[values.size() / 2], values[values.size() * 99 / 100]};
}

}  // namespace

int long_session(const std::string& data, const std::string& user, const std::string& project, int messages) {
  constexpr int at_once = 500;
  const auto store = store::open(data, user, store::OpenMode::create).value();
  store::NewSession start;
  start.agent = "coder";
  start.project = project;
  start.cwd = project;
  start.title = "a long one";
  const auto session = store->create(start).value().id;
  const auto run = run_of(*store, session);
  std::vector<chat::Event> events;
  for (int i = 0; i < messages; ++i) {
    events.push_back(event_in(session, run, message(i)));
    if (static_cast<int>(events.size()) < at_once && i + 1 < messages) continue;
    must(store->append(session, events, {}));
    events.clear();
  }
  must(
      store->end_run({.id = run, .session = session, .error_kind = {}, .stop_reason = "end_turn", .ended = now()}, {}));
  fmt::print("{}\n", session);
  return 0;
}

int appends(const std::string& data, int rounds) {
  const auto store = store::open(data, "bench", store::OpenMode::create).value();
  store::NewSession start;
  start.agent = "bench";
  const auto session = store->create(start).value().id;
  const auto run = run_of(*store, session);
  const Fd beside(::open(join_path(data, "beside").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  std::vector<double> ours;
  std::vector<double> disk;
  for (int i = 0; i < rounds; ++i) {
    auto started = Clock::now();
    must(store->append(session, {event_in(session, run, message(i))}, {}));
    ours.push_back(ms_since(started));
    started = Clock::now();
    must(write_all(beside.get(), std::string(4096, 'x')));
    ::fsync(beside.get());
    disk.push_back(ms_since(started));
  }
  const auto us = spread_of(ours);
  const auto it = spread_of(disk);
  fmt::print("{:.3f} {:.3f} {:.3f} {:.3f}\n", us.median, us.worst, it.median, it.worst);
  return 0;
}

}  // namespace errand::bench
