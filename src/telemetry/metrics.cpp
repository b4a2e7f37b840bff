#include "telemetry/metrics.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace errand::telemetry {

namespace {

// As the conventions advise them.
constexpr std::array<double, 14> token_bounds = {1,     4,     16,     64,      256,     1024,     4096,
                                                 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864};
constexpr std::array<double, 14> second_bounds = {0.01, 0.02, 0.04, 0.08,  0.16,  0.32,  0.64,
                                                  1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92};
constexpr std::array<double, 16> chunk_bounds = {0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1,
                                                 0.25,  0.5,   0.75, 1.0,  2.5,  5.0,  7.5,  10.0};

bool same(const Point& point, const Instrument& instrument, const Attributes& attributes) {
  return point.instrument == &instrument && point.attributes == attributes;
}

void add(Point& point, double value) {
  const auto& bounds = point.instrument->bounds;
  const auto bucket = std::ranges::lower_bound(bounds, value) - bounds.begin();
  ++point.counts[static_cast<std::size_t>(bucket)];
  point.min = point.count == 0 ? value : std::min(point.min, value);
  point.max = point.count == 0 ? value : std::max(point.max, value);
  ++point.count;
  point.sum += value;
}

Point& point_for(std::vector<Point>& points, const Instrument& instrument, const Attributes& attributes) {
  const auto find = [&](const Attributes& which) {
    return std::ranges::find_if(points, [&](const Point& point) { return same(point, instrument, which); });
  };
  auto found = find(attributes);
  if (found != points.end()) return *found;
  const bool full = points.size() >= Metrics::max_points;
  if (full) found = find({});
  if (found != points.end()) return *found;
  points.push_back({.instrument = &instrument,
                    .attributes = full ? Attributes{} : attributes,
                    .counts = std::vector<std::uint64_t>(instrument.bounds.size() + 1)});
  return points.back();
}

}  // namespace

const Instrument token_usage{"gen_ai.client.token.usage", "{token}", "Number of input and output tokens used.",
                             token_bounds};
const Instrument operation_duration{"gen_ai.client.operation.duration", "s", "GenAI operation duration.",
                                    second_bounds};
const Instrument time_to_first_chunk{"gen_ai.client.operation.time_to_first_chunk", "s",
                                     "Time to receive the first chunk.", chunk_bounds};

void Metrics::measure(const Instrument& instrument, double value, const Attributes& attributes) {
  points_.with([&](auto& points) { add(point_for(points, instrument, attributes), value); });
}

std::vector<Point> Metrics::points() const {
  return points_.with([](const auto& points) { return points; });
}

std::vector<Point> Metrics::take() {
  return points_.with([](auto& points) { return std::exchange(points, {}); });
}

}  // namespace errand::telemetry
