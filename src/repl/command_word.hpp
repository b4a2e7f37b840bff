#pragma once

#include <algorithm>
#include <string_view>

namespace errand::repl {

/// Whether the first word of a line can be a slash command's name: "/exit", "/model x". A path has another slash in it.
inline bool names_command(std::string_view line) {
  const auto name = line.substr(0, line.find_first_of(" \t\n"));
  const auto is_of_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '?';
  };
  return name.size() > 1 && name.front() == '/' && std::ranges::all_of(name.substr(1), is_of_name);
}

}  // namespace errand::repl
