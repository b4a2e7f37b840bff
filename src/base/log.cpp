#include "base/log.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/sync.hpp"
#include "base/unicode.hpp"

namespace errand::log {

namespace {

// What the program logs with; set up once. Each room has a logger of its own, with its level.
struct Log {
  Level lowest = Level::off;  // of them all
  Format format = Format::text;
  std::shared_ptr<spdlog::logger> others;
  std::map<std::string, std::shared_ptr<spdlog::logger>, std::less<>> rooms;
};

Log current;
Sync<std::shared_ptr<const Filter>> line_filter;

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
    case Level::off:
      return spdlog::level::off;
  }
  return spdlog::level::off;
}

std::string json_escaped(std::string_view s) {
  std::string out;
  for (const char c : s) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out;
}

// "http" of "http: GET …"; empty where the line names no room.
std::string_view room_of(std::string_view line) {
  const auto colon = line.find(": ");
  return colon == std::string_view::npos ? std::string_view() : line.substr(0, colon);
}

spdlog::logger& logger_of(std::string_view line) {
  const auto found = current.rooms.find(room_of(line));
  return found == current.rooms.end() ? *current.others : *found->second;
}

std::shared_ptr<spdlog::logger> logger_named(std::string_view name, const spdlog::sink_ptr& sink, Level level) {
  auto out = std::make_shared<spdlog::logger>(std::string(name), sink);
  out->set_level(to_spdlog(level));
  out->flush_on(spdlog::level::debug);
  return out;
}

Level level_of(const Levels& levels, std::string_view room) {
  const auto named = std::ranges::find(levels.rooms, room, &std::pair<std::string, Level>::first);
  return named == levels.rooms.end() ? levels.others : named->second;
}

}  // namespace

Result<void> setup(const Options& options) {
  auto lowest = options.levels.others;
  for (const auto& [room, level] : options.levels.rooms) lowest = std::min(lowest, level);
  if (lowest == Level::off) return {};
  spdlog::sink_ptr sink;
  try {
    if (options.file.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file);
    }
  } catch (const spdlog::spdlog_ex& e) {
    return fail(ErrorKind::usage, fmt::format("can't open the log file {}: {}", options.file, e.what()));
  }
  sink->set_pattern(options.format == Format::json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","room":"%n",%v})"
                                                   : "%Y-%m-%dT%H:%M:%S.%e %-5l %n: %v");
  current.format = options.format;
  current.others = logger_named("errand", sink, options.levels.others);
  for (const auto room : rooms()) current.rooms.emplace(room, logger_named(room, sink, level_of(options.levels, room)));
  current.lowest = lowest;
  return {};
}

void set_filter(Filter filter) {
  auto next = filter ? std::make_shared<const Filter>(std::move(filter)) : nullptr;
  line_filter.with([&](auto& held) { held = std::move(next); });
}

bool enabled(Level level, std::string_view line) {
  if (level < current.lowest || current.lowest == Level::off) return false;
  return logger_of(line).should_log(to_spdlog(level));
}

void write(Level level, std::string_view line) {
  if (!enabled(level, line)) return;
  auto& logger = logger_of(line);
  if (&logger != current.others.get()) line.remove_prefix(room_of(line).size() + 2);
  auto clean = unicode::sanitize(line);
  const auto filter = line_filter.with([](const auto& held) { return held; });
  if (filter) clean = (*filter)(std::move(clean));
  if (current.format == Format::json) {
    logger.log(to_spdlog(level), "\"message\":\"{}\"", json_escaped(clean));
  } else {
    logger.log(to_spdlog(level), "{}", clean);
  }
}

}  // namespace errand::log
