#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace errand::tool {

/// A named set of globs over file names, called as ripgrep calls it.
struct FileType {
  std::string_view name;
  std::string_view globs;  ///< one glob; alternatives in braces
};

/// The known types, by name.
std::span<const FileType> file_types();

/// nullptr when there is none of that name.
const FileType* file_type_named(std::string_view name);

std::vector<std::string> file_type_names();

}  // namespace errand::tool
