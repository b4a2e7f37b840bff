#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "cli/answer_sinks.hpp"
#include "cli/command.hpp"
#include "cli/face.hpp"
#include "cli/run_options.hpp"

namespace errand::cli {

/// --input-format stream-json: a program holds the conversation, in `run` and `chat` alike. `words` and the files of
/// `arguments` are the first prompt; the others come from stdin until it ends. A run that fails does not end it.
/// Returns the exit code of the last run; an Error means that none could begin, or that a line on stdin could not be
/// read.
Result<int> talk_with_program(const std::vector<std::string>& words, const RunArguments& arguments,
                              const std::string& trigger, const Invocation& invocation, AnswerSinks& sinks, Face& face);

}  // namespace errand::cli
