#pragma once

#include <cstddef>
#include <string_view>

namespace errand::unicode {

/// What a terminal shows as one character: a letter with its marks, an emoji with its modifiers and joiners, a flag.
struct Cluster {
  std::size_t bytes = 0;
  std::size_t columns = 0;  ///< as width() counts them
};

/// The first extended grapheme cluster (UAX #29, by utf8proc) of `text`, which is not empty. A byte that is no UTF-8 is
/// one by itself. A cluster is cut after 64 bytes: no letter needs as many marks.
Cluster first_cluster(std::string_view text);

}  // namespace errand::unicode
