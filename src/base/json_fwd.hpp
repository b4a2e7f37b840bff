#pragma once

#include <nlohmann/json_fwd.hpp>

namespace errand {

/// JSON whose objects keep the order of their keys: what is sent stays byte-stable from turn to turn, and what a
/// model wrote is shown as it wrote it. Source files include "base/json.hpp"; headers only this one.
using Json = nlohmann::ordered_json;

}  // namespace errand
