#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "chat/message.hpp"

namespace errand::agent {

/// Bytes of one result's text that go to the model; the rest is saved.
inline constexpr std::size_t max_result_bytes = 30'000;

struct FittedResult {
  std::vector<chat::UserBlock> content;
  bool truncated = false;
  std::string saved_to;  ///< where the whole text is; empty when it was not cut
};

/// Makes a tool's output fit for the model: text is sanitised; when it is longer than max_result_bytes the whole is
/// saved in `directory` under the call's id and head and tail are kept, with what was cut and where the whole is. Fails
/// with `storage` when it can't be saved.
Result<FittedResult> fit_result(std::vector<chat::UserBlock> content, const std::string& directory,
                                const std::string& call_id);

/// The whole of a result that fit_result() has cut, by what it says of that, when it is kept in `directory`; nullopt
/// where it was not cut, or is not there any more. At most 64 MiB of it.
std::optional<std::string> whole_result(std::string_view fitted, const std::string& directory);

}  // namespace errand::agent
