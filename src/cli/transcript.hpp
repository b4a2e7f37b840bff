#pragma once

#include <string>
#include <vector>

#include "store/session_store.hpp"

namespace errand::cli {

/// A session as people read it: a head of facts, then who said what, tool calls and results in a line or a few. Text
/// from models and tools is made harmless.
std::string transcript(const store::SessionInfo& info, const std::vector<store::StoredRecord>& records);

}  // namespace errand::cli
