#pragma once

#include <optional>
#include <string>

namespace errand::repl {

/// `@path ` where all that was pasted is the path of one image that is there: what a terminal writes when a file is
/// dropped on it. It begins with '/' or "~/", perhaps in quotes or with backslashes, or is a file:// address. nullopt:
/// it is anything else.
[[nodiscard]] std::optional<std::string> image_word(const std::string& pasted);

}  // namespace errand::repl
