#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "schedule/timetable.hpp"

namespace schedule = errand::schedule;

// A time is read or refused; what is read comes again and again, each time later than before.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto table = schedule::Timetable::parse(input);
  if (!table) return 0;
  const schedule::TimeZone utc;
  std::chrono::sys_seconds at{std::chrono::seconds(1'700'000'000)};
  for (int i = 0; i < 3; ++i) {
    const auto next = table->next_after(utc, {}, at);
    if (!next || *next <= at) std::abort();
    at = *next;
  }
  return 0;
}
