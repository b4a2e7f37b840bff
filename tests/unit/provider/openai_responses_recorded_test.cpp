#include <algorithm>
#include <filesystem>
#include <optional>

#include <catch2/catch.hpp>

#include "base/json.hpp"
#include "chat/codec.hpp"
#include "provider/openai_responses.hpp"
#include "unit/provider/support.hpp"

// Responses requests that clients really sent, read into our own nouns and written again, mean the same.

namespace errand::provider::test {

namespace {

using Sorted = nlohmann::json;  // the order of keys has no meaning here

std::vector<std::pair<std::string, Json>> requests() {
  std::vector<std::pair<std::string, Json>> out;
  const auto root = recordings();
  if (!root) {
    WARN("SKIPPED: no recordings (set ERRAND_FIXTURES to the directory that holds wire/)");
    return out;
  }
  for (const char* folder : {"azure", "lmstudio", "openai-responses", "openrouter", "xai"}) {
    for (const auto& file : std::filesystem::directory_iterator(*root + "/" + folder)) {
      const auto name = file.path().filename().string();
      if (!name.ends_with(".request.json") || name.starts_with("err-")) continue;
      auto json = Json::parse(read_file(file.path()));
      if (json.contains("input")) out.emplace_back(std::string(folder) + "/" + name, std::move(json));
    }
  }
  return out;
}

std::string text_of(const Json& content) {
  if (content.is_string()) return content.get<std::string>();
  std::string out;
  for (const auto& part : content) out += part.at("text").get<std::string>();
  return out;
}

// The last message, made when it is of another kind.
template <class Message>
Message& last(std::vector<chat::Message>& history) {
  if (history.empty() || !std::holds_alternative<Message>(history.back())) history.emplace_back(Message{});
  return std::get<Message>(history.back());
}

void read_item(const Json& item, Asked& asked) {
  const auto type = item.value("type", "message");
  const auto role = item.value("role", "");
  auto& history = asked.history;
  if (role == "system" || role == "developer") {
    asked.system += text_of(item.at("content"));
  } else if (role == "user") {
    history.emplace_back(chat::UserMessage{{chat::Text{text_of(item.at("content"))}}});
  } else if (role == "assistant") {
    last<chat::AssistantMessage>(history).content.emplace_back(chat::Text{text_of(item.at("content"))});
  } else if (type == "function_call") {
    last<chat::AssistantMessage>(history).content.emplace_back(
        chat::ToolCall{item.at("call_id"), item.at("name"), item.at("arguments"), ""});
  } else if (type == "function_call_output") {
    last<chat::ToolMessage>(history).results.push_back(
        {item.at("call_id"), {chat::Text{item.at("output").get<std::string>()}}, false});
  } else {
    last<chat::AssistantMessage>(history).content.emplace_back(chat::Native{"openai", item.dump()});
  }
}

Asked read_request(const Json& json) {
  Asked out;
  out.system = json.value("instructions", "");
  if (json.at("input").is_string()) {
    out.history.emplace_back(chat::UserMessage{{chat::Text{json.at("input")}}});
  } else {
    for (const auto& item : json.at("input")) read_item(item, out);
  }
  for (const auto& tool : json.value("tools", Json::array())) {
    if (tool.at("type") != "function") continue;
    const auto description = tool.value("description", Json());
    out.tools.push_back(
        {tool.at("name"), description.is_string() ? description.get<std::string>() : "", tool.at("parameters").dump()});
  }
  out.generation.max_output = json.value("max_output_tokens", std::int64_t{0});
  if (json.contains("temperature")) out.generation.temperature = json.at("temperature").get<double>();
  out.thinking.effort = json.value("reasoning", Json::object()).value("effort", "");
  return out;
}

// The items of the conversation itself, in the long form of each, without ids of messages.
Sorted plain_input(const Json& input) {
  auto out = Sorted::array();
  if (input.is_string()) return plain_input(Json::array({{{"role", "user"}, {"content", input}}}));
  for (const auto& item : input) {
    const auto role = item.value("role", "");
    if (role == "system" || role == "developer") continue;
    if (role.empty()) {
      out.push_back(Sorted::parse(item.dump()));
    } else {
      out.push_back({{"role", role}, {"text", text_of(item.at("content"))}});
    }
  }
  return out;
}

// Those of functions, as far as they say something: `strict` is the framework's own choice.
Sorted plain_tools(const Json& request) {
  auto out = Sorted::array();
  for (const auto& tool : request.value("tools", Json::array())) {
    if (tool.at("type") != "function") continue;
    auto plain = Sorted::parse(tool.dump());
    for (const char* key : {"strict", "defer_loading"}) plain.erase(key);
    if (plain.value("description", Sorted()).is_null()) plain["description"] = "";
    out.push_back(std::move(plain));
  }
  return out;
}

Sorted field(const Json& json, const char* key) {
  return Sorted::parse(json.value(key, Json()).dump());
}

}  // namespace

TEST_CASE("recorded requests: Responses' are written again as they were meant", "[provider][recordings]") {
  std::size_t compared = 0;
  const auto all = requests();
  for (const auto& [name, json] : all) {
    CAPTURE(name);
    auto endpoint = responses_endpoint();
    const bool reasons = json.contains("include") || json.contains("reasoning");
    if (!reasons) endpoint.model.thinking = chat::ThinkingStyle::none;
    const auto asked = read_request(json);
    const auto ours = Json::parse(openai_responses_body(asked.request(), endpoint));
    CHECK(plain_input(ours.at("input")) == plain_input(json.at("input")));
    CHECK(plain_tools(ours) == plain_tools(json));
    CHECK(field(ours, "include") == field(json, "include"));
    CHECK(field(ours, "max_output_tokens") == field(json, "max_output_tokens"));
    CHECK(field(ours, "temperature") == field(json, "temperature"));
    CHECK(field(ours.value("reasoning", Json::object()), "effort") ==
          field(json.value("reasoning", Json::object()), "effort"));
    if (json.contains("store")) CHECK(field(ours, "store") == field(json, "store"));
    CHECK(ours.value("instructions", "") == asked.system);
    ++compared;
  }
  CHECK((all.empty() || compared >= 15));
}

}  // namespace errand::provider::test
