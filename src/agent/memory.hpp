#pragma once

#include "base/secrets.hpp"
#include "store/memory.hpp"
#include "tool/notes.hpp"

namespace errand::agent {

/// A user's memories as agents have them: no secret gets in.
class MemoryNotes final : public tool::Notes {
 public:
  enum class Keeping { all, nothing };  ///< nothing: `--no-session`; what is there can be read

  /// `secrets` is borrowed.
  MemoryNotes(store::Memories memories, const secrets::Redactor& secrets, Keeping keeping = Keeping::all)
      : memories_(std::move(memories)), secrets_(secrets), keeping_(keeping) {}

  Result<void> add(Scope scope, std::string_view note) override;
  Result<void> remove(Scope scope, std::string_view note) override;
  Result<std::string> read(Scope scope) override;

 private:
  [[nodiscard]] const store::MemoryFile& file_of(Scope scope) const {
    return scope == Scope::user ? memories_.user : memories_.project;
  }

  store::Memories memories_;
  const secrets::Redactor& secrets_;
  Keeping keeping_;
};

}  // namespace errand::agent
