#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "chat/message.hpp"

namespace errand::chat {

/// A scripted model's file: turns that are tried in order, each used once.
struct Script {
  struct Say {
    std::string text;  ///< may hold {{last_tool_result}}, {{last_tool_result | first_line}}, {{user}}
  };
  struct Think {
    std::string text;
  };
  struct Use {
    std::string name;
    std::string input;  ///< JSON text
  };
  struct Wait {
    std::chrono::milliseconds duration{0};
  };
  struct Fail {
    Error error;
  };
  using Part = std::variant<Say, Think, Use, Wait, Fail>;

  struct Turn {
    std::string when_user;         ///< RE2 on the newest user text; empty: always
    std::string when_tool_result;  ///< RE2 on the newest tool result; empty: always
    std::vector<Part> reply;
    std::optional<StopReason> stop_reason;
    std::optional<Usage> usage;
  };

  std::string path;  ///< for messages
  std::vector<Turn> turns;
};

}  // namespace errand::chat
