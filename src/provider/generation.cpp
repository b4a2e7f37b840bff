#include "provider/generation.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/overloaded.hpp"
#include "base/text.hpp"
#include "chat/codec.hpp"
#include "provider/wire_value.hpp"

namespace errand::provider {

namespace {

constexpr std::string_view pdf_type = "application/pdf";

// By the name of a model's provider. Recordings and scripts answer whatever they are asked.
constexpr std::array<std::string_view, 7> pdf_providers = {"anthropic", "openai", "gemini",  "openrouter",
                                                           "proxy",     "replay", "scripted"};

// A kind of block that not every model takes.
struct Medium {
  std::string_view name;
  std::string_view stand_in;  // what is said in place of it
  bool (*is)(const chat::UserBlock& block);
  bool (*taken)(const chat::ModelSpec& model);
};

constexpr std::array media = {
    Medium{"images", "[an image, which this model can't see]",
           [](const chat::UserBlock& block) { return std::holds_alternative<chat::Image>(block); },
           [](const chat::ModelSpec& model) { return model.takes_images; }},
    Medium{"PDFs", "[a PDF, which this model can't read]",
           [](const chat::UserBlock& block) {
             const auto* document = std::get_if<chat::Document>(&block);
             return document != nullptr && document->media_type == pdf_type;
           },
           takes_pdfs},
};

// Calls `use` with every list of blocks a person or a tool put into the message.
template <class Message, class F>
void for_content(Message& message, F use) {
  std::visit(
      overloaded{
          [&](auto& m) {
            if constexpr (requires { m.results; }) {
              for (auto& result : m.results) use(result.content);
            } else if constexpr (std::is_same_v<std::decay_t<decltype(m)>, chat::UserMessage>) {
              use(m.content);
            }
          },
      },
      message);
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as parse_json lets a document be
bool is_strict(const Json& schema) {
  if (schema.is_array()) return std::ranges::all_of(schema, is_strict);
  if (!schema.is_object()) return true;
  if (const auto properties = schema.find("properties"); properties != schema.end() && properties->is_object()) {
    const auto& closed = schema.value("additionalProperties", Json(true));
    if (closed != Json(false)) return false;
    const auto& required = array_at(schema, "required");
    for (const auto& [name, property] : properties->items()) {
      if (std::ranges::find(required, Json(name)) == required.end()) return false;
    }
  }
  return std::ranges::all_of(schema, is_strict);
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as parse_json lets a document be
void close_objects(Json& schema) {
  if (schema.is_object()) {
    const bool of_object = schema.contains("properties") || schema.value("type", Json()) == "object";
    if (of_object && !schema.contains("additionalProperties")) schema["additionalProperties"] = false;
  }
  if (!schema.is_structured()) return;
  for (auto& member : schema) close_objects(member);
}

// What is left to whoever checks the answer: the API refuses the whole request for it.
constexpr std::array unconstrained = {"minimum",     "maximum",       "exclusiveMinimum", "exclusiveMaximum",
                                      "multipleOf",  "minLength",     "maxLength",        "maxItems",
                                      "uniqueItems", "minProperties", "maxProperties"};
constexpr std::array unsaid = {"not",
                               "if",
                               "then",
                               "else",
                               "oneOf",
                               "patternProperties",
                               "propertyNames",
                               "contains",
                               "prefixItems",
                               "dependencies",
                               "dependentRequired",
                               "dependentSchemas",
                               "$dynamicRef",
                               "$recursiveRef",
                               "$anchor",
                               "$id"};

bool holds_schemas(const std::string& key) {
  return key == "properties" || key == "$defs" || key == "definitions";
}

// Takes off what can't be said; false: it can't be left out without a hole in what an answer is.
// NOLINTNEXTLINE(misc-no-recursion): as deep as parse_json lets a document be
bool simplify(Json& schema, bool in_definition) {
  if (!schema.is_object()) return schema.is_boolean();
  if (std::ranges::any_of(unsaid, [&](const char* key) { return schema.contains(key); })) return false;
  // One that refers on from a definition may refer to itself, which is refused.
  if (const auto to = schema.find("$ref"); to != schema.end() && (in_definition || *to == "#")) return false;
  if (const auto more = schema.find("additionalProperties"); more != schema.end() && *more != false) return false;
  for (const auto* key : unconstrained) schema.erase(key);
  if (const auto least = schema.find("minItems"); least != schema.end() && *least > 1) schema.erase("minItems");
  for (auto& [key, value] : schema.items()) {
    const bool defines = key == "$defs" || key == "definitions";
    if (holds_schemas(key) && value.is_object()) {
      for (auto& one : value) {
        if (!simplify(one, in_definition || defines)) return false;
      }
    } else if (key == "items" || key == "anyOf" || key == "allOf") {
      if (value.is_object() && !simplify(value, in_definition)) return false;
      if (!value.is_array()) continue;
      for (auto& one : value) {
        if (!simplify(one, in_definition)) return false;
      }
    }
  }
  return true;
}

}  // namespace

ToolChoice tool_choice_of(const Request& request) {
  const auto& wish = request.generation.tool_choice;
  if (wish.empty() || request.tools.empty()) return {};
  if (wish == "auto") return {ToolChoice::Kind::automatic};
  if (wish == "any") return {ToolChoice::Kind::any};
  if (wish == "none") return {ToolChoice::Kind::none};
  if (std::ranges::find(request.tools, wish, &chat::ToolSpec::name) == request.tools.end()) return {};
  return {ToolChoice::Kind::tool, wish};
}

chat::event::Warning left_out_warning(std::string_view what, const Endpoint& endpoint) {
  return {text::replace_all(std::string(what), " ", "_") + "_left_out",
          fmt::format("{} takes no {}: it is left out", endpoint.model.full_name(), what)};
}

chat::event::Warning effort_left_out(const Endpoint& endpoint) {
  return {
      "thinking_effort_left_out",
      fmt::format("no thinking effort is known of {}: it is left out (`thinking` of the model in config.yaml sets how "
                  "it takes one)",
                  endpoint.model.full_name())};
}

std::vector<chat::event::Warning> impossible_wishes(const Request& request, const Endpoint& endpoint) {
  std::vector<chat::event::Warning> out;
  const auto& wishes = request.generation;
  const auto& model = endpoint.model;
  if (model.max_output > 0 && wishes.max_output > model.max_output) {
    out.push_back({"max_output_lowered", fmt::format("{} writes at most {} tokens, not {}", model.full_name(),
                                                     model.max_output, wishes.max_output)});
  }
  const auto& choice = wishes.tool_choice;
  const bool names_a_tool = !choice.empty() && choice != "auto" && choice != "any" && choice != "none";
  if (names_a_tool && tool_choice_of(request).kind == ToolChoice::Kind::unsaid) {
    out.push_back(
        {"tool_choice_left_out", fmt::format("tool_choice names {}, which is not offered: it is left out", choice)});
  }
  return out;
}

bool takes_pdfs(const chat::ModelSpec& model) {
  return model.takes_images && std::ranges::find(pdf_providers, model.provider) != pdf_providers.end();
}

std::vector<std::string_view> unreadable_media(const std::vector<chat::Message>& history,
                                               const chat::ModelSpec& model) {
  std::vector<std::string_view> out;
  for (const auto& medium : media) {
    if (medium.taken(model)) continue;
    bool found = false;
    for (const auto& message : history) {
      for_content(message, [&](const auto& content) { found = found || std::ranges::any_of(content, medium.is); });
    }
    if (found) out.push_back(medium.name);
  }
  return out;
}

std::vector<chat::Message> without_unreadable(std::vector<chat::Message> history, const chat::ModelSpec& model) {
  for (const auto& medium : media) {
    if (medium.taken(model)) continue;
    const chat::UserBlock stand_in = chat::Text{std::string(medium.stand_in)};
    for (auto& message : history) {
      for_content(message, [&](auto& content) { std::ranges::replace_if(content, medium.is, stand_in); });
    }
  }
  return history;
}

std::string closed_schema(std::string_view schema) {
  auto json = chat::parse_json(schema);
  if (!json || !simplify(*json, false)) return {};
  close_objects(*json);
  return chat::dump(*json);
}

bool is_strict_schema(std::string_view schema) {
  const auto json = chat::parse_json(schema);
  return json && json->is_object() && is_strict(*json);
}

}  // namespace errand::provider
