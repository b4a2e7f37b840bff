#pragma once

#include "store/journal.hpp"
#include "store/sqlite_leases.hpp"

namespace errand::store {

std::vector<RunInfo> read_runs(Database& database, const Leases& leases, const RunQuery& query);

/// The statement of read_runs(), for its plan.
std::string runs_sql(const RunQuery& query);

Result<RunInfo> find_run_row(Database& database, const Leases& leases, std::string_view reference);

std::vector<StoredRecord> read_run_records(Database& database, std::int64_t session_key, const RunInfo& run,
                                           std::int64_t after);

}  // namespace errand::store
