#include "cli/since.hpp"

#include <ctime>
#include <string>

#include <fmt/format.h>

namespace errand::cli {

namespace {

// mktime(3) would bring the 31st of February into range: what comes out must be what went in.
std::optional<Timestamp> local_date(const std::string& text) {
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%d", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  const int day = parts.tm_mday;
  parts.tm_isdst = -1;
  const auto seconds = ::mktime(&parts);
  if (parts.tm_mday != day) return std::nullopt;
  return Timestamp(std::chrono::seconds(seconds));
}

}  // namespace

Result<Timestamp> parse_since(std::string_view text) {
  if (const auto date = local_date(std::string(text))) return *date;
  if (const auto moment = parse_rfc3339(text)) return *moment;
  if (const auto ago = parse_duration(text)) return now() - *ago;
  return fail(ErrorKind::usage, fmt::format("--since \"{}\" is neither a duration nor a date", text),
              "write it as 24h, 30d or 2026-01-01");
}

}  // namespace errand::cli
