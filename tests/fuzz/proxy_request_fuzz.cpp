#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/proxy_request.hpp"

namespace net = errand::net;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// A request that is complete stays the same when more bytes follow it, and reads no more than it was given. The head
// for a server is one head: a request line, fields, and the empty line at its end only.
template <class Read>
void check(std::string_view input, const Read& read) {
  const auto request = read(input);
  if (!request || !*request) return;
  require((*request)->consumed <= input.size());
  const auto shorter = read(input.substr(0, (*request)->consumed));
  require(shorter && *shorter && **shorter == **request);
  require((*request)->wanted.port != 0 && !(*request)->wanted.host.name.empty());
  const auto& head = (*request)->head;
  require(head.empty() || head.find("\r\n\r\n") == head.size() - 4);
  require(head.find('\0') == std::string_view::npos);
  for (std::size_t at = head.find('\n'); at != std::string_view::npos; at = head.find('\n', at + 1)) {
    require(at > 0 && head[at - 1] == '\r');
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check(input, net::read_http_request);
  check(input, net::read_socks_request);
  if (const auto greeting = net::read_socks_greeting(input); greeting && *greeting) require(**greeting <= input.size());
  return 0;
}
