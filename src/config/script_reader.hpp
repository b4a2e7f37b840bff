#pragma once

#include "chat/script.hpp"
#include "config/reader.hpp"

// Internal to this room.
namespace errand::config {

/// Reads a whole script.
chat::Script read_script(const yaml::Node& root, Reader& reader);

}  // namespace errand::config
