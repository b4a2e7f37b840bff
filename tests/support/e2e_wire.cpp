#include "support/e2e_wire.hpp"

#include <set>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "support/e2e_gemini.hpp"
#include "support/e2e_responses.hpp"

namespace errand::test::e2e {

namespace {

std::string string_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// --- requests ---

std::string text_of(const Json& content) {
  if (content.is_string()) return content.get<std::string>();
  std::string out;
  for (const auto& block : content) {
    if (!out.empty()) out += "\n";
    out += string_at(block, "text");
  }
  return out;
}

void add_block(SeenMessage& message, const Json& block) {
  const auto type = block.at("type").get<std::string>();
  message.types.push_back(type);
  if (type == "text") message.texts.push_back(block.at("text").get<std::string>());
  if (type == "tool_use") {
    message.calls.push_back(
        {block.at("id").get<std::string>(), block.at("name").get<std::string>(), block.at("input").dump()});
  }
  if (type == "tool_result") {
    const auto content = block.find("content");
    message.results.push_back({block.at("tool_use_id").get<std::string>(),
                               content == block.end() ? std::string() : text_of(*content),
                               block.value("is_error", false)});
  }
}

void add_content(SeenMessage& message, const Json& content) {
  if (content.is_string()) {
    message.texts.push_back(content.get<std::string>());
    message.types.emplace_back("text");
  } else if (content.is_array()) {
    for (const auto& block : content) add_block(message, block);
  }
}

SeenRequest decode_anthropic(const Json& body) {
  SeenRequest out;
  if (const auto system = body.find("system"); system != body.end()) out.system = text_of(*system);
  for (const auto& tool : body.value("tools", Json::array())) out.tools.push_back(tool.at("name").get<std::string>());
  for (const auto& message : body.at("messages")) {
    SeenMessage seen{
        .role = message.at("role").get<std::string>(), .texts = {}, .calls = {}, .results = {}, .types = {}};
    add_content(seen, message.at("content"));
    out.messages.push_back(std::move(seen));
  }
  return out;
}

// The results of one reply are messages of their own here; they are seen as one.
SeenMessage& results_message(std::vector<SeenMessage>& messages) {
  const bool open = !messages.empty() && messages.back().role == "user" && !messages.back().results.empty() &&
                    messages.back().texts.empty();
  if (!open) messages.push_back(SeenMessage{.role = "user", .texts = {}, .calls = {}, .results = {}, .types = {}});
  return messages.back();
}

void add_openai_message(SeenRequest& out, const Json& message) {
  const auto role = message.at("role").get<std::string>();
  const auto content = message.value("content", Json());
  if (role == "system" || role == "developer") {
    out.system += text_of(content);
    return;
  }
  if (role == "tool") {
    auto& results = results_message(out.messages);
    results.results.push_back({message.at("tool_call_id").get<std::string>(), text_of(content), false});
    results.types.emplace_back("tool_result");
    return;
  }
  SeenMessage seen{.role = role, .texts = {}, .calls = {}, .results = {}, .types = {}};
  add_content(seen, content);
  for (const auto& call : message.value("tool_calls", Json::array())) {
    const auto& function = call.at("function");
    seen.calls.push_back({call.at("id").get<std::string>(), function.at("name").get<std::string>(),
                          function.at("arguments").get<std::string>()});
  }
  out.messages.push_back(std::move(seen));
}

SeenRequest decode_openai(const Json& body) {
  SeenRequest out;
  for (const auto& tool : body.value("tools", Json::array())) {
    out.tools.push_back(tool.at("function").at("name").get<std::string>());
  }
  for (const auto& message : body.at("messages")) add_openai_message(out, message);
  return out;
}

template <class T>
std::set<std::string> ids_of(const std::vector<T>& items, std::string T::*id) {
  std::set<std::string> out;
  for (const auto& item : items) out.insert(item.*id);
  return out;
}

// --- replies ---

using Parts = ReplyParts;

std::vector<std::string> deltas_at(const Json& reply, const char* key) {
  const auto found = reply.find(key);
  if (found == reply.end()) return {};
  if (found->is_string()) return {found->get<std::string>()};
  return found->get<std::vector<std::string>>();
}

Parts parts_of(const Json& reply, int number) {
  for (const auto& [key, value] : reply.items()) {
    static const std::set<std::string> known = {"thinking", "text", "tool_call", "tool_calls", "stop_reason", "usage"};
    if (!known.contains(key)) throw std::runtime_error(fmt::format("reply: unknown key \"{}\"", key));
  }
  Parts out;
  out.thinking = deltas_at(reply, "thinking");
  out.text = deltas_at(reply, "text");
  auto calls = reply.value("tool_calls", Json::array());
  if (const auto one = reply.find("tool_call"); one != reply.end()) calls.push_back(*one);
  for (const auto& call : calls) {
    const auto arguments = call.value("arguments", Json::object());
    out.calls.push_back(
        {call.value("id", fmt::format("call_{}_{}", number, out.calls.size() + 1)), call.at("name").get<std::string>(),
         arguments.is_string() ? arguments.get<std::string>() : arguments.dump(), call.value("signature", "")});
  }
  out.stop_reason = reply.value("stop_reason", out.calls.empty() ? "end_turn" : "tool_use");
  out.usage = {{"input", 10}, {"output", 5}, {"cache_read", 0}, {"cache_write", 0}};
  if (const auto usage = reply.find("usage"); usage != reply.end()) out.usage.update(*usage);
  return out;
}

std::string named_event(const Json& data) {
  return fmt::format("event: {}\ndata: {}\n\n", data.at("type").get<std::string>(), data.dump());
}

class AnthropicEncoder {
 public:
  Stream encode(const Parts& parts, int number) {
    push({{"type", "message_start"},
          {"message",
           {{"id", fmt::format("msg_{}", number)},
            {"type", "message"},
            {"role", "assistant"},
            {"model", "test-model"},
            {"content", Json::array()},
            {"stop_reason", nullptr},
            {"usage", usage(parts, 1)}}}});
    if (!parts.thinking.empty()) add_thinking(parts.thinking);
    if (!parts.text.empty()) add_text(parts.text);
    out_.points.try_emplace("text", out_.pieces.size());
    for (const auto& call : parts.calls) add_call(call);
    out_.points["end"] = out_.pieces.size();
    push({{"type", "message_delta"},
          {"delta", {{"stop_reason", parts.stop_reason}, {"stop_sequence", nullptr}}},
          {"usage", {{"output_tokens", parts.usage.at("output")}}}});
    push({{"type", "message_stop"}});
    return std::move(out_);
  }

 private:
  static Json usage(const Parts& parts, int output) {
    return {{"input_tokens", parts.usage.at("input")},
            {"cache_read_input_tokens", parts.usage.at("cache_read")},
            {"cache_creation_input_tokens", parts.usage.at("cache_write")},
            {"output_tokens", output}};
  }

  void push(const Json& data) { out_.pieces.push_back(named_event(data)); }

  void begin_block(const Json& block) {
    push({{"type", "content_block_start"}, {"index", index_}, {"content_block", block}});
  }
  void delta(const Json& delta) { push({{"type", "content_block_delta"}, {"index", index_}, {"delta", delta}}); }
  void end_block() { push({{"type", "content_block_stop"}, {"index", index_++}}); }

  void add_thinking(const std::vector<std::string>& deltas) {
    begin_block({{"type", "thinking"}, {"thinking", ""}, {"signature", ""}});
    for (const auto& text : deltas) delta({{"type", "thinking_delta"}, {"thinking", text}});
    delta({{"type", "signature_delta"}, {"signature", "c2lnbmVk"}});
    end_block();
  }

  void add_text(const std::vector<std::string>& deltas) {
    begin_block({{"type", "text"}, {"text", ""}});
    for (const auto& text : deltas) delta({{"type", "text_delta"}, {"text", text}});
    out_.points["text"] = out_.pieces.size();
    end_block();
  }

  void add_call(const SeenMessage::Call& call) {
    begin_block({{"type", "tool_use"}, {"id", call.id}, {"name", call.name}, {"input", Json::object()}});
    const auto half = call.arguments.size() / 2;
    delta({{"type", "input_json_delta"}, {"partial_json", call.arguments.substr(0, half)}});
    out_.points.try_emplace("call", out_.pieces.size());
    delta({{"type", "input_json_delta"}, {"partial_json", call.arguments.substr(half)}});
    end_block();
  }

  Stream out_;
  int index_ = 0;
};

class OpenAiEncoder {
 public:
  Stream encode(const Parts& parts, int number) {
    id_ = fmt::format("chatcmpl-{}", number);
    push({{"role", "assistant"}, {"content", ""}});
    for (const auto& text : parts.thinking) push({{"reasoning_content", text}});
    for (const auto& text : parts.text) push({{"content", text}});
    out_.points["text"] = out_.pieces.size();
    for (std::size_t i = 0; i < parts.calls.size(); ++i) add_call(i, parts.calls[i]);
    out_.points["end"] = out_.pieces.size();
    push(Json::object(), finish_reason(parts.stop_reason));
    add_usage(parts.usage);
    out_.pieces.emplace_back("data: [DONE]\n\n");
    return std::move(out_);
  }

 private:
  static std::string finish_reason(const std::string& stop_reason) {
    if (stop_reason == "tool_use") return "tool_calls";
    if (stop_reason == "max_tokens") return "length";
    return stop_reason == "refusal" ? "content_filter" : "stop";
  }

  Json chunk(Json choices) const {
    return {{"id", id_},
            {"object", "chat.completion.chunk"},
            {"created", 1},
            {"model", "test-model"},
            {"choices", std::move(choices)}};
  }

  void push_chunk(const Json& data) { out_.pieces.push_back(fmt::format("data: {}\n\n", data.dump())); }

  void push(const Json& delta, const Json& finish = nullptr) {
    push_chunk(chunk(Json::array({{{"index", 0}, {"delta", delta}, {"finish_reason", finish}}})));
  }

  void add_call(std::size_t index, const SeenMessage::Call& call) {
    const auto half = call.arguments.size() / 2;
    push({{"tool_calls",
           Json::array({{{"index", index},
                         {"id", call.id},
                         {"type", "function"},
                         {"function", {{"name", call.name}, {"arguments", call.arguments.substr(0, half)}}}}})}});
    out_.points.try_emplace("call", out_.pieces.size());
    push({{"tool_calls",
           Json::array({{{"index", index}, {"function", {{"arguments", call.arguments.substr(half)}}}}})}});
  }

  void add_usage(const Json& usage) {
    const auto at = [&](const char* key) { return usage.at(key).get<int>(); };
    auto last = chunk(Json::array());
    last["usage"] = {{"prompt_tokens", at("input") + at("cache_read")},
                     {"completion_tokens", at("output")},
                     {"prompt_tokens_details", {{"cached_tokens", at("cache_read")}}}};
    push_chunk(last);
  }

  Stream out_;
  std::string id_;
};

SeenRequest decode(Protocol protocol, const Json& json) {
  switch (protocol) {
    case Protocol::anthropic:
      return decode_anthropic(json);
    case Protocol::gemini:
      return decode_gemini(json);
    case Protocol::openai_chat:
      return decode_openai(json);
    case Protocol::openai_responses:
      return decode_responses(json);
  }
  throw std::logic_error("a protocol that nobody knows");
}

}  // namespace

SeenRequest decode_request(Protocol protocol, std::string_view body) {
  auto json = Json::parse(body);
  auto out = decode(protocol, json);
  out.body = std::move(json);
  return out;
}

Failures mistakes_in(const SeenRequest& request) {
  Failures out;
  std::set<std::string> open;
  std::string last_role;
  for (std::size_t i = 0; i < request.messages.size(); ++i) {
    const auto& message = request.messages[i];
    if (message.role == last_role)
      out.push_back(fmt::format("messages {} and {} are both of the {}", i - 1, i, last_role));
    if (message.types.empty() && message.calls.empty()) out.push_back(fmt::format("message {} is empty", i));
    if (const auto answered = ids_of(message.results, &SeenMessage::Result::call_id); answered != open) {
      out.push_back(fmt::format("message {}: the results do not answer the calls before them, one for one", i));
    }
    open = ids_of(message.calls, &SeenMessage::Call::id);
    last_role = message.role;
  }
  if (last_role != "user") out.push_back(fmt::format("the last message is of the {}", last_role));
  return out;
}

Stream encode_reply(Protocol protocol, const Json& reply, int number) {
  const auto parts = parts_of(reply, number);
  switch (protocol) {
    case Protocol::anthropic:
      return AnthropicEncoder().encode(parts, number);
    case Protocol::gemini:
      return encode_gemini(parts);
    case Protocol::openai_chat:
      return OpenAiEncoder().encode(parts, number);
    case Protocol::openai_responses:
      return encode_responses(parts, number);
  }
  throw std::logic_error("a protocol that nobody knows");
}

}  // namespace errand::test::e2e
