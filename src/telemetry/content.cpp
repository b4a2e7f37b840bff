#include "telemetry/content.hpp"

#include "base/json.hpp"
#include "base/overloaded.hpp"
#include "base/text.hpp"
#include "chat/codec.hpp"
#include "chat/names.hpp"

namespace errand::telemetry {

namespace {

Json text_part(std::string_view type, const std::string& text) {
  return {{"type", type}, {"content", bounded(text)}};
}

Json blob_part(std::string_view modality, const std::string& media_type) {
  return {{"type", "blob"}, {"modality", modality}, {"mime_type", media_type}};
}

Json part_of(const chat::UserBlock& block) {
  return std::visit(overloaded{[](const chat::Text& text) { return text_part("text", text.text); },
                               [](const chat::Image& image) { return blob_part("image", image.media_type); },
                               [](const chat::Document& file) { return blob_part("document", file.media_type); }},
                    block);
}

Json call_part(const chat::ToolCall& call) {
  return {{"type", "tool_call"}, {"id", call.id}, {"name", call.name}, {"arguments", bounded(call.arguments)}};
}

void add_part(Json& parts, const chat::AssistantBlock& block) {
  std::visit(
      overloaded{[&](const chat::Text& text) { parts.push_back(text_part("text", text.text)); },
                 [&](const chat::Thinking& thinking) {
                   if (!thinking.redacted) parts.push_back(text_part("reasoning", thinking.text));
                 },
                 [&](const chat::ToolCall& call) { parts.push_back(call_part(call)); }, [](const chat::Native&) {}},
      block);
}

}  // namespace

std::string bounded(std::string_view text) {
  return text::preview(text, max_content_bytes, "bytes left out").text;
}

Json message_json(const chat::UserMessage& message) {
  auto parts = Json::array();
  for (const auto& block : message.content) parts.push_back(part_of(block));
  return {{"role", "user"}, {"parts", std::move(parts)}};
}

Json message_json(const chat::AssistantMessage& message) {
  auto parts = Json::array();
  for (const auto& block : message.content) add_part(parts, block);
  return {{"role", "assistant"}, {"parts", std::move(parts)}, {"finish_reason", chat::name_of(message.stop)}};
}

Json message_json(const chat::ToolResult& result) {
  Json part = {
      {"type", "tool_call_response"}, {"id", result.call_id}, {"response", bounded(chat::text_of(result.content))}};
  return {{"role", "tool"}, {"parts", Json::array({std::move(part)})}};
}

}  // namespace errand::telemetry
