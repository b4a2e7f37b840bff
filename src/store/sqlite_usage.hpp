#pragma once

#include <vector>

#include "store/budgets.hpp"
#include "store/journal.hpp"
#include "store/sqlite_database.hpp"

namespace errand::store {

/// A row for each request that `events` tell of.
void add_usage(Database& database, std::int64_t session_key, const std::vector<Lasting>& events, const Totals& totals);

/// The row of a request whose session is not here.
void insert_spending(Database& database, const Spending& spending);

std::vector<UsageGroup> read_usage(Database& database, const UsageQuery& query);

}  // namespace errand::store
