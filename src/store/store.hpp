#pragma once

#include "store/budgets.hpp"
#include "store/journal.hpp"
#include "store/locks.hpp"
#include "store/search.hpp"
#include "store/session_store.hpp"
#include "store/snapshots.hpp"
#include "store/upkeep.hpp"

namespace errand::store {

/// Everything that is kept for one user: what open() gives. Each of its faces has its contract in its own header;
/// callers take the face they need.
class Store : public SessionStore,
              public SearchIndex,
              public RunJournal,
              public Budgets,
              public Locks,
              public Snapshots,
              public Upkeep {};

}  // namespace errand::store
