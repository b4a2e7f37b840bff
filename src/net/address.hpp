#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/socket.h>

namespace errand::net {

/// An IP address. One that is IPv4 in IPv6 clothes (`::ffff:1.2.3.4`) is kept as the IPv4 address it means.
class Address {
 public:
  using V4 = std::array<std::uint8_t, 4>;
  using V6 = std::array<std::uint8_t, 16>;

  Address() = default;  ///< 0.0.0.0
  explicit Address(const V4& bytes);
  explicit Address(const V6& bytes);

  /// The plain spellings of inet_pton(3), without brackets or zone: "192.0.2.1", "2001:db8::1".
  static std::optional<Address> parse(std::string_view text);
  /// Of an AF_INET or AF_INET6 socket address.
  static std::optional<Address> of(const sockaddr& socket_address);

  [[nodiscard]] bool is_v6() const { return v6_; }
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return {bytes_.data(), v6_ ? bytes_.size() : 4U}; }
  [[nodiscard]] std::string text() const;  ///< without brackets
  [[nodiscard]] sockaddr_storage socket_address(std::uint16_t port) const;

  bool operator==(const Address&) const = default;

 private:
  V6 bytes_{};  ///< IPv4: the first four
  bool v6_ = false;
};

/// Why an address is not the public internet's, as one word or two for people: "loopback", "private", "link-local",
/// "metadata" (where clouds hand out credentials) … After the special-purpose registries of IANA (RFC 6890); what is
/// outside of IPv6's global unicast space is refused whole. Empty: public.
std::string_view special_use(const Address& address);

/// Whether a user may open an address of that special use to tools by naming it: not metadata, multicast and what is
/// no host's address.
bool may_be_named(const Address& address);

/// The addresses of this machine's interfaces, as they are now.
std::vector<Address> own_addresses();

}  // namespace errand::net
