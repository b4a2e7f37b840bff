#include "render/status.hpp"

#include <string>

#include <catch2/catch.hpp>

using namespace errand;
using namespace errand::render;
namespace event = chat::event;

namespace {

chat::Event from(chat::EventBody body, std::string agent_path = "root", std::string session = "s1") {
  chat::Event out;
  out.session = std::move(session);
  out.agent_path = std::move(agent_path);
  out.body = std::move(body);
  return out;
}

event::Ready ready(const std::string& mode = "ask") {
  event::Ready out;
  out.agent_id = "helper";
  out.model = "anthropic/large";
  out.permission_mode = mode;
  out.sandbox = "full";
  return out;
}

event::UsageEvent usage(std::int64_t input, std::optional<double> total) {
  event::UsageEvent out;
  out.usage.input = input;
  out.usage.cache_read = 1000;
  out.usage.output = 500;
  out.total_cost_usd = total;
  return out;
}

event::Done done(std::optional<double> cost) {
  event::Done out;
  out.total_cost_usd = cost;
  return out;
}

}  // namespace

TEST_CASE("status: a reply that took several tries does not fill the context several times", "[render][status]") {
  Status status;
  status.use_windows([](const std::string&) { return 10'000; });
  const auto line = [&] { return status.line(80, Color::off); };
  status.take(from(ready()));
  status.take(from(usage(500, 0.25)));
  event::Retry retry;
  retry.restarted = true;
  status.take(from(retry));
  status.take(from(usage(6500, 0.5)));  // the sum of all tries
  CHECK(line() == "helper · anthropic/large · 20% of context · $0.5000 · sandbox full");
  status.take(from(usage(2500, 0.75)));
  CHECK(line() == "helper · anthropic/large · 40% of context · $0.7500 · sandbox full");
}

TEST_CASE("status: it says what is known, of the session that goes on", "[render][status]") {
  Status status;
  status.use_windows([](const std::string& model) { return model == "anthropic/large" ? 10'000 : 0; });
  const auto line = [&] { return status.line(80, Color::off); };
  CHECK(line().empty());
  status.take(from(ready()));
  CHECK(line() == "helper · anthropic/large · sandbox full");
  status.take(from(usage(500, 0.25)));
  CHECK(line() == "helper · anthropic/large · 20% of context · $0.2500 · sandbox full");
  status.take(from(usage(90'000, 0.5), "root/explorer#1"));  // its own context, the run's cost
  CHECK(line() == "helper · anthropic/large · 20% of context · $0.5000 · sandbox full");
  status.take(from(done(0.5)));
  status.take(from(ready("plan")));
  status.take(from(usage(2500, 0.125)));
  CHECK(line() == "helper · anthropic/large · 40% of context · $0.6250 · sandbox full · plan");
  status.take(from(done(std::nullopt)));  // what is not known is not said
  CHECK(line() == "helper · anthropic/large · 40% of context · sandbox full · plan");
  status.take(from(event::PlanApproval{.plan_id = "p", .decision = "approve", .mode = "auto", .text = {}}));
  CHECK(line() == "helper · anthropic/large · 40% of context · sandbox full · auto");
  status.take(from(event::PlanApproval{.plan_id = "p", .decision = "reject", .mode = {}, .text = "no"}));
  CHECK(line() == "helper · anthropic/large · 40% of context · sandbox full · auto");
  status.take(from(ready(), "root", "s2"));
  CHECK(line() == "helper · anthropic/large · sandbox full");
}

TEST_CASE("status: between runs it says what the next one begins with", "[render][status]") {
  Status status;
  status.use_windows([](const std::string& model) { return model == "anthropic/large" ? 10'000 : 0; });
  const auto line = [&] { return status.line(80, Color::off); };
  status.take(Standing{"", "helper", "anthropic/large", "ask", "full"});
  CHECK(line() == "helper · anthropic/large · sandbox full");
  status.take(from(ready()));
  status.take(from(usage(500, 0.25)));
  status.take(from(done(0.25)));
  status.take(Standing{"s1", "helper", "anthropic/small", "ask", "full"});  // its window is not known
  CHECK(line() == "helper · anthropic/small · $0.2500 · sandbox full");
  status.take(Standing{"s1", "other", "anthropic/large", "plan", "off"});
  CHECK(line() == "other · anthropic/large · 20% of context · $0.2500 · sandbox off · plan");
  status.take(Standing{"s1", "other", "anthropic/large", "plan", "off", 500});  // what was said last was taken back
  CHECK(line() == "other · anthropic/large · 5% of context · $0.2500 · sandbox off · plan");
  status.take(Standing{"", "other", "anthropic/large", "plan", "off"});
  CHECK(line() == "other · anthropic/large · sandbox off · plan");
  status.take(Standing{"s2", "other", "anthropic/large", "plan", "off", 4'000});
  CHECK(line() == "other · anthropic/large · 40% of context · sandbox off · plan");
}

TEST_CASE("status: what matters least is cut first, and names of others are harmless", "[render][status]") {
  Status status;
  auto hostile = ready();
  hostile.agent_id = "a\x1b[2J";
  status.take(from(hostile));
  CHECK(status.line(80, Color::on) == "\x1b[2ma⟦escape⟧ · anthropic/large · sandbox full\x1b[0m");
  CHECK(status.line(40, Color::off) == "a⟦escape⟧ · anthropic/large");
  CHECK(status.line(12, Color::off) == "a⟦escape⟧");
  CHECK(status.line(5, Color::off).empty());
}
