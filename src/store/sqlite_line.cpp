#include "store/sqlite_line.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"

namespace errand::store {

namespace {

constexpr std::ptrdiff_t nothing = -1;

// What was said, as a tree: each message follows another, and rewinding begins a new branch.
class Tree {
 public:
  void message(std::int64_t position, std::string id, bool is_result) {
    nodes_.push_back({position, newest_, id, is_result});
    newest_ = static_cast<std::ptrdiff_t>(nodes_.size()) - 1;
    by_id_.insert_or_assign(std::move(id), newest_);
  }

  void compaction(std::int64_t position) { compactions_.push_back({position, newest_}); }

  void rewind(const std::optional<std::string>& to) {
    auto target = nothing;
    if (to) {
      const auto found = by_id_.find(*to);
      if (found == by_id_.end()) return;  // a message that is gone: there is nowhere to go
      target = found->second;
    }
    std::erase_if(compactions_, [&](const Made& made) { return !leads_to(made.after, target); });
    newest_ = target;
  }

  // The last message of the line that belongs to `id`: a reply keeps the results of its calls. nullopt: not on the
  // line.
  [[nodiscard]] std::optional<std::string> last_of(std::string_view id) const {
    std::optional<std::string> last_result;
    for (auto at = newest_; at != nothing; at = node(at).follows) {
      if (node(at).is_result && !last_result) last_result = node(at).id;
      if (node(at).id == id) return last_result ? last_result : std::string(id);
      if (!node(at).is_result) last_result.reset();
    }
    return std::nullopt;
  }

  [[nodiscard]] Line line() const {
    Line out;
    for (auto at = newest_; at != nothing; at = node(at).follows) out.messages.push_back(node(at).position);
    std::ranges::reverse(out.messages);
    if (compactions_.empty()) return out;
    const auto& made = compactions_.back();
    std::size_t before = 0;
    for (auto at = made.after; at != nothing; at = node(at).follows) ++before;
    out.compaction = Line::Summarised{made.position, before};
    return out;
  }

 private:
  struct Node {
    std::int64_t position = 0;
    std::ptrdiff_t follows = nothing;
    std::string id;
    bool is_result = false;
  };
  struct Made {
    std::int64_t position = 0;
    std::ptrdiff_t after = nothing;
  };

  [[nodiscard]] const Node& node(std::ptrdiff_t index) const { return nodes_[static_cast<std::size_t>(index)]; }

  // Whether something that was made after `before` stands before `later`.
  [[nodiscard]] bool leads_to(std::ptrdiff_t before, std::ptrdiff_t later) const {
    if (later == nothing) return false;
    if (before == nothing) return true;
    for (auto at = node(later).follows; at != nothing; at = node(at).follows) {
      if (at == before) return true;
    }
    return false;
  }

  std::vector<Node> nodes_;
  std::map<std::string, std::ptrdiff_t> by_id_;
  std::vector<Made> compactions_;
  std::ptrdiff_t newest_ = nothing;
};

// nullopt: one that can't be read; what it meant is unknown, and everything stays as it was.
std::optional<std::optional<std::string>> target_of(const std::string& text) {
  const auto json = chat::parse_json(text);
  if (!json || !json->is_object()) return std::nullopt;
  const auto to = json->find("to");
  if (to == json->end() || to->is_null()) return std::optional<std::string>();
  if (!to->is_string()) return std::nullopt;
  return std::optional(to->get<std::string>());
}

struct Read {
  Tree tree;
  bool rewound = false;
};

Read read_tree(Database& database, std::int64_t session_key) {
  auto rows = database.query(
      "SELECT position, type, message_id, '' FROM messages WHERE session = ?1 "
      "UNION ALL SELECT position, type, '', json FROM events WHERE session = ?1 AND type = 'rewound' "
      "UNION ALL SELECT position, type, '', '' FROM events WHERE session = ?1 AND type = 'compact_completed' "
      "ORDER BY position",
      {session_key});
  Read out;
  while (rows.next()) {
    const auto type = rows.text(1);
    if (type == "compact_completed") {
      out.tree.compaction(rows.integer(0));
    } else if (type != "rewound") {
      out.tree.message(rows.integer(0), rows.text(2), type == "tool_result");
    } else if (const auto target = target_of(rows.text(3))) {
      out.rewound = true;
      out.tree.rewind(*target);
    } else {
      log::warn("store: the rewound event at position {} can't be read", rows.integer(0));
    }
  }
  return out;
}

}  // namespace

bool was_rewound(Database& database, std::int64_t session_key) {
  auto rows = database.query("SELECT 1 FROM events WHERE session = ? AND type = 'rewound' LIMIT 1", {session_key});
  return rows.next();
}

Line read_line(Database& database, std::int64_t session_key) {
  const auto read = read_tree(database, session_key);
  auto line = read.tree.line();
  line.rewound = read.rewound;
  return line;
}

Result<Line> line_until(Database& database, std::int64_t session_key, std::string_view message_id) {
  auto read = read_tree(database, session_key);
  const auto last = read.tree.last_of(message_id);
  if (!last) {
    return fail(
        ErrorKind::failure,
        fmt::format("no message \"{}\" in the conversation", text::ellipsize(unicode::sanitize(message_id), 80)),
        "\"errand sessions show --json\" has the ids");
  }
  read.tree.rewind(last);
  auto line = read.tree.line();
  line.rewound = true;
  return line;
}

}  // namespace errand::store
