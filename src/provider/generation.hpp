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

/// Whether the history holds an image anywhere.
[[nodiscard]] bool holds_images(const std::vector<chat::Message>& history);
/// The history with a line of text in place of each image.
std::vector<chat::Message> without_images(std::vector<chat::Message> history);

/// Whether `schema` (JSON text) is of the kind that OpenAI's "strict" takes: every object closed by
/// `additionalProperties: false`, with every property required.
[[nodiscard]] bool is_strict_schema(std::string_view schema);

/// `schema` (JSON text) as Anthropic's API takes it (its documentation, "Structured outputs"): with
/// `additionalProperties: false` in every object that says nothing of them, without limits of numbers and lengths.
/// Empty where the rest would be refused too: maps, alternatives that exclude each other, what may refer to itself.
std::string closed_schema(std::string_view schema);

}  // namespace errand::provider
