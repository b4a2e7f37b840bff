#pragma once

#include "terminal/painter.hpp"

namespace errand::cli {

/// What the terminal that the environment names does with rows that have become too wide for it.
[[nodiscard]] terminal::OnNarrowing on_narrowing();

/// Whether both descriptors are the same terminal.
[[nodiscard]] bool is_same_terminal(int one_fd, int other_fd);

}  // namespace errand::cli
