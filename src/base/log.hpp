#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.hpp"

namespace errand::log {

enum class Level { debug, info, warn, error, off };
enum class Format { text, json };

/// From which level on lines are written.
struct Levels {
  Level others = Level::off;                           ///< of the rooms that are not named
  std::vector<std::pair<std::string, Level>> rooms{};  ///< each once
  bool operator==(const Levels&) const = default;
};

/// "debug", "info", "warn", "error", "off".
std::span<const std::string_view> level_names();

/// The rooms that may log, sorted: the folders of src/.
std::span<const std::string_view> rooms();

/// Reads "warn", "http=debug" and lists of such ("warn,http=debug,agent=info"); of several that say the same, the last
/// counts. Rooms that are not named have `others`, unless a level stands alone. Fails with `usage`, naming what there
/// is.
Result<Levels> parse_levels(std::string_view text, Level others);

struct Options {
  Levels levels{};
  Format format = Format::text;
  std::string file;  ///< empty: stderr
};

/// Sets up the process's log once, before threads start. Without it nothing is logged and a call costs one comparison.
Result<void> setup(const Options& options);

/// What each line passes through before it is written, from any thread: to take secrets out. Set while no other thread
/// logs; an empty one takes it away, which must happen before what it refers to goes.
using Filter = std::function<std::string(std::string)>;
void set_filter(Filter filter);

/// Whether a line of that level is written for the room it begins with ("http: …"), or for any of the others.
[[nodiscard]] bool enabled(Level level, std::string_view line);
void write(Level level, std::string_view line);

/// One line an event, room first, values with units: `log::debug("http: {} {} -> {} in {} ms", …)`. The room is what
/// the line is kept or left out by. Never a secret, never the only trace of an error.
template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::debug, std::string_view(fmt::string_view(format).data(), fmt::string_view(format).size())))
    write(Level::debug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::info, std::string_view(fmt::string_view(format).data(), fmt::string_view(format).size())))
    write(Level::info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warn(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::warn, std::string_view(fmt::string_view(format).data(), fmt::string_view(format).size())))
    write(Level::warn, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace errand::log
