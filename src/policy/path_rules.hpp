#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/glob.hpp"

namespace errand::policy {

/// Where rule patterns start. Absolute, without links.
struct Roots {
  std::string project;
  std::string home;
};

/// Whom a pattern is read for: what denies and asks reaches further than what allows.
enum class Reading { strict, wide };

/// A file rule's pattern. `src/**`, `*.key`, `/top` and `./x` start at the project's root, `//abs` at the file
/// system's,
/// `~/x` at home; `../x` above the project. As in a .gitignore a name without '/' stands for any depth, and a directory
/// for all it holds.
class PathPattern {
 public:
  PathPattern(std::string_view written, const Roots& roots);

  /// `wide` takes names of any depth outside the project as well, and a pattern for directories as one for files.
  [[nodiscard]] bool covers(std::string_view absolute_path, Reading reading) const;

 private:
  std::string root_;                            ///< absolute
  std::optional<glob::IgnorePattern> pattern_;  ///< lies in root_; none: all of it
  bool any_depth_ = false;
};

/// The pattern that covers this path alone (a directory: with all it holds), whichever project it is used in; empty
/// when none can be written.
std::string pattern_for(std::string_view absolute_path);

}  // namespace errand::policy
