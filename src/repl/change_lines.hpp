#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "chat/interaction.hpp"
#include "render/change_view.hpp"
#include "render/theme.hpp"

namespace errand::repl {

/// What a call of Edit or Write would do to a file.
struct Change {
  enum class Kind { changes, creates };
  Kind kind = Kind::changes;
  std::string path;          ///< harmless
  render::ChangeRows lines;  ///< all of it, none wider than `columns`
};

/// Reads the change out of the question's detail: a unified diff with its header or, where none could be made, the
/// call's input as JSON. nullopt for other tools, and for an input that is not as those two have it.
std::optional<Change> change_of(const chat::ApprovalQuestion& question, const render::Theme& theme,
                                std::size_t columns);

}  // namespace errand::repl
