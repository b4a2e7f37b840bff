#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/glob.hpp"

namespace glob = errand::glob;

// The first line is a pattern, the rest a path. A walk must never leave out a directory that holds a match, and a
// pattern without braces stands for itself.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto newline = input.find('\n');
  if (newline == std::string_view::npos) return 0;
  const auto text = input.substr(0, newline);
  const auto path = input.substr(newline + 1);
  const auto alternatives = glob::expand_braces(text);
  if (alternatives && text.find('{') == std::string_view::npos &&
      (alternatives->size() != 1 || alternatives->front() != text))
    std::abort();
  if (alternatives) {
    for (const auto& alternative : *alternatives) {
      const glob::Pattern pattern(alternative);
      if (!pattern.matches(path)) continue;
      for (auto slash = path.rfind('/'); slash != std::string_view::npos && slash > 0;
           slash = path.rfind('/', slash - 1)) {
        if (!pattern.may_match_below(path.substr(0, slash))) std::abort();
      }
    }
  }
  const auto list = glob::IgnoreList::parse(text);
  const auto directory = list.verdict(path, glob::EntryKind::directory);
  // A pattern for files too says the same of a directory; only those for directories alone make a difference.
  if (list.verdict(path, glob::EntryKind::file) != glob::IgnoreList::Verdict::unmentioned &&
      directory == glob::IgnoreList::Verdict::unmentioned)
    std::abort();
  return 0;
}
