#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "net/host.hpp"

namespace errand::net {

// What clients say to the proxy, as pure functions: bytes in, a request out. An absent value: more bytes are needed.

/// Where a client wants to be taken.
struct ProxyRequest {
  HostPort wanted;
  std::string head;              ///< an http: URL's request as its server is to read it; empty: a tunnel
  std::uint64_t body_bytes = 0;  ///< that follow it
  std::size_t consumed = 0;      ///< bytes of the input that were read

  bool operator==(const ProxyRequest&) const = default;
};

/// Why a request is answered with an error: an HTTP status, or a reply of SOCKS5 (RFC 1928, 6).
struct BadRequest {
  int code = 0;
  std::string why;
  std::string host = {};  ///< as it was written, where that is what is wrong; hostile text
  bool operator==(const BadRequest&) const = default;
};

/// `CONNECT host:port` or `METHOD http://host/…` (RFC 9112). Strict: lines end in CRLF, no folded header, one
/// Content-Length; a body of unknown length is 411. The head for the server has the URL's own Host, none of the
/// headers that are between client and proxy, and `Connection: close`.
tl::expected<std::optional<ProxyRequest>, BadRequest> read_http_request(std::string_view bytes);

/// The methods a SOCKS5 client offers; the value is the bytes read. Fails when "no authentication" is not among them.
tl::expected<std::optional<std::size_t>, BadRequest> read_socks_greeting(std::string_view bytes);

/// What follows it: CONNECT to an address or a name.
tl::expected<std::optional<ProxyRequest>, BadRequest> read_socks_request(std::string_view bytes);

}  // namespace errand::net
