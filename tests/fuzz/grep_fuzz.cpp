#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <unistd.h>

#include "base/fd.hpp"
#include "tool/text_search.hpp"

using namespace errand;

namespace {

std::string found(const std::string& pattern, int fd) {
  auto search = tool::TextSearch::make({.pattern = pattern, .before = 1, .after = 2});
  if (!search || ::lseek(fd, 0, SEEK_SET) != 0) return "invalid";
  const auto hits = search->search(fd, "f", {});
  return hits ? hits->text : "failed";
}

}  // namespace

// The first line is a pattern, the rest a text. Looking for the text a pattern requires first must not change what is
// found; a group of flags in front switches that off and means nothing else.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto newline = input.find('\n');
  if (newline == std::string_view::npos || newline > 200) return 0;
  const std::string pattern(input.substr(0, newline));
  const auto file = memory_file(input.substr(newline + 1));
  if (!file) return 0;
  const auto plain = found("(?-i)" + pattern, file->get());
  if (plain != "invalid" && found(pattern, file->get()) != plain) std::abort();
  return 0;
}
