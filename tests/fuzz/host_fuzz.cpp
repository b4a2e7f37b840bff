#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "net/host.hpp"
#include "net/url.hpp"

namespace net = errand::net;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// What a host was read as is read as itself, and no C library finds an address in it that was not seen here.
void check(const net::Host& host) {
  const auto again = net::parse_host(host.name);
  require(again && *again == host);
  in_addr found{};
  const bool is_address = ::inet_aton(host.name.c_str(), &found) != 0;
  require(!is_address || host.address.has_value());
  for (const char c : host.name) {
    require((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
            (c == ':' && host.address));
  }
}

}  // namespace

// The input as a host and as a URL. An accepted URL, written anew, is the same URL, as are those it leads to.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (const auto host = net::parse_host(input)) check(*host);
  if (const auto url = net::parse_url(input)) {
    check(url->where.host);
    const auto again = net::parse_url(url->text());
    require(again && *again == *url);
  }
  const auto base = net::parse_url("https://example.com/a/b?c");
  if (const auto url = net::resolve_url(*base, input)) require(net::parse_url(url->text()) == *url);
  return 0;
}
