#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "schedule/cron.hpp"
#include "schedule/time_zone.hpp"

namespace schedule = errand::schedule;

// Bytes are a zone or refused. Whatever a zone says, the next time of an expression is a later one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto rule = schedule::parse_yearly_rule(input);
  if (rule && rule->begins.has_value() != rule->ends.has_value()) std::abort();
  const auto zone = schedule::TimeZone::parse(input);
  if (!zone) return 0;
  for (const auto* text : {"30 2 * * *", "0 * * * 1"}) {
    const auto cron = schedule::CronExpression::parse(text).value();
    const std::chrono::sys_seconds at{std::chrono::seconds(1'700'000'000)};
    const auto next = cron.next_after(*zone, at);
    if (next && *next <= at) std::abort();
  }
  return 0;
}
