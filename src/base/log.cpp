#include "base/log.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <functional>
#include <map>
#include <memory>

#include <fcntl.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/sync.hpp"
#include "base/try.hpp"
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

// Once, however many lines are lost: the log is for who debugs, and no reason to stop.
std::atomic_flag loss_was_told;

void tell_loss(const std::string& file) {
  if (loss_was_told.test_and_set()) return;
  const auto where = file.empty() ? std::string("the log") : fmt::format("the log file {}", unicode::sanitize(file));
  [[maybe_unused]] const auto told = write_all(STDERR_FILENO, fmt::format("warning: {} can't be written to\n", where));
}

// Before spdlog does: it would make the directories that are missing.
Result<void> check_file(const std::string& path) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666));
  if (file) return {};
  return fail_errno(ErrorKind::failure, fmt::format("can't write the log file {}", path), errno);
}

std::shared_ptr<spdlog::logger> logger_named(std::string_view name, const spdlog::sink_ptr& sink, Level level,
                                             const std::string& file) {
  auto out = std::make_shared<spdlog::logger>(std::string(name), sink);
  out->set_error_handler([file](const std::string&) { tell_loss(file); });
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
  if (!options.file.empty()) ERRAND_TRY(check_file(options.file));
  spdlog::sink_ptr sink;
  try {
    if (options.file.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file);
    }
  } catch (const spdlog::spdlog_ex& e) {
    return fail(ErrorKind::failure, fmt::format("can't write the log file {}: {}", options.file, e.what()));
  }
  sink->set_pattern(options.format == Format::json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","room":"%n",%v})"
                                                   : "%Y-%m-%dT%H:%M:%S.%e %-5l %n: %v");
  current.format = options.format;
  current.others = logger_named("errand", sink, options.levels.others, options.file);
  for (const auto room : rooms())
    current.rooms.emplace(room, logger_named(room, sink, level_of(options.levels, room), options.file));
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
