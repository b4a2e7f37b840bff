#include "base/cluster.hpp"

#include <utf8proc.h>

#include "base/unicode.hpp"

namespace errand::unicode {

namespace {

constexpr std::size_t max_cluster_bytes = 64;

struct Decoded {
  utf8proc_int32_t code_point = 0xFFFD;
  std::size_t bytes = 1;
};

Decoded decode(std::string_view s) {
  utf8proc_int32_t code_point = -1;
  const auto got = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(s.data()),
                                    static_cast<utf8proc_ssize_t>(s.size()), &code_point);
  if (got <= 0 || code_point < 0) return {};
  return {code_point, static_cast<std::size_t>(got)};
}

bool is_printable_ascii(char c) {
  return c >= 0x20 && c < 0x7F;
}

}  // namespace

Cluster first_cluster(std::string_view text) {
  if (is_printable_ascii(text[0]) && (text.size() == 1 || static_cast<unsigned char>(text[1]) < 0x80)) return {1, 1};
  auto last = decode(text);
  auto bytes = last.bytes;
  utf8proc_int32_t state = 0;
  while (bytes < text.size() && bytes < max_cluster_bytes) {
    const auto next = decode(text.substr(bytes));
    if (utf8proc_grapheme_break_stateful(last.code_point, next.code_point, &state)) break;
    bytes += next.bytes;
    last = next;
  }
  return {bytes, width(text.substr(0, bytes))};
}

}  // namespace errand::unicode
