#pragma once

#include <vector>

#include "store/check.hpp"
#include "store/sqlite_database.hpp"

namespace errand::store {

/// What SQLite says of its own pages and indexes; empty: all is well. Throws for a database that it can't read.
std::vector<Finding> check_pages(Database& database);

/// Our own rules: rows have their session, positions are gapless, runs without end have somebody in them, leases name
/// the living, messages can be read, calls have results. With Mend::what_can_be in one transaction of its own.
std::vector<Finding> check_rows(Database& database, Mend mend);

}  // namespace errand::store
