#pragma once

#include <string_view>
#include <vector>

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

/// Where the key stands.
enum class KeyHeader {
  bearer,   ///< "authorization: Bearer …"
  api_key,  ///< "api-key: …" (Azure), beside the bearer that its gateways take
};

/// What "the model must call some tool" is called.
enum class ForcedCall { required, any };

/// How an answer is bound to a JSON schema.
enum class SchemaField {
  json_schema,  ///< "response_format": {"type": "json_schema", …}
  json_object,  ///< JSON of any shape; the schema itself is told in the system prompt
};

/// Whether models that reason take temperature, top_p and stop texts.
enum class ReasoningSampling { taken, refused };

/// Whether the ids of models are their makers', or whatever somebody called a deployment: then an unknown one tells
/// nothing of what the model can do.
enum class ModelNames { makers, deployments };

struct Quirks {
  OutputLimit output_limit = OutputLimit::max_tokens;
  UsageRequest usage = UsageRequest::stream_options;
  EffortField effort = EffortField::reasoning_effort;
  ReasoningReplay replay = ReasoningReplay::none;
  CallIdStyle ids = CallIdStyle::plain;
  KeyHeader key = KeyHeader::bearer;
  ForcedCall forced = ForcedCall::required;
  SchemaField schema = SchemaField::json_schema;
  ReasoningSampling sampling = ReasoningSampling::taken;
  ModelNames names = ModelNames::makers;
};

/// By the dialect the provider says it speaks (`like` in config.yaml), else its host, else its name; else the defaults.
Quirks quirks_of(const chat::ProviderSpec& provider);

/// The dialects there are, sorted.
std::vector<std::string_view> dialect_names();

}  // namespace errand::provider
