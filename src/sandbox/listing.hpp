#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "base/fd.hpp"

namespace errand::sandbox {

enum class EntryKind { directory, other };

struct Entry {
  std::string name;
  EntryKind kind;  ///< `directory` also where the file system does not tell: opening it then decides
};

/// What a directory holds but "." and "..", in no order; nothing where it can't be read.
struct Listing {
  std::vector<Entry> entries;
  bool whole = true;  ///< false: there are more
};
Listing list(Fd directory, std::size_t most = std::numeric_limits<std::size_t>::max());
Listing list(const std::string& path, std::size_t most = std::numeric_limits<std::size_t>::max());

}  // namespace errand::sandbox
