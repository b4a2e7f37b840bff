#include "net/domains.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace net = errand::net;
using net::Address;
using net::HostRules;
using net::Reach;

namespace {

HostRules rules(Reach reach, const std::vector<std::string>& allowed) {
  auto made = HostRules::make(reach, allowed);
  REQUIRE(made);
  return *std::move(made);
}

net::HostPort wanted(const std::string& text) {
  auto both = net::parse_host_port(text, 443);
  REQUIRE(both);
  return *std::move(both);
}

// "by name: …", "by address: …" or "".
std::string verdict(const HostRules& rules, const std::string& text, const std::vector<std::string>& found) {
  const auto host = wanted(text);
  if (auto why = rules.refusal_of(host); !why.empty()) return "by name: " + why;
  std::vector<Address> addresses;
  for (const auto& one : found) addresses.push_back(Address::parse(one).value());
  if (auto why = rules.refusal_of(host, addresses); !why.empty()) return "by address: " + why;
  return {};
}

}  // namespace

TEST_CASE("domains: a list means whole labels, in any spelling, and nothing beside", "[net][domains]") {
  const auto list = rules(Reach::listed, {"Example.com", "*.wild.org.", "port.net:8443",
                                          "b\xC3\xBC"
                                          "cher.example"});
  const auto by_name = [&](const std::string& text) { return list.refusal_of(wanted(text)); };
  CHECK(by_name("EXAMPLE.com.").empty());
  CHECK(by_name("example.com:8080").empty());
  CHECK(by_name("a.wild.org").empty());
  CHECK(by_name("a.b.wild.org").empty());
  CHECK(by_name("port.net:8443").empty());
  CHECK(by_name("xn--bcher-kva.example").empty());
  CHECK(by_name("a.example.com") == "a.example.com is not among the allowed hosts");
  CHECK(by_name("badexample.com") == "badexample.com is not among the allowed hosts");
  CHECK(by_name("example.com.evil.org") == "example.com.evil.org is not among the allowed hosts");
  CHECK(by_name("wild.org") == "wild.org is not among the allowed hosts");
  CHECK(by_name("badwild.org") == "badwild.org is not among the allowed hosts");
  CHECK(by_name("port.net") == "port 443 of port.net is not open to tools");
  CHECK(by_name("example.com:22") == "port 22 of example.com is not open to tools");
  CHECK(by_name("example.com:6379") == "port 6379 of example.com is not open to tools");
  CHECK(by_name("8.8.8.8") == "8.8.8.8 is not among the allowed hosts");
}

TEST_CASE("domains: no name leads to an address that is not public", "[net][domains]") {
  const auto list = rules(Reach::listed, {"example.com"});
  CHECK(verdict(list, "example.com", {"93.184.216.34", "2606:2800:21f::1"}).empty());
  CHECK(verdict(list, "example.com", {"93.184.216.34", "10.0.0.1"}) ==
        "by address: example.com resolves to 10.0.0.1, a private address");
  CHECK(verdict(list, "example.com", {"::1"}) == "by address: example.com resolves to ::1, a loopback address");
  const auto anywhere = rules(Reach::anywhere, {});
  CHECK(verdict(anywhere, "93.184.216.34", {"93.184.216.34"}).empty());
  CHECK(verdict(anywhere, "169.254.169.254", {"169.254.169.254"}) ==
        "by address: 169.254.169.254 is a metadata address");
  CHECK(verdict(anywhere, "a.org:25", {"93.184.216.34"}) == "by name: port 25 of a.org is not open to tools");
}

TEST_CASE("domains: an address is opened by its own entry, to who asks for it by that name", "[net][domains]") {
  const auto list = rules(Reach::anywhere, {"127.0.0.1:8080", "10.1.2.3", "intranet.corp", "*.wild.corp",
                                            "169.254.169.254", "0.0.0.0", "[::1]:99"});
  CHECK(verdict(list, "127.0.0.1:8080", {"127.0.0.1"}).empty());
  CHECK(verdict(list, "0x7f.1:8080", {"127.0.0.1"}).empty());
  CHECK(verdict(list, "[::1]:99", {"::1"}).empty());
  CHECK(verdict(list, "127.0.0.1:8081", {"127.0.0.1"}) == "by address: 127.0.0.1 is a loopback address");
  CHECK(verdict(list, "127.0.0.2:8080", {"127.0.0.2"}) == "by address: 127.0.0.2 is a loopback address");
  CHECK(verdict(list, "intranet.corp", {"10.1.2.3"}).empty());
  CHECK(verdict(list, "intranet.corp", {"10.1.2.4"}) ==
        "by address: intranet.corp resolves to 10.1.2.4, a private address");
  CHECK(verdict(list, "a.wild.corp", {"10.1.2.3"}) ==
        "by address: a.wild.corp resolves to 10.1.2.3, a private address");
  CHECK(verdict(list, "rebind.evil.org:8080", {"127.0.0.1"}) ==
        "by address: rebind.evil.org resolves to 127.0.0.1, a loopback address");
  CHECK(verdict(list, "169.254.169.254", {"169.254.169.254"}) == "by address: 169.254.169.254 is a metadata address");
  CHECK(verdict(list, "0.0.0.0", {"0.0.0.0"}) == "by address: 0.0.0.0 is an unspecified address");
}

TEST_CASE("domains: localhost is opened by that word, and is loopback whatever a resolver says", "[net][domains]") {
  const auto list = rules(Reach::listed, {"localhost:3000"});
  CHECK(verdict(list, "localhost:3000", {"127.0.0.1", "::1"}).empty());
  CHECK(verdict(list, "localhost:3000", {"10.0.0.1"}) ==
        "by address: localhost resolves to 10.0.0.1, a private address");
  CHECK(verdict(list, "127.0.0.1:3000", {"127.0.0.1"}) == "by name: 127.0.0.1 is not among the allowed hosts");
  CHECK(verdict(list, "a.localhost:3000", {"127.0.0.1"}) == "by name: a.localhost is not among the allowed hosts");
}

TEST_CASE("domains: this machine's own addresses are refused", "[net][domains]") {
  const auto anywhere = rules(Reach::anywhere, {});
  for (const auto& address : net::own_addresses()) {
    CAPTURE(address.text());
    CHECK_FALSE(anywhere.refusal_of({{address.text(), address}, 443}, std::vector{address}).empty());
  }
}

TEST_CASE("domains: an entry that is none is an error that names it", "[net][domains]") {
  const auto text = GENERATE(as<std::string>{}, "", "*", "*.", "*.*.com", "a.*.com", "https://example.com", "a b",
                             "*.127.0.0.1", "example.com:0", "example.com:https", "a/b", "fe80::1%lo");
  const auto made = HostRules::make(Reach::listed, std::vector{text});
  REQUIRE_FALSE(made);
  CHECK(made.error().kind == errand::ErrorKind::config);
  CHECK(made.error().message.starts_with("allowed_domains: "));
}
