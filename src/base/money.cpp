#include "base/money.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace errand {

namespace {

constexpr int usual_decimals = 4;
constexpr int most_decimals = 12;  // a token costs some 1e-8

// What is left of a sum in binary is no money.
constexpr double smallest = 1e-11;

int decimals_of(double usd) {
  if (!std::isfinite(usd) || std::abs(usd) < smallest) return usual_decimals;
  const auto first_digit = static_cast<int>(std::floor(std::log10(std::abs(usd))));
  return std::clamp(1 - first_digit, usual_decimals, most_decimals);
}

}  // namespace

std::string format_usd(double usd) {
  return fmt::format("${:.{}f}", usd, decimals_of(usd));
}

}  // namespace errand
