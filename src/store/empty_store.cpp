#include "store/empty_store.hpp"

#include <fmt/format.h>

#include "base/try.hpp"
#include "store/reference.hpp"
#include "store/search_query.hpp"

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

tl::unexpected<Error> EmptyStore::none(std::string_view session) {
  return no_such_session(session);
}

Result<Removed> EmptyStore::remove(const std::vector<std::string>& sessions, SessionFiles) {
  if (!sessions.empty()) return no_such_session(sessions.front());
  return Removed{};
}

Result<History> EmptyStore::read_history(std::string_view session) {
  return no_such_session(session);
}

Result<std::vector<StoredRecord>> EmptyStore::records(std::string_view session) {
  return no_such_session(session);
}

Result<std::vector<Snapshot>> EmptyStore::snapshots(std::string_view session, std::int64_t) {
  return no_such_session(session);
}

Result<std::string> EmptyStore::snapshot_content(std::string_view session, std::string_view) {
  return no_such_session(session);
}

Result<SearchResult> EmptyStore::search(const SearchQuery& query) {
  ERRAND_TRY(parse_search(query.text));
  return SearchResult{};
}

Result<RunInfo> EmptyStore::find_run(std::string_view reference) {
  ERRAND_TRY(parse_run_reference(reference));
  return no_such_run(reference);
}

Result<std::vector<StoredRecord>> EmptyStore::records_of(const RunInfo& run, std::int64_t) {
  return no_such_run(run.id);
}

}  // namespace errand::store
