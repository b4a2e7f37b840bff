#include "chat/codec.hpp"

#include <array>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/json_fields.hpp"
#include "base/overloaded.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "chat/event_json.hpp"
#include "chat/names.hpp"

namespace errand::chat {

namespace {

constexpr std::string_view base64_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

Json media_json(std::string_view type, std::string_view media_type, std::string_view bytes) {
  return {{"type", type}, {"source", {{"type", "base64"}, {"media_type", media_type}, {"data", base64_encode(bytes)}}}};
}

Json block_json(const Text& block) {
  return {{"type", "text"}, {"text", block.text}};
}
Json block_json(const Image& block) {
  return media_json("image", block.media_type, block.bytes);
}
Json block_json(const Document& block) {
  auto out = media_json("document", block.media_type, block.bytes);
  if (!block.name.empty()) out["title"] = block.name;
  return out;
}
Json block_json(const Thinking& block) {
  if (block.redacted) return {{"type", "redacted_thinking"}, {"data", block.signature}};
  return {{"type", "thinking"}, {"thinking", block.text}, {"signature", block.signature}};
}
Json block_json(const ToolCall& block) {
  Json out = {{"type", "tool_use"}, {"id", block.id}, {"name", block.name}};
  const auto input = parse_arguments(block.arguments);
  out["input"] = input.value_or(Json::object());
  // The text itself is kept too where re-serialising would not give it back: prompt caches compare bytes.
  if (!input || dump(*input) != block.arguments) out["input_raw"] = block.arguments;
  if (!block.signature.empty()) out["signature"] = block.signature;
  return out;
}
Json block_json(const Native& block) {
  return {{"type", "native"}, {"provider", block.provider}, {"json", block.json}};
}

template <class Blocks>
Json blocks_json(const Blocks& content) {
  auto out = Json::array();
  for (const auto& block : content) out.push_back(std::visit([](const auto& b) { return block_json(b); }, block));
  return out;
}

tl::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorKind::storage, fmt::format("a message is malformed: {}", what), "run \"errand sessions fsck\"");
}

std::int64_t number_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number() ? found->get<std::int64_t>() : 0;
}

bool flag_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_boolean() && found->get<bool>();
}

struct Media {
  std::string media_type;
  std::string bytes;
};

Result<Media> media_from(const Json& json) {
  const auto source = json.find("source");
  if (source == json.end() || !source->is_object()) return malformed("a media block has no source");
  ERRAND_TRY_ASSIGN(auto bytes, base64_decode(string_at(*source, "data")));
  return Media{string_at(*source, "media_type"), std::move(bytes)};
}

Result<UserBlock> user_block_from(const Json& json) {
  const auto type = string_at(json, "type");
  if (type == "text") return Text{string_at(json, "text")};
  if (type != "image" && type != "document") return malformed(fmt::format("a user block of type \"{}\"", type));
  ERRAND_TRY_ASSIGN(auto media, media_from(json));
  if (type == "image") return Image{std::move(media.media_type), std::move(media.bytes)};
  return Document{std::move(media.media_type), string_at(json, "title"), std::move(media.bytes)};
}

Result<AssistantBlock> assistant_block_from(const Json& json) {
  const auto type = string_at(json, "type");
  if (type == "text") return Text{string_at(json, "text")};
  if (type == "thinking") return Thinking{string_at(json, "thinking"), string_at(json, "signature"), false};
  if (type == "redacted_thinking") return Thinking{"", string_at(json, "data"), true};
  if (type == "native") return Native{string_at(json, "provider"), string_at(json, "json")};
  if (type != "tool_use") return malformed(fmt::format("an assistant block of type \"{}\"", type));
  auto arguments =
      json.contains("input_raw") ? string_at(json, "input_raw") : dump(json.value("input", Json::object()));
  return ToolCall{string_at(json, "id"), string_at(json, "name"), std::move(arguments), string_at(json, "signature")};
}

Result<std::vector<UserBlock>> user_content_from(const Json& json) {
  const auto content = json.find("content");
  std::vector<UserBlock> out;
  if (content == json.end()) return malformed("no content");
  if (content->is_string()) {
    out.emplace_back(Text{content->get<std::string>()});
    return out;
  }
  if (!content->is_array()) return malformed("content is no list");
  for (const auto& item : *content) {
    ERRAND_TRY_ASSIGN(auto block, user_block_from(item));
    out.push_back(std::move(block));
  }
  return out;
}

Usage usage_from(const Json& json) {
  return {number_at(json, "input"),       number_at(json, "output"),    number_at(json, "cache_read"),
          number_at(json, "cache_write"), number_at(json, "reasoning"), number_at(json, "tool")};
}

}  // namespace

std::string AssistantMessage::text() const {
  std::string out;
  for (const auto& block : content) {
    if (const auto* part = std::get_if<Text>(&block)) out += part->text;
  }
  return out;
}

std::vector<ToolCall> AssistantMessage::tool_calls() const {
  std::vector<ToolCall> out;
  for (const auto& block : content) {
    if (const auto* call = std::get_if<ToolCall>(&block)) out.push_back(*call);
  }
  return out;
}

std::string text_of(const std::vector<UserBlock>& content) {
  std::string out;
  for (const auto& block : content) {
    const auto* part = std::get_if<Text>(&block);
    if (part == nullptr) continue;
    if (!out.empty()) out += '\n';
    out += part->text;
  }
  return out;
}

Json content_json(const std::vector<UserBlock>& content) {
  return blocks_json(content);
}
Json content_json(const std::vector<AssistantBlock>& content) {
  return blocks_json(content);
}

Json to_json(const UserMessage& message) {
  return {{"role", "user"}, {"content", content_json(message.content)}};
}

Json to_json(const AssistantMessage& message) {
  Json out = {{"role", "assistant"},
              {"content", content_json(message.content)},
              {"model", message.model},
              {"stop_reason", name_of(message.stop)},
              {"usage", to_json(message.usage)}};
  if (!message.provider.empty()) out["provider"] = message.provider;
  return out;
}

Json to_json(const ToolResult& result) {
  return {{"role", "tool_result"},
          {"tool_use_id", result.call_id},
          {"content", content_json(result.content)},
          {"is_error", result.is_error}};
}

Result<UserMessage> user_from_json(const Json& json) {
  ERRAND_TRY_ASSIGN(auto content, user_content_from(json));
  return UserMessage{std::move(content)};
}

Result<AssistantMessage> assistant_from_json(const Json& json) {
  const auto content = json.find("content");
  if (content == json.end() || !content->is_array()) return malformed("content is no list");
  AssistantMessage out;
  for (const auto& item : *content) {
    ERRAND_TRY_ASSIGN(auto block, assistant_block_from(item));
    out.content.push_back(std::move(block));
  }
  out.model = string_at(json, "model");
  out.provider = string_at(json, "provider");
  out.stop = stop_reason_named(string_at(json, "stop_reason")).value_or(StopReason::end_turn);
  if (const auto usage = json.find("usage"); usage != json.end()) out.usage = usage_from(*usage);
  return out;
}

Result<ToolResult> tool_result_from_json(const Json& json) {
  ERRAND_TRY_ASSIGN(auto content, user_content_from(json));
  return ToolResult{string_at(json, "tool_use_id"), std::move(content), flag_at(json, "is_error")};
}

std::string base64_encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto left = bytes.size() - i;
    const auto at = [&](std::size_t k) { return k < left ? static_cast<unsigned char>(bytes[i + k]) : 0U; };
    const std::uint32_t triple = (at(0) << 16U) | (at(1) << 8U) | at(2);
    out += base64_alphabet[(triple >> 18U) & 63U];
    out += base64_alphabet[(triple >> 12U) & 63U];
    out += left > 1 ? base64_alphabet[(triple >> 6U) & 63U] : '=';
    out += left > 2 ? base64_alphabet[triple & 63U] : '=';
  }
  return out;
}

Result<std::string> base64_decode(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto value = base64_alphabet.find(c);
    if (value == std::string_view::npos) return fail(ErrorKind::failure, "not base64");
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xFFU);
  }
  return out;
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace errand::chat
