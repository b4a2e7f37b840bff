#pragma once

#include "base/json_fwd.hpp"
#include "config/yaml.hpp"

namespace errand::config::yaml {

/// The value as JSON, for what is handed on as it was written: schemas, a scripted call's input. A scalar without
/// quotes that JSON reads as a number, true or false is that ("007" is text); every other one is text. As deep as
/// parse() lets a document be.
Json to_json(const Node& node);

}  // namespace errand::config::yaml
