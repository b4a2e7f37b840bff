#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/error.hpp"

namespace errand::log {

enum class Level { debug, info, warn, error, off };
enum class Format { text, json };

struct Options {
  Level level = Level::off;
  Format format = Format::text;
  std::string file;  ///< empty: stderr
};

/// Sets up the process's log once, before threads start. Without it nothing is logged and a call costs one comparison.
Result<void> setup(const Options& options);

/// What each line passes through before it is written, from any thread: to take secrets out. Set while no other thread
/// logs; an empty one takes it away, which must happen before what it refers to goes.
using Filter = std::function<std::string(std::string)>;
void set_filter(Filter filter);

[[nodiscard]] bool enabled(Level level);
void write(Level level, std::string_view line);

/// One line an event, room first, values with units: `log::debug("http: {} {} -> {} in {} ms", …)`.
/// Never a secret, never the only trace of an error.
template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::debug)) write(Level::debug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::info)) write(Level::info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warn(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::warn)) write(Level::warn, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace errand::log
