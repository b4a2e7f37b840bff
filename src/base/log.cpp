#include "base/log.hpp"

#include <memory>

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/sync.hpp"
#include "base/unicode.hpp"

namespace errand::log {

namespace {

Level threshold = Level::off;
Format line_format = Format::text;
std::shared_ptr<spdlog::logger> logger;
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

}  // namespace

Result<void> setup(const Options& options) {
  if (options.level == Level::off) return {};
  try {
    std::shared_ptr<spdlog::sinks::sink> sink;
    if (options.file.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file);
    }
    logger = std::make_shared<spdlog::logger>("errand", std::move(sink));
  } catch (const spdlog::spdlog_ex& e) {
    return fail(ErrorKind::usage, fmt::format("can't open the log file {}: {}", options.file, e.what()));
  }
  line_format = options.format;
  threshold = options.level;
  logger->set_level(to_spdlog(options.level));
  logger->flush_on(spdlog::level::debug);
  logger->set_pattern(options.format == Format::json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l",%v})"
                                                     : "%Y-%m-%dT%H:%M:%S.%e %-5l %v");
  return {};
}

void set_filter(Filter filter) {
  auto next = filter ? std::make_shared<const Filter>(std::move(filter)) : nullptr;
  line_filter.with([&](auto& current) { current = std::move(next); });
}

bool enabled(Level level) {
  return level >= threshold && threshold != Level::off;
}

void write(Level level, std::string_view line) {
  if (!enabled(level)) return;
  auto clean = unicode::sanitize(line);
  const auto filter = line_filter.with([](const auto& current) { return current; });
  if (filter) clean = (*filter)(std::move(clean));
  if (line_format == Format::json) {
    logger->log(to_spdlog(level), "\"message\":\"{}\"", json_escaped(clean));
  } else {
    logger->log(to_spdlog(level), "{}", clean);
  }
}

}  // namespace errand::log
