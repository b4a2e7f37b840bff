#pragma once

#include "store/sqlite_leases.hpp"

namespace errand::store {

/// Makes the lock ours, or `busy`.
Result<void> take_lock(Database& database, const Leases& leases, std::string_view name);

/// Only when it is ours.
void remove_lock(Database& database, const Leases& leases, std::string_view name);

}  // namespace errand::store
