#pragma once

#include "base/secrets.hpp"
#include "store/memory.hpp"
#include "tool/notes.hpp"

namespace errand::agent {

/// A user's memories as agents have them: no secret gets in.
class MemoryNotes final : public tool::Notes {
 public:
  /// `secrets` is borrowed.
  MemoryNotes(store::Memories memories, const secrets::Redactor& secrets)
      : memories_(std::move(memories)), secrets_(secrets) {}

  Result<void> add(Scope scope, std::string_view note) override;
  Result<void> remove(Scope scope, std::string_view note) override;
  Result<std::string> read(Scope scope) override;

 private:
  [[nodiscard]] const store::MemoryFile& file_of(Scope scope) const {
    return scope == Scope::user ? memories_.user : memories_.project;
  }

  store::Memories memories_;
  const secrets::Redactor& secrets_;
};

}  // namespace errand::agent
