#include "net/host.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "net/idna.hpp"

namespace errand::net {

namespace {

constexpr std::size_t max_name_bytes = 253;    // RFC 1035, 3.1, as text
constexpr std::size_t max_label_bytes = 63;    // the same
constexpr std::size_t max_given_bytes = 1024;  // before IDNA, which maps and shortens

std::string quoted(std::string_view text) {
  return fmt::format("\"{}\"", text::ellipsize(unicode::sanitize(text), 80));
}

tl::unexpected<Error> refused(std::string_view text, std::string_view why) {
  return fail(ErrorKind::denied, fmt::format("{} is no host: {}", quoted(text), why),
              "a host is a name like example.com, or an IP address");
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_label_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

std::string_view why_no_label(std::string_view label) {
  if (label.empty()) return "it has an empty label";
  if (label.size() > max_label_bytes) return "a label is longer than 63 bytes";
  if (label.starts_with('-') || label.ends_with('-')) return "a label begins or ends with a hyphen";
  if (!std::ranges::all_of(label, is_label_character)) return "a label holds more than letters, digits, '-' and '_'";
  return {};
}

// A number as inet_aton reads it: 0x… hexadecimal, 0… octal, else decimal. Larger ones than an address saturate.
std::optional<std::uint64_t> aton_number(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x")) {
    base = 16;
    text.remove_prefix(2);
    if (text.empty()) return 0;
  } else if (text.size() > 1 && text.starts_with('0')) {
    base = 8;
    text.remove_prefix(1);
  }
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || end != text.data() + text.size()) return std::nullopt;
  return code == std::errc{} ? value : UINT64_MAX;
}

// WHATWG URL, "ends in a number checker": such a host is an IPv4 address or nothing.
bool ends_in_number(std::string_view last_label) {
  if (last_label.empty()) return false;
  return std::ranges::all_of(last_label, is_digit) || (last_label.starts_with("0x") && aton_number(last_label));
}

// WHATWG URL, "IPv4 parser": the last part fills the bytes that are left.
std::optional<Address> aton(const std::vector<std::string>& parts) {
  if (parts.size() > 4) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto number = aton_number(parts[i]);
    const bool last = i + 1 == parts.size();
    const auto bits = last ? 8 * (5 - parts.size()) : 8U;
    if (!number || *number >= (std::uint64_t{1} << bits)) return std::nullopt;
    value = (value << bits) | *number;
  }
  return Address(Address::V4{static_cast<std::uint8_t>(value >> 24U), static_cast<std::uint8_t>(value >> 16U),
                             static_cast<std::uint8_t>(value >> 8U), static_cast<std::uint8_t>(value)});
}

Host host_of(const Address& address) {
  return {address.text(), address};
}

Result<Host> parse_v6(std::string_view text, std::string_view whole) {
  if (text.find('%') != std::string_view::npos) return refused(whole, "zone ids are not accepted");
  const auto address = Address::parse(text);
  if (!address) return refused(whole, "it is no IPv6 address");
  return host_of(*address);
}

Result<Host> parse_name(std::string name, std::string_view whole) {
  name = text::lower(name);
  if (name.ends_with('.')) name.pop_back();
  if (name.size() > max_name_bytes) return refused(whole, "it is longer than 253 bytes");
  const auto labels = text::split(name, '.');
  for (const auto& label : labels) {
    if (const auto why = why_no_label(label); !why.empty()) return refused(whole, why);
  }
  if (!ends_in_number(labels.back())) return Host{name, std::nullopt};
  const auto address = aton(labels);
  if (!address) return refused(whole, "it ends in a number and is no IPv4 address");
  return host_of(*address);
}

}  // namespace

Result<Host> parse_host(std::string_view text) {
  if (text.empty()) return refused(text, "it is empty");
  if (text.size() > max_given_bytes) return refused(text, "it is too long");
  if (text.starts_with('[')) {
    if (!text.ends_with(']')) return refused(text, "its bracket is not closed");
    return parse_v6(text.substr(1, text.size() - 2), text);
  }
  if (text.find(':') != std::string_view::npos) return parse_v6(text, text);
  // A NUL would end what C libraries read of it.
  if (text.find_first_of(std::string_view("\0 \t\r\n%@\\/?#", 11)) != std::string_view::npos) {
    return refused(text, "it holds a character no host has");
  }
  if (is_ascii(text)) return parse_name(std::string(text), text);
  if (!unicode::is_valid_utf8(text)) return refused(text, "it is not UTF-8");
  auto ascii = to_a_labels(text);
  if (!ascii && ascii.error().kind != ErrorKind::denied) return fail(std::move(ascii).error());
  if (!ascii) return refused(text, ascii.error().message);
  return parse_name(*std::move(ascii), text);
}

std::string in_url(const Host& host) {
  return host.address && host.address->is_v6() ? fmt::format("[{}]", host.name) : host.name;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  if (text.empty() || !std::ranges::all_of(text, is_digit)) return std::nullopt;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (code != std::errc{} || port == 0) return std::nullopt;
  return port;
}

Result<HostPort> parse_host_port(std::string_view text, std::uint16_t default_port) {
  const auto colon = text.rfind(':');
  const auto bracket = text.rfind(']');
  const bool has_port = colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  const auto host_text = text.substr(0, has_port ? colon : text.size());
  if (host_text.find(':') != std::string_view::npos && !host_text.starts_with('[')) {
    return refused(text, "an IPv6 address stands in brackets here");
  }
  ERRAND_TRY_ASSIGN(auto host, parse_host(host_text));
  const auto port = has_port ? parse_port(text.substr(colon + 1)) : default_port;
  if (!port || *port == 0) return refused(text, "its port is no number from 1 to 65535");
  return HostPort{std::move(host), *port};
}

}  // namespace errand::net
