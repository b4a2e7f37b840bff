#pragma once

#include <string>

#include "base/error.hpp"

namespace errand::cli {

/// Lets the person edit `path` with $VISUAL, else $EDITOR, else vi, on this process's terminal, and waits. `usage`
/// without a terminal, `failure` when the editor could not be started or said that it failed.
Result<void> edit_file(const std::string& path);

/// Lets the person edit a text in the same way, in a file of its own (0600), and returns what became of it.
Result<std::string> edit_text(const std::string& text);

/// Lets the person read a text with $PAGER, else less, else more, on this process's terminal, and waits. Fails
/// likewise.
Result<void> page_text(const std::string& text);

}  // namespace errand::cli
