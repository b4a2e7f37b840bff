#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "chat/message.hpp"
#include "telemetry/attribute.hpp"

namespace errand::telemetry {

// The words of OpenTelemetry's GenAI conventions (1.41, "Development") for what this program knows.

/// "provider/id" taken apart at the first slash.
struct ModelName {
  std::string provider;
  std::string id;
};
ModelName split_model(std::string_view full_name);

/// gen_ai.provider.name: the conventions' word for a provider of ours, else our own.
std::string provider_word(std::string_view provider);

/// gen_ai.usage.*: the whole prompt counts as input, as the conventions have it.
void add_usage(Attributes& to, const chat::Usage& usage);
std::int64_t input_tokens(const chat::Usage& usage);

/// server.address and server.port; nothing for what is no http address.
void add_server(Attributes& to, const std::string& base_url);

/// "root/reviewer#2" -> "root" and "reviewer"; of the root neither.
std::string parent_path(std::string_view agent_path);
std::string subagent_id(std::string_view agent_path);

}  // namespace errand::telemetry
