#include <algorithm>
#include <array>

#include "base/log.hpp"
#include "base/text.hpp"
#include "base/try.hpp"

namespace errand::log {

namespace {

constexpr std::array<std::string_view, 18> room_names = {
    "agent",    "base",   "chat", "cli",     "config",   "http",  "mcp",       "net",      "policy",
    "provider", "render", "repl", "sandbox", "schedule", "store", "telemetry", "terminal", "tool"};
// In the order of the enum.
constexpr std::array<std::string_view, 5> level_words = {"debug", "info", "warn", "error", "off"};

template <class Names>
std::vector<std::string> owned(const Names& names) {
  return {names.begin(), names.end()};
}

Result<Level> level_named(const std::string& word) {
  const auto* const found = std::ranges::find(level_words, text::lower(word));
  if (found != level_words.end()) return static_cast<Level>(found - level_words.begin());
  return fail(ErrorKind::usage, fmt::format("\"{}\" is no level of the log", word),
              text::suggest(word, owned(level_words), "levels"));
}

void set(Levels& levels, const std::string& room, Level level) {
  std::erase_if(levels.rooms, [&](const auto& one) { return one.first == room; });
  levels.rooms.emplace_back(room, level);
}

}  // namespace

std::span<const std::string_view> level_names() {
  return level_words;
}

std::span<const std::string_view> rooms() {
  return room_names;
}

Result<Levels> parse_levels(std::string_view text, Level others) {
  Levels out{others, {}};
  for (const auto& part : text::split(text, ',')) {
    const auto word = text::trim(part);
    const auto equals = word.find('=');
    const std::string level(equals == std::string_view::npos ? word : text::trim(word.substr(equals + 1)));
    const std::string room(equals == std::string_view::npos ? "" : text::trim(word.substr(0, equals)));
    if (equals != std::string_view::npos && std::ranges::find(room_names, room) == room_names.end()) {
      return fail(ErrorKind::usage, fmt::format("\"{}\" is no room that logs", room),
                  text::suggest(room, owned(room_names), "rooms"));
    }
    ERRAND_TRY_ASSIGN(const auto value, level_named(level));
    if (room.empty())
      out.others = value;
    else
      set(out, room, value);
  }
  return out;
}

}  // namespace errand::log
