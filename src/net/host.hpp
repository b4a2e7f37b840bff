#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "net/address.hpp"

namespace errand::net {

/// A host in the one spelling this program judges, looks up and sends: what was checked is what is used.
struct Host {
  std::string name;                ///< lower case, without a final dot; an address as inet_ntop(3) writes it
  std::optional<Address> address;  ///< when the host is one

  bool operator==(const Host&) const = default;
};

/// Reads a host strictly: labels of letters, digits, '-' and '_', or an IP address (IPv6 with or without brackets).
/// Names beyond ASCII become their A-labels (IDNA 2008 with the mapping of UTS #46). What ends in a number is an IPv4
/// address in any spelling of inet_aton(3) (`127.1`, `0x7f.0.0.1`, `017700000001`, `2130706433`), as the WHATWG URL
/// standard reads it, or refused. Fails with `denied` for everything else: NUL, white space, '%', '@', '\\', zone ids,
/// empty or overlong labels. The message quotes the host made harmless.
Result<Host> parse_host(std::string_view text);

/// The host as it stands in URLs and Host headers: IPv6 in brackets.
std::string in_url(const Host& host);

struct HostPort {
  Host host;
  std::uint16_t port = 0;
  bool operator==(const HostPort&) const = default;
};

/// "host:port", "[v6]:port"; the port decimal, from 1. Without one `default_port` holds, and 0 there means it must be
/// given.
Result<HostPort> parse_host_port(std::string_view text, std::uint16_t default_port);

/// A port's number: decimal digits alone, from 1.
std::optional<std::uint16_t> parse_port(std::string_view text);

}  // namespace errand::net
