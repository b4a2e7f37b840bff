#pragma once

#include <optional>
#include <string>
#include <vector>

#include "chat/interaction.hpp"
#include "render/theme.hpp"

namespace errand::repl {

/// What a call of Edit or Write would do to a file.
struct Change {
  std::string path;                ///< as the model wrote it, harmless
  std::vector<std::string> lines;  ///< painted; whole, however wide
};

/// Reads the change out of the question's detail, which is the call's input as JSON. nullopt for other tools, and for
/// an input that is not as those two have it.
std::optional<Change> change_of(const chat::ApprovalQuestion& question, const render::Theme& theme);

}  // namespace errand::repl
