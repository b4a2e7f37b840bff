#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "provider/codec.hpp"

namespace errand::provider {

/// Decodes generateContent, streamed or not:
/// https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent
///
/// Every event (and every element of a JSON array) is a whole GenerateContentResponse, whose parts are appended to what
/// came. There is no last event: a reply is complete once a `finishReason` was told, which some servers do with every
/// chunk, or the prompt was blocked. Only candidate 0 is read.
///
/// Parts are kept as they came where the API wants them back: a text part with a thought signature is reported as its
/// text and then as a Native block that stands for that text when it is sent back; what is neither text nor a call is a
/// Native block alone, and so is what was told about the candidate (grounding_prefix), which is never sent.
std::unique_ptr<Decoder> make_gemini_decoder(const Endpoint& endpoint);

/// The request's body.
std::string gemini_body(const Request& request, const Endpoint& endpoint);

/// Where `method` ("streamGenerateContent") of the endpoint's model is. The official SDKs take the base URL without a
/// version; one that has a version in its path is taken as it is, so that Vertex AI's `…/publishers/google` works too.
std::string gemini_url(const Endpoint& endpoint, std::string_view method);

/// The model's resource name, "models/gemini-x", fit for a URL.
std::string gemini_resource(std::string_view model_id);

/// How a Native block begins that holds grounding and citations: to be kept, not a part that can be sent.
inline constexpr std::string_view grounding_prefix = R"({"candidate":)";

/// How the Native block begins that stands for `text`.
std::string signed_text_prefix(std::string_view text);

}  // namespace errand::provider
