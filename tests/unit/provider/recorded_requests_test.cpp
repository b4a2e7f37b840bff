#include <algorithm>
#include <filesystem>
#include <optional>

#include <catch2/catch.hpp>

#include "base/json.hpp"
#include "chat/codec.hpp"
#include "provider/anthropic.hpp"
#include "provider/openai_chat.hpp"
#include "unit/provider/support.hpp"

// Requests that clients of these APIs really sent, read into our own nouns and written again, mean the same.

namespace errand::provider::test {

namespace {

using Sorted = nlohmann::json;  // the order of keys has no meaning here

// Requests in the folders whose messages are those of the protocol.
std::vector<std::pair<std::string, Json>> requests(const std::vector<const char*>& folders) {
  std::vector<std::pair<std::string, Json>> out;
  const auto root = recordings();
  if (!root) {
    WARN("SKIPPED: no recordings (set ERRAND_FIXTURES to the directory that holds wire/)");
    return out;
  }
  for (const char* folder : folders) {
    for (const auto& file : std::filesystem::directory_iterator(*root + "/" + folder)) {
      const auto name = file.path().filename().string();
      if (!name.ends_with(".request.json") || name.starts_with("err-")) continue;
      auto json = Json::parse(read_file(file.path()));
      if (json.contains("messages")) out.emplace_back(std::string(folder) + "/" + name, std::move(json));
    }
  }
  return out;
}

std::string string_of(const Json& json, const char* key) {
  return json.contains(key) && json.at(key).is_string() ? json.at(key).get<std::string>() : "";
}

std::optional<chat::UserBlock> media_of(const Json& block) {
  if (!block.contains("source") || block.at("source").value("type", "") != "base64") return std::nullopt;
  const auto bytes = chat::base64_decode(block.at("source").at("data").get<std::string>());
  if (!bytes) return std::nullopt;
  const auto media_type = string_of(block.at("source"), "media_type");
  if (block.at("type") == "image") return chat::Image{media_type, *bytes};
  return chat::Document{media_type, string_of(block, "title"), *bytes};
}

// nullopt: it holds a block that we have no noun for.
std::optional<std::vector<chat::UserBlock>> user_blocks(const Json& content) {
  std::vector<chat::UserBlock> out;
  if (content.is_string()) return std::vector<chat::UserBlock>{chat::Text{content.get<std::string>()}};
  for (const auto& block : content) {
    const auto type = string_of(block, "type");
    const auto media = type == "image" || type == "document" ? media_of(block) : std::nullopt;
    if (type == "text") {
      out.emplace_back(chat::Text{string_of(block, "text")});
    } else if (media) {
      out.push_back(*media);
    } else {
      return std::nullopt;
    }
  }
  return out;
}

chat::AssistantMessage assistant_of(const Json& content) {
  chat::AssistantMessage out;
  if (content.is_string()) out.content.emplace_back(chat::Text{content.get<std::string>()});
  if (!content.is_array()) return out;
  for (const auto& block : content) {
    const auto type = string_of(block, "type");
    const bool cited = block.contains("citations") && !block.at("citations").empty();
    if (type == "text" && !cited) {
      out.content.emplace_back(chat::Text{string_of(block, "text")});
    } else if (type == "thinking") {
      out.content.emplace_back(chat::Thinking{string_of(block, "thinking"), string_of(block, "signature"), false});
    } else if (type == "redacted_thinking") {
      out.content.emplace_back(chat::Thinking{"", string_of(block, "data"), true});
    } else if (type == "tool_use") {
      out.content.emplace_back(
          chat::ToolCall{string_of(block, "id"), string_of(block, "name"), block.at("input").dump(), ""});
    } else {
      out.content.emplace_back(chat::Native{"anthropic", block.dump()});
    }
  }
  return out;
}

std::optional<std::vector<chat::Message>> anthropic_history(const Json& messages) {
  std::vector<chat::Message> out;
  for (const auto& message : messages) {
    const auto& content = message.at("content");
    if (message.at("role") == "assistant") {
      out.emplace_back(assistant_of(content));
      continue;
    }
    chat::ToolMessage results;
    auto rest = Json::array();
    for (const auto& block : content.is_array() ? content : Json::array({{{"type", "text"}, {"text", content}}})) {
      if (string_of(block, "type") != "tool_result") {
        rest.push_back(block);
        continue;
      }
      const auto inner = user_blocks(block.value("content", Json::array()));
      if (!inner) return std::nullopt;
      results.results.push_back({string_of(block, "tool_use_id"), *inner, block.value("is_error", false)});
    }
    const auto blocks = user_blocks(rest);
    if (!blocks) return std::nullopt;
    if (!results.results.empty()) out.emplace_back(std::move(results));
    if (!blocks->empty()) out.emplace_back(chat::UserMessage{*blocks});
  }
  return out;
}

// What a message says, without what makes no difference: marks for the cache, nulls, a string for one block of text.
Sorted plain(const Json& value) {
  if (value.is_array()) {
    auto out = Sorted::array();
    for (const auto& item : value) out.push_back(plain(item));
    return out;
  }
  if (!value.is_object()) return Sorted::parse(value.dump());
  auto out = Sorted::object();
  for (const auto& [key, held] : value.items()) {
    const bool says_nothing = held.is_null() || key == "cache_control" || (key == "citations" && held.empty()) ||
                              (key == "is_error" && held == false);
    if (says_nothing) continue;
    const bool text = key == "content" && held.is_string();
    out[key] = text ? Sorted::array({{{"type", "text"}, {"text", held.get<std::string>()}}}) : plain(held);
  }
  return out;
}

std::optional<std::vector<chat::Message>> openai_history(const Json& messages, std::string& system) {
  std::vector<chat::Message> out;
  for (const auto& message : messages) {
    const auto role = string_of(message, "role");
    const auto content = message.value("content", Json());
    if (!content.is_string() && !content.is_null()) return std::nullopt;
    const auto text = string_of(message, "content");
    if (role == "system" && out.empty() && system.empty()) {
      system = text;
    } else if (role == "user") {
      out.emplace_back(chat::UserMessage{{chat::Text{text}}});
    } else if (role == "assistant") {
      chat::AssistantMessage reply{{chat::Text{text}}, ""};
      for (const auto& call : message.value("tool_calls", Json::array())) {
        const auto& function = call.at("function");
        reply.content.emplace_back(
            chat::ToolCall{string_of(call, "id"), string_of(function, "name"), string_of(function, "arguments"), ""});
      }
      out.emplace_back(std::move(reply));
    } else if (role == "tool") {
      if (out.empty() || !std::holds_alternative<chat::ToolMessage>(out.back())) out.emplace_back(chat::ToolMessage{});
      std::get<chat::ToolMessage>(out.back())
          .results.push_back({string_of(message, "tool_call_id"), {chat::Text{text}}, false});
    } else {
      return std::nullopt;
    }
  }
  return out;
}

// Fields that the mark of an agent's own framework may add, or leave out, without a change of meaning.
Sorted plain_openai(Json messages) {
  for (auto& message : messages) {
    message.erase("name");
    if (message.value("content", Json()).is_null() || message.at("content") == "") message.erase("content");
    message.erase("reasoning_content");
    if (message.contains("tool_calls")) {
      for (auto& call : message["tool_calls"]) {
        call.erase("index");
        call["type"] = "function";
      }
    }
  }
  return Sorted::parse(messages.dump());
}

}  // namespace

TEST_CASE("recorded requests: Anthropic's are written again as they were meant", "[provider][recordings]") {
  std::size_t compared = 0;
  const auto all = requests({"anthropic"});
  for (const auto& [name, json] : all) {
    CAPTURE(name);
    auto history = anthropic_history(json.at("messages"));
    if (!history) continue;
    Asked asked;
    asked.history = *std::move(history);
    const auto ours = Json::parse(anthropic_body(asked.request(), anthropic_endpoint()));
    CHECK(plain(ours.at("messages")) == plain(json.at("messages")));
    ++compared;
  }
  CHECK((all.empty() || compared >= 30));
}

TEST_CASE("recorded requests: Chat Completions' are written again as they were meant", "[provider][recordings]") {
  std::size_t compared = 0;
  const auto all = requests({"azure", "deepseek", "groq", "llamacpp", "mistral", "ollama", "openai-chat", "openrouter",
                             "vercel-gateway", "xai", "zai"});
  for (const auto& [name, json] : all) {
    CAPTURE(name);
    Asked asked;
    auto history = openai_history(json.at("messages"), asked.system);
    if (!history) continue;
    asked.history = *std::move(history);
    const auto ours = Json::parse(openai_chat_body(asked.request(), openai_endpoint()));
    CHECK(plain_openai(ours.at("messages")) == plain_openai(json.at("messages")));
    ++compared;
  }
  CHECK((all.empty() || compared >= 20));
}

}  // namespace errand::provider::test
