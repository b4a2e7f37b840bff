#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "chat/agent.hpp"

namespace errand::mcp {

using Variables = std::vector<std::pair<std::string, std::string>>;

/// `server` with each `${NAME}` and `${NAME:-text}` of its texts replaced by the variable's value, once: a value is
/// never expanded itself. Fails with `config` where a variable without such a text is not set, and where one that is
/// named like a secret stands in `command` or `args`, which every user of the machine can read.
Result<chat::McpServer> filled_in(chat::McpServer server, const Variables& variables);

}  // namespace errand::mcp
