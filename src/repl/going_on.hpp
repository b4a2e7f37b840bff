#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "repl/slash.hpp"
#include "store/store.hpp"

namespace errand::repl {

/// How a conversation ended, as far as a person has to see of it to know where they are. Not harmless.
struct LastExchange {
  std::string prompt;               ///< the first line of the last one; empty: there is none
  std::vector<std::string> answer;  ///< the last lines of what was said then
  bool begun_before = false;        ///< there is more of the answer above these lines
  bool cut = false;                 ///< the answer was cancelled before its end
  bool ended_at_call = false;       ///< what its last calls gave was never answered
};
Result<LastExchange> last_exchange(store::Store& store, const std::string& session, std::size_t answer_lines);

/// What a person is shown of a session that goes on: which one it is, how it ended, and whether its last answer was cut
/// off. Harmless, each of at most `columns`.
std::vector<std::string> going_on_lines(store::Store& store, const store::SessionInfo& session, std::size_t columns);

/// The same shown, dim; only where `context.menus` is set.
void show_going_on(const store::SessionInfo& session, const SlashContext& context);

/// The first of these, which says which session it is.
std::string going_on_line(const store::SessionInfo& session);

}  // namespace errand::repl
