#pragma once

#include <string_view>
#include <vector>

#include "chat/event.hpp"
#include "provider/codec.hpp"
#include "provider/json_text.hpp"

namespace errand::provider {

// What differs between Gemini's models and is to be told to them in their own way:
// https://ai.google.dev/gemini-api/docs/thinking, …/structured-output, …/function-calling.

/// A model of the third generation or a later one: it wants a thought signature on calls, takes media inside a tool's
/// result, and a schema for its answer beside tools.
[[nodiscard]] bool is_gemini_3(std::string_view model_id);

/// Whether the API takes an image of that type; another would make it refuse the whole request.
[[nodiscard]] bool gemini_takes_image(std::string_view media_type);

/// Writes `toolConfig` and `generationConfig`, each where there is something to say.
void write_gemini_settings(JsonWriter& json, const Request& request, const chat::ModelSpec& model);

/// Codec::left_out.
std::vector<chat::event::Warning> gemini_left_out(const Request& request, const Endpoint& endpoint);

}  // namespace errand::provider
