#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "render/markdown.hpp"

namespace {

using namespace errand::render;

std::vector<std::string> lines_of(std::string_view text, std::size_t piece, const Canvas& canvas) {
  Markdown markdown(canvas);
  for (std::size_t at = 0; at < text.size(); at += piece) {
    markdown.feed(text.substr(at, piece));
    if (at % 64 < piece) (void)markdown.tail();
  }
  markdown.finish();
  return markdown.take();
}

// Nothing but our own sequences: SGR and OSC 8.
bool is_harmless(std::string_view line) {
  while (!line.empty()) {
    const auto c = static_cast<unsigned char>(line[0]);
    if (line.starts_with("\x1b[")) {
      const auto end = line.find_first_not_of("0123456789;", 2);
      if (end == std::string_view::npos || line[end] != 'm') return false;
      line.remove_prefix(end + 1);
    } else if (line.starts_with("\x1b]8;;")) {
      const auto end = line.find("\x1b\\");
      for (const char address : line.substr(5, end - 5)) {
        if (address <= 0x20 || address >= 0x7F) return false;
      }
      if (end == std::string_view::npos) return false;
      line.remove_prefix(end + 2);
    } else if (c < 0x20 || c == 0x7F) {
      return false;
    } else {
      line.remove_prefix(1);
    }
  }
  return true;
}

}  // namespace

// The lines are the same however the text is cut, and hold no control character of it. The first byte is the width.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Canvas canvas{Theme(ColorDepth::ansi256, Background::dark), Hyperlinks::on, 20U + data[0] % 80U};
  const auto whole = lines_of(text, size, canvas);
  if (lines_of(text, 1, canvas) != whole || lines_of(text, data[0] % 31U + 2U, canvas) != whole) std::abort();
  for (const auto& line : whole) {
    if (!is_harmless(line)) std::abort();
  }
  return 0;
}
