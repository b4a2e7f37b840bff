#include "cli/at_files.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "render/summary.hpp"

namespace errand::cli {

namespace {

constexpr std::string_view blanks = " \t\n";
constexpr std::string_view ends_of_sentences = ".,;:!?)";

// A log that is pasted may be full of what looks like a path; what goes along is told in any case.
constexpr std::size_t max_told = 5;
constexpr std::size_t max_told_columns = 200;

// A pipe is a file to read too: @<(…) of a shell is one.
AtWord::Names named_by(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return AtWord::Names::nothing;
  if (S_ISREG(info.st_mode) || S_ISFIFO(info.st_mode)) return AtWord::Names::file;
  return S_ISDIR(info.st_mode) ? AtWord::Names::directory : AtWord::Names::nothing;
}

std::string_view without_end(std::string_view word) {
  while (!word.empty() && ends_of_sentences.find(word.back()) != std::string_view::npos) word.remove_suffix(1);
  return word;
}

// "@alice" is somebody, and so is "@mail.example" perhaps: what is no file costs a line and nothing else.
bool looks_like_path(std::string_view word) {
  const auto dot = word.rfind('.');
  return word.find('/') != std::string_view::npos || (dot != std::string_view::npos && dot > 0);
}

AtWord quoted(std::string_view text) {
  const auto end = text.find_first_of("\"\n", 1);
  if (end == std::string_view::npos || text[end] == '\n' || end == 1) return {};
  AtWord out{.names = {}, .written = "@" + std::string(text.substr(0, end + 1)), .path = {}};
  out.path = with_home(std::string(text.substr(1, end - 1)));
  out.names = named_by(out.path);
  return out;
}

// A sentence may end with it.
AtWord bare(std::string_view text) {
  const auto whole = text.substr(0, text.find_first_of(blanks));
  if (without_end(whole).empty()) return {};  // "@..." ends a thought
  for (auto word = whole; !word.empty(); word.remove_suffix(1)) {
    const auto path = with_home(std::string(word));
    const auto names = named_by(path);
    if (names != AtWord::Names::nothing) return {.names = names, .written = "@" + std::string(word), .path = path};
    if (ends_of_sentences.find(word.back()) == std::string_view::npos) break;
  }
  const auto word = without_end(whole);
  if (!looks_like_path(word)) return {};
  return {.names = AtWord::Names::nothing, .written = "@" + std::string(word), .path = with_home(std::string(word))};
}

std::string told_of(const AtWord& word) {
  struct stat info {};
  switch (word.names) {
    case AtWord::Names::file:
      if (::stat(word.path.c_str(), &info) != 0) return {};
      if (!S_ISREG(info.st_mode)) return fmt::format("{} goes along", word.path);
      return fmt::format("{} goes along ({})", word.path, render::size_text(static_cast<std::uint64_t>(info.st_size)));
    case AtWord::Names::directory:
      return fmt::format("{} is sent as it is: a directory", word.written);
    case AtWord::Names::nothing:
      return fmt::format("{} is sent as it is: there is no such file", word.written);
  }
  return {};
}

}  // namespace

std::string with_home(std::string path) {
  const char* home = std::getenv("HOME");
  return home != nullptr && path.starts_with("~/") ? join_path(home, path.substr(2)) : path;
}

std::vector<AtWord> at_words(const std::string& text) {
  std::vector<AtWord> out;
  for (std::size_t at = text.find('@'); at != std::string::npos; at = text.find('@', at + 1)) {
    if (at > 0 && std::string_view(" \t\n(").find(text[at - 1]) == std::string_view::npos) continue;
    const auto behind = std::string_view(text).substr(at + 1);
    auto word = behind.starts_with('"') ? quoted(behind) : bare(behind);
    if (!word.path.empty() && std::ranges::find(out, word.path, &AtWord::path) == out.end())
      out.push_back(std::move(word));
  }
  return out;
}

std::vector<std::string> told_of(const std::vector<AtWord>& words) {
  std::vector<std::string> out;
  std::size_t more = 0;
  for (const auto& word : words) {
    auto line = told_of(word);
    if (line.empty()) continue;
    if (word.names == AtWord::Names::file || out.size() < max_told)
      out.push_back(text::ellipsize(line, max_told_columns));
    else
      ++more;
  }
  if (more > 0) out.push_back(fmt::format("and {} more with an @ are sent as they are", more));
  return out;
}

}  // namespace errand::cli
