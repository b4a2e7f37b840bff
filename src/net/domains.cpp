#include "net/domains.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/try.hpp"

namespace errand::net {

namespace {

// Services that take what an HTTP request says for their own commands, or give without asking who it is: the
// browsers' "bad ports" from 1024 on (WHATWG Fetch), containers' and databases' doors.
constexpr std::array<std::uint16_t, 31> blocked_ports = {
    1719, 1720, 1723, 2049, 2375, 2376, 2377, 2379, 2380, 3306, 3389, 3659, 4045, 4190,  5060, 5061,
    5432, 5900, 6000, 6379, 6443, 6566, 6665, 6666, 6667, 6668, 6669, 6697, 9042, 10250, 11211};

bool opens_port(std::uint16_t entry_port, std::uint16_t wanted) {
  return entry_port == 0 ? is_usual_port(wanted) : entry_port == wanted;
}

bool is_below(std::string_view name, std::string_view parent) {
  return name.size() > parent.size() + 1 && name.ends_with(parent) && name[name.size() - parent.size() - 1] == '.';
}

bool is_loopback(const Address& address) {
  return address.text() == "127.0.0.1" || address.text() == "::1";
}

std::string article(std::string_view word) {
  return fmt::format("{} {}", std::string_view("aeiouI").find(word.front()) == std::string_view::npos ? "a" : "an",
                     word);
}

}  // namespace

bool is_usual_port(std::uint16_t port) {
  if (port == 80 || port == 443) return true;
  return port >= 1024 && std::ranges::find(blocked_ports, port) == blocked_ports.end();
}

Result<HostRules::Entry> HostRules::parse(const std::string& text) {
  Entry entry;
  std::string_view rest = text::trim(text);
  if (rest.starts_with("*.")) {
    entry.below = true;
    rest.remove_prefix(2);
  }
  const bool bare_v6 = !rest.starts_with('[') && std::ranges::count(rest, ':') > 1;
  const bool has_port = !bare_v6 && rest.find(':', rest.find(']') == std::string_view::npos ? 0 : rest.find(']')) !=
                                        std::string_view::npos;
  if (has_port) {
    ERRAND_TRY_ASSIGN(auto both, parse_host_port(rest, 0));
    entry.host = std::move(both.host);
    entry.port = both.port;
  } else {
    ERRAND_TRY_ASSIGN(entry.host, parse_host(rest));
  }
  if (entry.below && entry.host.address) return fail(ErrorKind::config, "an address has nothing below it");
  return entry;
}

Result<HostRules> HostRules::make(Reach reach, std::span<const std::string> allowed) {
  HostRules rules;
  rules.reach_ = reach;
  for (const auto& text : allowed) {
    auto entry = parse(text);
    if (!entry) {
      return fail(ErrorKind::config, fmt::format("allowed_domains: {}", entry.error().message),
                  "write hosts such as example.com, *.example.com, example.com:8443, 192.0.2.1 or [2001:db8::1]:80");
    }
    rules.entries_.push_back(*std::move(entry));
    rules.written_.push_back(text);
  }
  return rules;
}

bool HostRules::names(const Entry& entry, const Host& host) {
  if (entry.below) return !host.address && is_below(host.name, entry.host.name);
  return entry.host == host;
}

bool HostRules::lists(const Host& host, std::uint16_t port) const {
  return std::ranges::any_of(entries_,
                             [&](const Entry& entry) { return names(entry, host) && opens_port(entry.port, port); });
}

bool HostRules::lists_in_full(const HostPort& wanted) const {
  return std::ranges::any_of(entries_, [&](const Entry& entry) {
    return !entry.below && names(entry, wanted.host) && opens_port(entry.port, wanted.port);
  });
}

bool HostRules::opens(const HostPort& wanted, const Address& address) const {
  if (!may_be_named(address) || !lists_in_full(wanted)) return false;
  if (wanted.host.name == "localhost" && is_loopback(address)) return true;
  return lists({address.text(), address}, wanted.port);
}

std::string HostRules::refusal_of(const HostPort& wanted) const {
  const auto& [host, port] = wanted;
  if (lists(host, port) || (reach_ == Reach::anywhere && is_usual_port(port))) return {};
  const bool known = std::ranges::any_of(entries_, [&](const Entry& entry) { return names(entry, host); });
  if (known || reach_ == Reach::anywhere) return fmt::format("port {} of {} is not open to tools", port, in_url(host));
  return fmt::format("{} is not among the allowed hosts", in_url(host));
}

std::string HostRules::refusal_of(const HostPort& wanted, std::span<const Address> addresses) const {
  const auto own = own_addresses();
  for (const auto& address : addresses) {
    auto use = special_use(address);
    if (use.empty() && std::ranges::find(own, address) != own.end()) use = "address of this machine's own";
    if (use.empty() || opens(wanted, address)) continue;
    const auto what = use.starts_with("address") ? article(use) : fmt::format("{} address", article(use));
    if (wanted.host.address) return fmt::format("{} is {}", address.text(), what);
    return fmt::format("{} resolves to {}, {}", wanted.host.name, address.text(), what);
  }
  return {};
}

}  // namespace errand::net
