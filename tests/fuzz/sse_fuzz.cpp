#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string_view>

#include "http/sse.hpp"

namespace {

using errand::http::SseEvent;
using errand::http::SseParser;

std::vector<SseEvent> parse(std::string_view body, std::size_t piece) {
  SseParser parser;
  std::vector<SseEvent> events;
  for (std::size_t at = 0; at < body.size(); at += piece) {
    auto more = parser.feed(body.substr(at, piece));
    if (!more) std::abort();  // no input of a fuzzer's size reaches the bound
    events.insert(events.end(), std::make_move_iterator(more->begin()), std::make_move_iterator(more->end()));
  }
  if (auto rest = parser.finish().event) events.push_back(*std::move(rest));
  return events;
}

}  // namespace

// The events of a stream are the same whether it comes whole, byte by byte, or in pieces as long as its first byte
// says.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto whole = parse(body, size + 1);
  const std::size_t piece = size == 0 ? 1 : data[0] % 31U + 2U;
  if (parse(body, 1) != whole || parse(body, piece) != whole) std::abort();
  return 0;
}
