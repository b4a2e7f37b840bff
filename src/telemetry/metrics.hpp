#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/sync.hpp"
#include "base/time.hpp"
#include "telemetry/attribute.hpp"

namespace errand::telemetry {

/// A metric, as the GenAI conventions name it; all of them are histograms.
struct Instrument {
  std::string_view name;
  std::string_view unit;
  std::string_view description;
  std::span<const double> bounds;  ///< upper ones, included; one bucket more than these
};

extern const Instrument token_usage;          ///< gen_ai.client.token.usage, in {token}
extern const Instrument operation_duration;   ///< gen_ai.client.operation.duration, in s
extern const Instrument time_to_first_chunk;  ///< gen_ai.client.operation.time_to_first_chunk, in s

/// What was measured of one metric with the same attributes.
struct Point {
  const Instrument* instrument = nullptr;
  Attributes attributes;
  std::vector<std::uint64_t> counts;  ///< by bucket
  std::uint64_t count = 0;
  double sum = 0;
  double min = 0;
  double max = 0;
};

/// The sums of everything measured. Thread-safe, and bounded: beyond max_points, attributes nobody had before are
/// counted under none.
class Metrics {
 public:
  static constexpr std::size_t max_points = 500;

  void measure(const Instrument& instrument, double value, const Attributes& attributes);

  [[nodiscard]] std::vector<Point> points() const;
  std::vector<Point> take();  ///< the same, and begins anew

 private:
  Sync<std::vector<Point>> points_;
};

}  // namespace errand::telemetry
