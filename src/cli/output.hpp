#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json_fwd.hpp"
#include "cli/command.hpp"

namespace errand::cli {

/// Writes to stdout; 0 on success. A closed stdout is exit 141 without a word, another failure is `failure`.
Result<int> print_out(std::string_view text);

/// One JSON document, indented, with a line end.
Result<int> print_json(const Json& json);

/// An error as people read it, with control sequences made harmless and without secrets of the environment.
std::string error_text(const Error& error);

/// The same on stderr, broken at words where that is a terminal. Failing to write is not an error: there is no one left
/// to tell.
void print_error(const Error& error);

/// A line on stderr, unless -q; broken at words as well.
void print_note(const Globals& globals, std::string_view line);

/// "errand 0.1.0\n"
std::string version_line();

}  // namespace errand::cli
