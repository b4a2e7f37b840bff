#include "cli/chat_greeting.hpp"

#include <string_view>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/unicode.hpp"
#include "render/line.hpp"

namespace errand::cli {

namespace {

std::string below_home(const std::string& path, const std::string& home) {
  if (home.empty() || home == "/") return path;
  if (path == home) return "~";
  return path.starts_with(home + "/") ? "~" + path.substr(home.size()) : path;
}

// What it ends with says which one it is.
std::string shortened(const std::string& path, std::size_t columns) {
  if (unicode::width(path) <= columns) return path;
  const auto end = "…/" + std::string(file_name(path));
  return unicode::width(end) <= columns ? end : path;
}

}  // namespace

std::vector<std::string> greeting_lines(const Greeting& greeting, std::size_t columns) {
  constexpr std::string_view mark = ";";  // behind the path
  const auto path = shortened(unicode::sanitize(below_home(greeting.workspace, greeting.home)), columns - mark.size());
  const auto text = fmt::format("{} on {} in {}{} /help lists commands, Ctrl-D leaves",
                                unicode::sanitize(greeting.agent), unicode::sanitize(greeting.model), path, mark);
  std::vector<std::string> out;
  for (const auto& wrapped : render::wrap({render::Run{text, {}}}, columns))
    out.push_back(render::paint(wrapped.line, render::Theme()));
  return out;
}

}  // namespace errand::cli
