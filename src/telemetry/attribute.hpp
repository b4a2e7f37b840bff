#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace errand::telemetry {

using Value = std::variant<std::string, std::int64_t, double, bool, std::vector<std::string>>;

struct Attribute {
  std::string key;
  Value value;
  bool operator==(const Attribute&) const = default;
};
using Attributes = std::vector<Attribute>;

}  // namespace errand::telemetry
