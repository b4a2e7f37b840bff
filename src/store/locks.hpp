#pragma once

#include <memory>
#include <string_view>

#include "base/error.hpp"
#include "store/session_store.hpp"

namespace errand::store {

/// Names that one process at a time may hold: for runs that must not overlap.
class Locks {
 public:
  virtual ~Locks() = default;

  /// Held until the Lease goes; a dead holder's is taken over at once. `busy` names the holder and its age, also when
  /// it is this process. A name is one line of text of at most 200 bytes, else `usage`.
  virtual Result<std::unique_ptr<Lease>> lock(std::string_view name) = 0;
};

}  // namespace errand::store
