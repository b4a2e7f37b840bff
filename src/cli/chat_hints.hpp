#pragma once

#include <string>

namespace errand::cli {

/// What to do, as somebody in a chat does it: by its commands instead of those of a shell.
[[nodiscard]] std::string in_chat_words(std::string hint);

/// As long as one lives, commands of the command line run for somebody in a chat, on this thread.
class InChat {
 public:
  InChat();
  InChat(const InChat&) = delete;
  InChat& operator=(const InChat&) = delete;
  ~InChat();
};
[[nodiscard]] bool is_in_chat();

}  // namespace errand::cli
