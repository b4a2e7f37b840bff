#pragma once

#include <string>

#include "base/error.hpp"

namespace errand::cli {

/// The schema that --output-schema gives: JSON that stands there, or a file that holds it. Compact JSON.
///
/// What is wrong with it is told with its place: `usage` for JSON on the command line, `config` for a file's,
/// `failure` for a file that can't be read.
Result<std::string> read_output_schema(const std::string& given);

}  // namespace errand::cli
