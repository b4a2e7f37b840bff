#pragma once

#include <string>

#include "base/call.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

namespace errand::cli {

/// The content of a file that an option names, as read_named_file(). Of a pipe or device it is kept: who asks again is
/// given what it held, since nothing more will come. Thread-safe.
Result<std::string> read_given_file(const std::string& path, const Call& call, std::size_t max_bytes = max_file_bytes);

}  // namespace errand::cli
