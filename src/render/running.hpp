#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/rewrites.hpp"
#include "chat/event.hpp"
#include "render/options.hpp"

namespace errand::render {

/// Where an agent stands below the root, and what its lines are marked with.
struct Place {
  std::size_t depth = 0;
  std::string_view name;
};
Place place_of(std::string_view agent_path);

/// What stands before the lines of a subagent; empty for the root's.
std::string margin_of(const Place& place, Color color);

/// Columns that are left for its lines, at least 20.
std::size_t room_of(const Place& place, std::size_t columns);

/// A time that is counted on the screen: "4s", "1m05s".
std::string in_seconds(std::chrono::seconds time);

/// What lasts while a run goes on: thinking, calls of tools, waits. Gives a line for each with its time.
struct Running {
  using Time = std::chrono::steady_clock::time_point;
  struct Tool {
    std::string summary;
    std::string agent_path;
    std::string input;  ///< of a call of Write
    bool running = false;
    bool was_allowed_by_person = false;
    Time since;
    bool said_something = false;
    unicode::RewritesSanitizer output;
    text::RewrittenLines lines;
  };

  /// Until a model is asked again.
  struct Wait {
    Time until;
    int attempt = 0;
    int max_attempts = 0;
  };

  std::map<std::string, Tool> tools;
  std::map<std::string, Wait> waits;    ///< by agent
  std::optional<Time> waiting_since{};  ///< the root agent's model was asked and has said nothing yet
  std::optional<Time> silent_since{};   ///< its reply has begun, and no more of it has come since
  std::optional<Time> thinking_since;
  std::vector<std::string> newest_output;    ///< of a person's own command, above the line with its time
  std::vector<chat::event::TodoItem> todos;  ///< the root agent's list

  [[nodiscard]] bool any() const {
    return !tools.empty() || !waits.empty() || waiting_since || silent_since || thinking_since;
  }
  /// A call of the root agent's own.
  [[nodiscard]] bool has_root_tool() const;
  void clear();

  /// Painted, each narrower than `columns`. A wait stands alone; of many tools some are left out, of a long todo list
  /// what is done and then what comes last.
  [[nodiscard]] std::vector<std::string> lines(Time now, std::size_t columns, Color color) const;
};

}  // namespace errand::render
