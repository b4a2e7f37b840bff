#pragma once

#include "store/budgets.hpp"
#include "store/journal.hpp"
#include "store/locks.hpp"
#include "store/session_store.hpp"

namespace errand::store {

/// Everything that is kept for one user: what open() gives. Each of its faces has its contract in its own header;
/// callers take the face they need.
class Store : public SessionStore, public RunJournal, public Budgets, public Locks {};

}  // namespace errand::store
