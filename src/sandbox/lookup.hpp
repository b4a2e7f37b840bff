#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace errand::sandbox {

struct Found {
  std::string path;  ///< absolute; no symbolic link, "." or ".." among what exists
  bool exists = false;
};

/// Looks up `path` (from `cwd`, "~" being `home`) one component at a time, following symbolic links as the kernel does,
/// and keeps what does not exist as it was written. A look, not a lock: what is opened afterwards is opened without
/// following links. Fails with `failure`, in a sentence for a model.
Result<Found> look_up(std::string_view path, std::string_view cwd, std::string_view home);

/// The user's home directory: $HOME, else what the password file says; "/" when neither does.
std::string home_directory();

/// A path as it can stand in a sentence: valid UTF-8 without control sequences, of bounded length.
std::string shown_path(std::string_view path);

}  // namespace errand::sandbox
