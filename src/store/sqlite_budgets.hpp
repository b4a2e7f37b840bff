#pragma once

#include "store/budgets.hpp"
#include "store/sqlite_leases.hpp"

namespace errand::store {

/// Sets aside what a request may cost, or `limit`. Reservations of dead processes are removed.
Result<Reservation> insert_reservation(Database& database, const Leases& leases, const Charge& charge);

void remove_reservation(Database& database, std::int64_t reservation);

}  // namespace errand::store
