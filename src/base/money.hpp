#pragma once

#include <string>

namespace errand {

/// An amount as people read it: "$0.0312", with four decimals, or as many more as its first two digits need. What is
/// not nothing never looks like nothing.
std::string format_usd(double usd);

}  // namespace errand
