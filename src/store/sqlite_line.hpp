#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "store/sqlite_database.hpp"

namespace errand::store {

/// Which stored messages are still part of a session's conversation.
///
/// A message follows the one that was the newest when it was stored. `rewound` makes another one the newest (one that
/// an earlier rewind took out as well), and the conversation is what leads to the newest. A compaction counts until the
/// session is rewound to a message before it, and does not come back.
struct Line {
  struct Summarised {
    std::int64_t position = 0;        ///< of the compaction's event
    std::size_t messages_before = 0;  ///< how many of `messages` were stored before it
    bool operator==(const Summarised&) const = default;
  };

  std::vector<std::int64_t> messages;    ///< their positions, in order
  std::optional<Summarised> compaction;  ///< the newest that counts
  bool rewound = false;                  ///< false: `messages` are all there are
  bool operator==(const Line&) const = default;
};

Line read_line(Database& database, std::int64_t session_key);

/// Whether read_line() has to be asked: else all messages are part of the conversation, and the newest compaction
/// counts.
bool was_rewound(Database& database, std::int64_t session_key);

/// The line cut behind `message_id`; a reply keeps the results of its calls. `failure` when it is not on the line.
Result<Line> line_until(Database& database, std::int64_t session_key, std::string_view message_id);

}  // namespace errand::store
