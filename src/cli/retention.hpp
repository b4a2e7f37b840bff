#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/configuration.hpp"
#include "store/store.hpp"

namespace errand::cli {

/// A session that was taken out of the store.
struct Archived {
  store::SessionInfo info;
  std::string file;  ///< archive/<session>.jsonl, with its subagents' sessions behind it
};

/// Writes the session as JSON lines into the archive, on disk, before it removes it; its files move there too. `busy`
/// when another process has it, or when it is no longer among what `query` gives: it was used since. Nothing is removed
/// unless the archive holds it.
Result<Archived> archive_session(store::Store& store, const store::SessionInfo& info, const store::StaleQuery& query);

/// Archives what `sessions.retention` and `sessions.max_sessions` no longer keep, a few at most for one call. Sessions
/// that have a name or are in use stay.
Result<std::vector<Archived>> apply_retention(store::Store& store, const config::SessionSettings& settings);

}  // namespace errand::cli
