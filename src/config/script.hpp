#pragma once

#include <string>

#include "base/error.hpp"
#include "chat/script.hpp"

namespace errand::config {

/// Reads a scripted model's YAML, as strictly as the other files. Several mistakes are one Error of kind `config`: the
/// first, with the others as context.
Result<chat::Script> load_script(const std::string& path);

}  // namespace errand::config
