#pragma once

#include <vector>

#include "base/json_fwd.hpp"
#include "chat/event.hpp"

namespace errand::tool {

/// The list that a call of TodoWrite with that input sets. What does not fit its schema is left out.
std::vector<chat::event::TodoItem> todo_items(const Json& input);

}  // namespace errand::tool
