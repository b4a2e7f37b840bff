#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "chat/event.hpp"
#include "provider/codec.hpp"

namespace errand::provider {

/// What a request says of its tools: GenerationSettings::tool_choice, read.
struct ToolChoice {
  enum class Kind {
    unsaid,     ///< the API's own default: the model chooses
    automatic,  ///< the same, said
    any,        ///< the model must call some tool
    none,       ///< it must call none
    tool,       ///< it must call that one
  };
  Kind kind = Kind::unsaid;
  std::string tool{};
  bool operator==(const ToolChoice&) const = default;
};

/// A request without tools makes no choice; neither does one for a tool that it does not offer.
ToolChoice tool_choice_of(const Request& request);

/// "MODEL takes no temperature: it is left out" under "temperature_left_out".
chat::event::Warning left_out_warning(std::string_view what, const Endpoint& endpoint);

/// The same for a thinking effort, of which nothing is known for that model.
chat::event::Warning effort_left_out(const Endpoint& endpoint);

/// What no codec can do for any model: more output than the model has, a tool choice that names no offered tool.
std::vector<chat::event::Warning> impossible_wishes(const Request& request, const Endpoint& endpoint);

/// Whether that model can be given PDFs as they are: one that takes images, of a provider whose API has a place for
/// them (anthropic, openai, gemini, openrouter, and proxy, which is whoever the user named). Servers that are
/// compatible with one of them mostly refuse the request.
[[nodiscard]] bool takes_pdfs(const chat::ModelSpec& model);

/// What the history holds anywhere that the model can't be given: "images", "PDFs".
std::vector<std::string_view> unreadable_media(const std::vector<chat::Message>& history, const chat::ModelSpec& model);
/// The history with a line of text in place of each of them.
std::vector<chat::Message> without_unreadable(std::vector<chat::Message> history, const chat::ModelSpec& model);

/// Whether `schema` (JSON text) is of the kind that OpenAI's "strict" takes: every object closed by
/// `additionalProperties: false`, with every property required.
[[nodiscard]] bool is_strict_schema(std::string_view schema);

/// `schema` (JSON text) as Anthropic's API takes it (its documentation, "Structured outputs"): with
/// `additionalProperties: false` in every object that says nothing of them, without limits of numbers and lengths.
/// Empty where the rest would be refused too: maps, alternatives that exclude each other, what may refer to itself.
std::string closed_schema(std::string_view schema);

}  // namespace errand::provider
