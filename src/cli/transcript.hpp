#pragma once

#include <string>
#include <vector>

#include "store/session_store.hpp"

namespace errand::cli {

/// A session as people read it: a head of facts, then who said what, tool calls and results in a line or a few. Text
/// from models and tools is made harmless.
std::string transcript(const store::SessionInfo& info, const std::vector<store::StoredRecord>& records);

/// The messages of those ids alone, without a head.
std::string transcript_of(const std::vector<store::StoredRecord>& records, const std::vector<std::string>& message_ids);

/// One record as it is seen when it arrives: results stand for themselves. Empty for what people need not see.
std::string record_text(const store::StoredRecord& record);

}  // namespace errand::cli
