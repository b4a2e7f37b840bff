#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace errand::net {

/// A name in UTF-8 as A-labels, after the mapping of UTS #46 (full-width letters and digits, dots of other scripts).
/// libidn2 is loaded when first needed. Fails with `denied` for what is no name, `failure` where the library is
/// missing.
Result<std::string> to_a_labels(std::string_view name);

}  // namespace errand::net
