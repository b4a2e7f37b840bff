#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace errand::tool {

/// What an agent keeps across sessions. Thread-safe.
class Notes {
 public:
  enum class Scope { user, project };
  virtual ~Notes() = default;

  /// `failure` when the note is empty, there is no room, or no one note is meant; else `storage`.
  virtual Result<void> add(Scope scope, std::string_view note) = 0;
  virtual Result<void> remove(Scope scope, std::string_view note) = 0;

  /// All of it as the next session's prompt has it; empty when there is none.
  virtual Result<std::string> read(Scope scope) = 0;
};

}  // namespace errand::tool
