#include "net/address.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>

namespace errand::net {

namespace {

struct Range {
  std::string_view network;
  unsigned prefix_bits;
  std::string_view use;
};

constexpr std::string_view metadata = "metadata";

// The first row that holds an address tells its use.
constexpr std::array v4_ranges = {
    Range{"169.254.169.254", 32, metadata},  // most clouds
    Range{"169.254.170.2", 32, metadata},    // credentials of containers
    Range{"168.63.129.16", 32, metadata},    // Azure's agent, in public address space
    Range{"100.100.100.200", 32, metadata},  // Alibaba
    Range{"192.0.0.192", 32, metadata},      // Oracle
    Range{"0.0.0.0", 8, "unspecified"},      // the kernel takes it for loopback
    Range{"10.0.0.0", 8, "private"},
    Range{"100.64.0.0", 10, "shared (carrier NAT)"},
    Range{"127.0.0.0", 8, "loopback"},
    Range{"169.254.0.0", 16, "link-local"},
    Range{"172.16.0.0", 12, "private"},
    Range{"192.0.0.0", 24, "reserved"},
    Range{"192.0.2.0", 24, "documentation"},
    Range{"192.88.99.0", 24, "6to4 relay"},
    Range{"192.168.0.0", 16, "private"},
    Range{"198.18.0.0", 15, "benchmark"},
    Range{"198.51.100.0", 24, "documentation"},
    Range{"203.0.113.0", 24, "documentation"},
    Range{"224.0.0.0", 4, "multicast"},
    Range{"255.255.255.255", 32, "broadcast"},
    Range{"240.0.0.0", 4, "reserved"},
};

constexpr std::array v6_ranges = {
    Range{"fd00:ec2::254", 128, metadata},  // Amazon
    Range{"fd00:ec2::23", 128, metadata},   // credentials of its containers
    Range{"fd20:ce::254", 128, metadata},   // Google
    Range{"::", 128, "unspecified"},
    Range{"::1", 128, "loopback"},
    Range{"::", 96, "IPv4-compatible"},
    Range{"::ffff:0:0:0", 96, "IPv4-translated"},
    Range{"64:ff9b::", 96, "NAT64"},
    Range{"64:ff9b:1::", 48, "NAT64"},
    Range{"100::", 64, "discard"},
    Range{"2001::", 32, "Teredo"},
    Range{"2001:2::", 48, "benchmark"},
    Range{"2001::", 23, "reserved"},
    Range{"2001:db8::", 32, "documentation"},
    Range{"2002::", 16, "6to4"},
    Range{"3fff::", 20, "documentation"},
    Range{"fc00::", 7, "private"},
    Range{"fe80::", 10, "link-local"},
    Range{"fec0::", 10, "site-local"},
    Range{"ff00::", 8, "multicast"},
};

constexpr Range global_unicast{"2000::", 3, {}};

bool same_bits(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b, unsigned bits) {
  const auto whole = bits / 8;
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  const auto rest = bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xFFU << (8 - rest));
  return ((a[whole] ^ b[whole]) & mask) == 0;
}

// Not Address::parse(): a range is as it is written, also where it covers addresses that are kept as IPv4.
bool holds(const Range& range, const Address& address) {
  Address::V6 network{};
  const std::string text(range.network);
  if (inet_pton(address.is_v6() ? AF_INET6 : AF_INET, text.c_str(), network.data()) != 1) return false;
  return same_bits(address.bytes(), network, range.prefix_bits);
}

template <std::size_t N>
const Range* first_holding(const std::array<Range, N>& ranges, const Address& address) {
  const auto found = std::ranges::find_if(ranges, [&](const Range& range) { return holds(range, address); });
  return found == ranges.end() ? nullptr : &*found;
}

}  // namespace

Address::Address(const V4& bytes) {
  std::ranges::copy(bytes, bytes_.begin());
}

Address::Address(const V6& bytes) {
  constexpr std::array<std::uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  v6_ = !std::equal(mapped.begin(), mapped.end(), bytes.begin());
  std::copy(bytes.begin() + (v6_ ? 0 : mapped.size()), bytes.end(), bytes_.begin());
}

std::optional<Address> Address::parse(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string terminated(text);
  if (V4 v4{}; inet_pton(AF_INET, terminated.c_str(), v4.data()) == 1) return Address(v4);
  if (V6 v6{}; inet_pton(AF_INET6, terminated.c_str(), v6.data()) == 1) return Address(v6);
  return std::nullopt;
}

std::optional<Address> Address::of(const sockaddr& socket_address) {
  if (socket_address.sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &socket_address, sizeof in);
    V4 bytes{};
    std::memcpy(bytes.data(), &in.sin_addr, bytes.size());
    return Address(bytes);
  }
  if (socket_address.sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 in{};
  std::memcpy(&in, &socket_address, sizeof in);
  V6 bytes{};
  std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
  return Address(bytes);
}

std::string Address::text() const {
  std::array<char, INET6_ADDRSTRLEN> out{};
  inet_ntop(v6_ ? AF_INET6 : AF_INET, bytes_.data(), out.data(), out.size());
  return out.data();
}

sockaddr_storage Address::socket_address(std::uint16_t port) const {
  sockaddr_storage out{};
  if (v6_) {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    std::memcpy(&in.sin6_addr, bytes_.data(), 16);
    std::memcpy(&out, &in, sizeof in);
  } else {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    std::memcpy(&in.sin_addr, bytes_.data(), 4);
    std::memcpy(&out, &in, sizeof in);
  }
  return out;
}

std::string_view special_use(const Address& address) {
  const auto* const range = address.is_v6() ? first_holding(v6_ranges, address) : first_holding(v4_ranges, address);
  if (range != nullptr) return range->use;
  return address.is_v6() && !holds(global_unicast, address) ? std::string_view("reserved") : std::string_view{};
}

bool may_be_named(const Address& address) {
  constexpr std::array<std::string_view, 4> never = {metadata, "unspecified", "multicast", "broadcast"};
  return std::ranges::find(never, special_use(address)) == never.end();
}

std::vector<Address> own_addresses() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owned(list, &::freeifaddrs);
  std::vector<Address> out;
  for (const auto* at = list; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr) continue;
    if (const auto address = Address::of(*at->ifa_addr)) out.push_back(*address);
  }
  return out;
}

}  // namespace errand::net
