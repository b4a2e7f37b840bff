#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.hpp"

namespace errand::agent {

/// What of an answer is the result of a run.
enum class AnswerPart {
  whole,
  first_code_block,  ///< what stands in its first fenced code block alone
};

/// What stands in the first fenced code block of a Markdown text, each line with its end; a block that nothing closes
/// goes to the end of the text. None: there is no block.
std::optional<std::string> first_code_block(std::string_view markdown);

/// An answer that has to be JSON and follow a schema.
struct JsonAnswer {
  std::string json;                   ///< as it was written, without white space and a code fence around it
  std::vector<std::string> mistakes;  ///< why it is no such answer, a sentence each, some at most; empty: it is one
};
JsonAnswer json_answer(std::string_view answer, const Json& schema);

/// Whether a schema (JSON text) says that the answer is an object: APIs that write by a schema take no other.
[[nodiscard]] bool describes_object(const std::string& schema);

/// What tells a model that its answer is none, and what one looks like.
std::string repair_request(const std::vector<std::string>& mistakes, std::string_view schema);

}  // namespace errand::agent
