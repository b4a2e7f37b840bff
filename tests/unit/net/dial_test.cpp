#include "net/dial.hpp"

#include <future>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "support/loopback_server.hpp"

using namespace errand;
using namespace errand::net;

namespace {

struct Attempt {
  std::vector<std::string> asked;      // of the resolver
  std::vector<std::string> decisions;  // "host:port refusal"
  std::string outcome;
};

// Dials `text` where every name has the addresses `found`.
Attempt attempt(const std::vector<std::string>& allowed, const std::string& text, const std::vector<std::string>& found,
                const Call& call = {}) {
  Attempt out;
  const auto rules = HostRules::make(Reach::anywhere, allowed);
  REQUIRE(rules);
  const auto wanted = parse_host_port(text, 443);
  REQUIRE(wanted);
  const LookUp look_up = [&](const std::string& name) -> Result<std::vector<Address>> {
    out.asked.push_back(name);
    std::vector<Address> addresses;
    for (const auto& one : found) addresses.push_back(Address::parse(one).value());
    return addresses;
  };
  const auto socket = dial(
      *wanted, *rules, look_up,
      [&](const HostPort& host, const std::string& refusal) {
        out.decisions.push_back(fmt::format("{}:{} {}", host.host.name, host.port, refusal));
      },
      call);
  out.outcome = socket ? "connected" : std::string(name_of(socket.error().kind));
  return out;
}

}  // namespace

TEST_CASE("dial: a name that is refused is not even looked up", "[net][dial]") {
  const auto tried = attempt({}, "example.com:25", {"93.184.216.34"});
  CHECK(tried.asked.empty());
  CHECK(tried.outcome == "denied");
  CHECK(tried.decisions == std::vector<std::string>{"example.com:25 port 25 of example.com is not open to tools"});
}

TEST_CASE("dial: one address among many that is not public refuses them all", "[net][dial]") {
  const test::LoopbackServer server;
  const auto tried = attempt({}, fmt::format("rebind.example:{}", server.port()), {"93.184.216.34", "127.0.0.1"});
  CHECK(tried.outcome == "denied");
  CHECK(tried.decisions ==
        std::vector{
            fmt::format("rebind.example:{} rebind.example resolves to 127.0.0.1, a loopback address", server.port())});
  CHECK(server.connections() == 0);
}

TEST_CASE("dial: what the user named is connected to, at the next address when one does not answer", "[net][dial]") {
  const test::LoopbackServer server;
  const auto entry = fmt::format(":{}", server.port());
  const auto here = attempt({"127.0.0.1" + entry}, "0x7f.1" + entry, {});
  CHECK(here.asked.empty());
  CHECK(here.outcome == "connected");
  // Nobody listens at 127.0.0.2.
  const auto named = attempt({"service.example" + entry, "127.0.0.1" + entry, "127.0.0.2" + entry},
                             "service.example" + entry, {"127.0.0.2", "127.0.0.1"});
  CHECK(named.asked == std::vector<std::string>{"service.example"});
  CHECK(named.outcome == "connected");
  const auto localhost = attempt({"localhost" + entry}, "localhost" + entry, {"10.0.0.1"});
  CHECK(localhost.asked.empty());
  CHECK(localhost.outcome == "connected");
}

TEST_CASE("dial: a lookup that hangs ends with the call", "[net][dial]") {
  auto released = std::make_shared<std::promise<void>>();
  const auto gate = released->get_future().share();
  const LookUp hangs = [gate](const std::string&) -> Result<std::vector<Address>> {
    gate.wait();
    return std::vector<Address>{};
  };
  const auto wanted = parse_host_port("slow.example", 443);
  REQUIRE(wanted);
  const auto rules = HostRules::make(Reach::anywhere, {});
  REQUIRE(rules);

  const auto late = dial(*wanted, *rules, hangs, {}, Call{}.within(std::chrono::milliseconds(30)));
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == ErrorKind::timeout);

  std::stop_source stop;
  std::thread stopper([&] { stop.request_stop(); });
  const auto stopped = dial(*wanted, *rules, hangs, {}, Call{.stop = stop.get_token()});
  stopper.join();
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().kind == ErrorKind::cancelled);
  released->set_value();
}

TEST_CASE("dial: no such name is said to be that", "[net][dial]") {
  const auto rules = HostRules::make(Reach::anywhere, {});
  const auto wanted = parse_host_port("nothing.invalid", 443);
  REQUIRE(rules);
  REQUIRE(wanted);
  const LookUp none = [](const std::string&) -> Result<std::vector<Address>> {
    return fail(ErrorKind::unavailable, "no such name");
  };
  const auto socket = dial(*wanted, *rules, none, {}, {});
  REQUIRE_FALSE(socket);
  CHECK(socket.error().message == "no such name");
}
