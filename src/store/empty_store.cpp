#include "store/empty_store.hpp"

#include <fmt/format.h>

#include "base/try.hpp"
#include "store/reference.hpp"

namespace errand::store {

tl::unexpected<Error> EmptyStore::refused() const {
  return fail(ErrorKind::storage, fmt::format("there is no store {}", path_), "the first run or chat makes it");
}

Result<SessionInfo> EmptyStore::find(std::string_view reference, std::string_view) {
  ERRAND_TRY(parse_reference(reference));
  return no_such_session(reference);
}

Result<void> EmptyStore::change(std::string_view session, const SessionChange&) {
  return no_such_session(session);
}

Result<SessionInfo> EmptyStore::fork(std::string_view session, std::string_view) {
  return no_such_session(session);
}

Result<std::unique_ptr<Lease>> EmptyStore::lease(std::string_view session) {
  return no_such_session(session);
}

Result<History> EmptyStore::read_history(std::string_view session) {
  return no_such_session(session);
}

Result<std::vector<StoredRecord>> EmptyStore::records(std::string_view session) {
  return no_such_session(session);
}

Result<RunInfo> EmptyStore::find_run(std::string_view reference) {
  ERRAND_TRY(parse_run_reference(reference));
  return no_such_run(reference);
}

Result<std::vector<StoredRecord>> EmptyStore::records_of(const RunInfo& run, std::int64_t) {
  return no_such_run(run.id);
}

}  // namespace errand::store
