#include "net/address.hpp"

#include <array>
#include <string>
#include <string_view>

#include <catch2/catch.hpp>

namespace net = errand::net;
using net::Address;

namespace {

std::string use_of(std::string_view text) {
  const auto address = Address::parse(text);
  return address ? std::string(net::special_use(*address)) : "no address";
}

struct Border {
  std::string_view before;  // the last address outside, where there is one
  std::string_view first;
  std::string_view last;
  std::string_view after;
  std::string_view use;
};

}  // namespace

TEST_CASE("address: each range that is not public is refused up to its borders and not beyond", "[net][address]") {
  const auto row = GENERATE(values<Border>({
      {"", "0.0.0.0", "0.255.255.255", "1.0.0.0", "unspecified"},
      {"9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0", "private"},
      {"100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0", "shared (carrier NAT)"},
      {"126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0", "loopback"},
      {"169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0", "link-local"},
      {"168.63.129.15", "168.63.129.16", "168.63.129.16", "168.63.129.17", "metadata"},
      {"172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0", "private"},
      {"191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0", "reserved"},
      {"192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0", "documentation"},
      {"192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0", "6to4 relay"},
      {"192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0", "private"},
      {"198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0", "benchmark"},
      {"198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0", "documentation"},
      {"203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0", "documentation"},
      {"223.255.255.255", "224.0.0.0", "239.255.255.255", "", "multicast"},
      {"", "240.0.0.0", "255.255.255.254", "", "reserved"},
      {"", "255.255.255.255", "255.255.255.255", "", "broadcast"},
      {"2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "", "Teredo"},
      {"", "2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", "", "benchmark"},
      {"", "2001:20::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::", "reserved"},
      {"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
       "2001:db9::", "documentation"},
      {"2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
       "2003::", "6to4"},
      {"3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
       "3fff:1000::", "documentation"},
  }));
  CAPTURE(row.first, row.last);
  if (!row.before.empty()) CHECK(use_of(row.before).empty());
  CHECK(use_of(row.first) == row.use);
  CHECK(use_of(row.last) == row.use);
  if (!row.after.empty()) CHECK(use_of(row.after).empty());
}

TEST_CASE("address: whatever else is no global unicast address of IPv6 is refused", "[net][address]") {
  struct Row {
    std::string_view address, use;
  };
  const auto row = GENERATE(values<Row>({
      {"::", "unspecified"},
      {"::1", "loopback"},
      {"::2", "IPv4-compatible"},
      {"::127.0.0.1", "IPv4-compatible"},
      {"::8.8.8.8", "IPv4-compatible"},
      {"::ffff:0:8.8.8.8", "IPv4-translated"},
      {"64:ff9b::8.8.8.8", "NAT64"},
      {"64:ff9b::ffff:ffff", "NAT64"},
      {"64:ff9b::1:0:0", "reserved"},
      {"64:ff9b:1::", "NAT64"},
      {"64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "NAT64"},
      {"64:ff9b:2::", "reserved"},
      {"100::1", "discard"},
      {"1fff:ffff::", "reserved"},
      {"4000::", "reserved"},
      {"5f00::", "reserved"},
      {"fbff:ffff::", "reserved"},
      {"fc00::", "private"},
      {"fd00:ec2::254", "metadata"},
      {"fd00:ec2::253", "private"},
      {"fd20:ce::254", "metadata"},
      {"fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "private"},
      {"fe00::", "reserved"},
      {"fe80::", "link-local"},
      {"febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "link-local"},
      {"fec0::", "site-local"},
      {"ff02::1", "multicast"},
      {"2000::", ""},
      {"3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""},
      {"2606:4700:4700::1111", ""},
      {"169.254.169.254", "metadata"},
      {"169.254.169.253", "link-local"},
      {"100.100.100.200", "metadata"},
      {"192.0.0.192", "metadata"},
      {"8.8.8.8", ""},
  }));
  CAPTURE(row.address);
  CHECK(use_of(row.address) == row.use);
}

TEST_CASE("address: IPv4 in IPv6 clothes is the IPv4 address", "[net][address]") {
  CHECK(Address::parse("::ffff:127.0.0.1") == Address::parse("127.0.0.1"));
  CHECK(Address::parse("::ffff:a9fe:a9fe")->text() == "169.254.169.254");
  CHECK(Address::parse("0:0:0:0:0:ffff:0a00:0001")->text() == "10.0.0.1");
  CHECK_FALSE(Address::parse(std::string_view("127.0.0.1\0x", 11)));
  CHECK_FALSE(Address::parse("fe80::1%lo"));
  CHECK_FALSE(Address::parse("127.1"));
}

TEST_CASE("address: a socket address comes back as it was made", "[net][address]") {
  const auto text = GENERATE(as<std::string>{}, "192.0.2.7", "2001:db8::7");
  const auto address = Address::parse(text);
  REQUIRE(address);
  const auto made = address->socket_address(80);
  CHECK(Address::of(reinterpret_cast<const sockaddr&>(made)) == address);
}
