#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace errand::cli {

/// Who answers in a chat, and where its tools work.
struct Greeting {
  std::string agent;
  std::string model;
  std::string workspace;  ///< absolute
  std::string home;       ///< absolute; stands as "~"
};

/// The first lines of a chat, each of at most `columns`, broken at words; of a path that is wider its end stays.
[[nodiscard]] std::vector<std::string> greeting_lines(const Greeting& greeting, std::size_t columns);

}  // namespace errand::cli
