#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "chat/script.hpp"
#include "config/settings.hpp"

namespace errand::config {

/// Reads a scripted model's YAML, as strictly as the other files. Several mistakes are one Error of kind `config`: the
/// first, with the others as context.
Result<chat::Script> load_script(const std::string& path);

/// The keys of a script, for documentation and checks; `*` stands for an item of a list.
std::vector<DefinitionKey> script_keys();

}  // namespace errand::config
