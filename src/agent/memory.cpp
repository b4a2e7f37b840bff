#include "agent/memory.hpp"

namespace errand::agent {

namespace {

tl::unexpected<Error> not_kept() {
  return fail(ErrorKind::failure, "nothing is kept of this session, and no note either");
}

}  // namespace

Result<void> MemoryNotes::add(Scope scope, std::string_view note) {
  if (keeping_ == Keeping::nothing) return not_kept();
  const std::string text(note);
  if (secrets_.finds_in(text)) return fail(ErrorKind::failure, "the note holds a secret, and is not kept");
  return file_of(scope).add(text);
}

Result<void> MemoryNotes::remove(Scope scope, std::string_view note) {
  if (keeping_ == Keeping::nothing) return not_kept();
  return file_of(scope).remove(note);
}

Result<std::string> MemoryNotes::read(Scope scope) {
  return file_of(scope).read();
}

}  // namespace errand::agent
