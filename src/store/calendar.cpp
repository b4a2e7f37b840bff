#include "store/calendar.hpp"

#include <array>
#include <ctime>

namespace errand::store {

namespace {

std::tm local_parts(Timestamp at) {
  const auto seconds = std::chrono::system_clock::to_time_t(at);
  std::tm out{};
  ::localtime_r(&seconds, &out);
  return out;
}

// mktime(3) brings days and months beyond the end into range, and finds out whether summer time holds there.
Timestamp midnight(std::tm parts) {
  parts.tm_hour = parts.tm_min = parts.tm_sec = 0;
  parts.tm_isdst = -1;
  return Timestamp(std::chrono::seconds(::mktime(&parts)));
}

std::string formatted(Timestamp at, const char* format) {
  const auto parts = local_parts(at);
  std::array<char, 64> out{};
  return {out.data(), std::strftime(out.data(), out.size(), format, &parts)};
}

}  // namespace

std::string_view name_of(Period period) {
  return period == Period::day ? "day" : "month";
}

Timestamp begin_of(Period period, Timestamp at) {
  auto parts = local_parts(at);
  if (period == Period::month) parts.tm_mday = 1;
  return midnight(parts);
}

Timestamp end_of(Period period, Timestamp at) {
  auto parts = local_parts(at);
  if (period == Period::month) {
    parts.tm_mday = 1;
    ++parts.tm_mon;
  } else {
    ++parts.tm_mday;
  }
  return midnight(parts);
}

std::string date_of(Period period, Timestamp at) {
  return formatted(at, period == Period::day ? "%Y-%m-%d" : "%Y-%m");
}

std::string local_time(Timestamp at) {
  return formatted(at, "%Y-%m-%d %H:%M %z");
}

}  // namespace errand::store
