#pragma once

#include "provider/call_ids.hpp"
#include "provider/codec.hpp"

namespace errand::provider {

// What servers that speak Chat Completions want differently: data, chosen by the provider's name or its host.

enum class OutputLimit { max_tokens, max_completion_tokens };
enum class UsageRequest { stream_options, unasked };  ///< unasked: it comes anyway, and the option is refused

/// How a request says how hard to think.
enum class EffortField {
  reasoning_effort,  ///< "reasoning_effort": "high"
  reasoning,         ///< "reasoning": {"effort": "high"}
  thinking,          ///< "thinking": {"type": "enabled" | "disabled"}
};

/// Which replies' reasoning text goes back with them.
enum class ReasoningReplay {
  none,
  with_calls,  ///< a reply with tool calls must carry `reasoning_content`, an empty one if there was none (DeepSeek)
};

struct Quirks {
  OutputLimit output_limit = OutputLimit::max_tokens;
  UsageRequest usage = UsageRequest::stream_options;
  EffortField effort = EffortField::reasoning_effort;
  ReasoningReplay replay = ReasoningReplay::none;
  CallIdStyle ids = CallIdStyle::plain;
};

Quirks quirks_of(const chat::ProviderSpec& provider);

}  // namespace errand::provider
