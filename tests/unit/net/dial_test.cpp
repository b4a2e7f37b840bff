#include "net/dial.hpp"

#include <future>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

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
  const auto addresses = admit(
      *wanted, *rules, look_up,
      [&](const HostPort& host, const std::string& refusal) {
        out.decisions.push_back(fmt::format("{}:{} {}", host.host.name, host.port, refusal));
      },
      call);
  if (!addresses) out.outcome = name_of(addresses.error().kind);
  for (std::size_t i = 0; addresses && i < addresses->size(); ++i) out.outcome += (*addresses)[i].text() + " ";
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
  const auto tried = attempt({}, "rebind.example:8080", {"93.184.216.34", "127.0.0.1"});
  CHECK(tried.outcome == "denied");
  CHECK(tried.decisions ==
        std::vector<std::string>{"rebind.example:8080 rebind.example resolves to 127.0.0.1, a loopback address"});
}

TEST_CASE("dial: what is to be connected to is what was found and judged", "[net][dial]") {
  const auto found = attempt({}, "example.com", {"93.184.216.34", "2606:2800:21f::1"});
  CHECK(found.asked == std::vector<std::string>{"example.com"});
  CHECK(found.outcome == "93.184.216.34 2606:2800:21f::1 ");
  CHECK(found.decisions == std::vector<std::string>{"example.com:443 "});
  const auto figures = attempt({"127.0.0.1:8080"}, "0x7f.1:8080", {"10.0.0.1"});
  CHECK(figures.asked.empty());
  CHECK(figures.outcome == "127.0.0.1 ");
  const auto localhost = attempt({"localhost"}, "localhost", {"10.0.0.1"});
  CHECK(localhost.asked.empty());
  CHECK(localhost.outcome == "127.0.0.1 ::1 ");
  CHECK(attempt({}, "localhost", {"93.184.216.34"}).outcome == "denied");
  CHECK(attempt({}, "example.com", {}).outcome == "unavailable");
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

  const auto late = admit(*wanted, *rules, hangs, {}, Call{}.within(std::chrono::milliseconds(30)));
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == ErrorKind::timeout);

  std::stop_source stop;
  std::thread stopper([&] { stop.request_stop(); });
  const auto stopped = admit(*wanted, *rules, hangs, {}, Call{.stop = stop.get_token()});
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
  const auto found = admit(*wanted, *rules, none, {}, {});
  REQUIRE_FALSE(found);
  CHECK(found.error().message == "no such name");
}
