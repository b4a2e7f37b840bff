#pragma once

#include <string>

namespace errand::cli {

/// What to do, as somebody in a chat does it: by its commands instead of those of a shell.
[[nodiscard]] std::string in_chat_words(std::string hint);

}  // namespace errand::cli
