#pragma once

#include <optional>
#include <string>

#include "config/reader.hpp"

// Internal to this room: JSON Schemas in YAML files.
namespace errand::config {

struct WrittenSchema {
  std::string json;  ///< compact
  std::string file;  ///< absolute; empty: it stands in the YAML itself
};

/// A schema that stands there as a map, or the path of a file that holds one as JSON. It can be followed; what is wrong
/// with it is a mistake with its place, which never repeats the file's text: it may be any file.
std::optional<WrittenSchema> read_schema(const yaml::Node& node, Reader& reader);

}  // namespace errand::config
