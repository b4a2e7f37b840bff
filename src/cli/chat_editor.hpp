#pragma once

#include "cli/command.hpp"
#include "cli/run_options.hpp"
#include "cli/talk.hpp"
#include "repl/editor/line_editor.hpp"

namespace errand::cli {

/// Gives the editor of a chat its history (`repl_history` in the user's directory; none with --no-session, which keeps
/// nothing) and what Tab knows: agents, models, sessions, files of the working directory; and the keys of the
/// configuration. `talk` must outlive what is typed.
Result<void> equip(repl::LineEditor& editor, const Talk& talk, const RunArguments& arguments,
                   const Invocation& invocation);

}  // namespace errand::cli
