#pragma once

#include <string>

#include "base/call.hpp"
#include "base/error.hpp"

namespace errand::cli {

/// The schema that --output-schema gives: JSON that stands there, or a file that holds it. Compact JSON.
///
/// What is wrong with it is told with its place: `usage` for JSON on the command line, `config` for a file's,
/// `failure` for a file that can't be read. A file that is a pipe is waited for as `call` says.
Result<std::string> read_output_schema(const std::string& given, const Call& call);

}  // namespace errand::cli
