#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/call.hpp"
#include "base/error.hpp"
#include "chat/message.hpp"

namespace errand::cli {

/// How long a pipe beside a prompt may send nothing.
inline constexpr std::chrono::seconds first_byte_limit{10};

/// Bytes of a prompt of a chat, and of an image or PDF. Text may be longer: the agent saves it and shows the model its
/// two ends.
inline constexpr std::size_t max_input_bytes = 16U << 20U;

enum class AtPaths { attach, plain_text };

/// What stdin is to a command: the prompt or an addition to it, or something else that is not to be read here.
enum class StdinIs { input, lines };

/// The message of a run: words and stdin by the rules of docs/cli (PROMPT first, then stdin in a <stdin> block; without
/// PROMPT stdin is the prompt; without either the agent's own), then the files. Nothing is changed in what was given.
///
/// Stdin that is attached ("-") is what a file with that content would be: an image, a PDF, or text in its block.
///
/// `usage` when there is no prompt at all, a pipe beside a prompt stays silent, "-" is to be read where stdin holds
/// lines, or input is binary; `failure` when a file is not there; `cancelled` and `timeout` through `call`.
struct PromptParts {
  std::vector<std::string> words;
  std::vector<std::string> files;  ///< as given; "-" is stdin
  std::string agent_prompt;        ///< the definition's own `prompt`, may be empty
  StdinIs stdin_is = StdinIs::input;
};
Result<chat::UserMessage> read_prompt(const PromptParts& parts, const Call& call);

/// What came on stdin, as it stands in a message beside a prompt.
std::string stdin_block(const std::string& input);

/// `text` as a message; with AtPaths::attach each `@path` or `@"path with blanks"` in it that names a file is attached
/// too. "~/" is the home directory. A pipe is waited for as `call` says.
Result<chat::UserMessage> message_of(const std::string& text, AtPaths at_paths, const Call& call);

}  // namespace errand::cli
