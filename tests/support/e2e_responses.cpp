#include "support/e2e_responses.hpp"

#include <stdexcept>

#include <fmt/format.h>

namespace errand::test::e2e {

namespace {

std::string text_of(const Json& content) {
  if (content.is_string()) return content.get<std::string>();
  std::string out;
  for (const auto& part : content) out += part.at("text").get<std::string>();
  return out;
}

// Items of one side in a row are one message.
SeenMessage& message_of(SeenRequest& request, const std::string& role) {
  if (request.messages.empty() || request.messages.back().role != role) {
    request.messages.push_back(SeenMessage{.role = role, .texts = {}, .calls = {}, .results = {}, .types = {}});
  }
  return request.messages.back();
}

void add_item(SeenRequest& out, const Json& item) {
  const auto type = item.value("type", "message");
  if (type == "message") {
    auto& message = message_of(out, item.at("role").get<std::string>());
    message.texts.push_back(text_of(item.at("content")));
    message.types.emplace_back("text");
  } else if (type == "function_call_output") {
    auto& message = message_of(out, "user");
    message.results.push_back({item.at("call_id").get<std::string>(), text_of(item.at("output")), false});
    message.types.emplace_back("tool_result");
  } else if (type == "function_call") {
    auto& message = message_of(out, "assistant");
    message.calls.push_back({item.at("call_id").get<std::string>(), item.at("name").get<std::string>(),
                             item.at("arguments").get<std::string>()});
    message.types.emplace_back("tool_use");
  } else {
    message_of(out, "assistant").types.push_back(type);
  }
}

bool is_of_assistant(const Json& item) {
  const auto type = item.value("type", "message");
  return type == "message" ? item.at("role") == "assistant" : type != "function_call_output";
}

void require_followers(const Json& input) {
  for (std::size_t i = 0; i < input.size(); ++i) {
    if (input[i].value("type", "") != "reasoning") continue;
    if (i + 1 < input.size() && is_of_assistant(input[i + 1])) continue;
    throw std::runtime_error(
        fmt::format("Item '{}' of type 'reasoning' was provided without its required following item.",
                    input[i].at("id").get<std::string>()));
  }
}

class ResponsesEncoder {
 public:
  ResponsesEncoder(const ReplyParts& parts, int number) : parts_(parts), number_(number) {}

  Stream encode() {
    push("response.created", {{"response", response("in_progress")}});
    if (!parts_.thinking.empty()) add_reasoning();
    if (!parts_.text.empty()) add_text();
    out_.points.try_emplace("text", out_.pieces.size());
    for (const auto& call : parts_.calls) add_call(call);
    out_.points["end"] = out_.pieces.size();
    end();
    return std::move(out_);
  }

 private:
  void push(const std::string& type, Json data) {
    data["type"] = type;
    data["sequence_number"] = out_.pieces.size();
    out_.pieces.push_back(fmt::format("event: {}\ndata: {}\n\n", type, data.dump()));
  }

  [[nodiscard]] Json response(const std::string& status) const {
    return {{"id", fmt::format("resp_{}", number_)},
            {"object", "response"},
            {"status", status},
            {"error", nullptr},
            {"model", "test-model"},
            {"output", output_},
            {"usage", nullptr}};
  }

  void begin_item(const Json& item) {
    push("response.output_item.added", {{"output_index", output_.size()}, {"item", item}});
  }
  void delta(const std::string& type, const char* part_key, const std::string& text) {
    push(type, {{"output_index", output_.size()}, {part_key, 0}, {"delta", text}});
  }
  void end_item(const Json& item) {
    push("response.output_item.done", {{"output_index", output_.size()}, {"item", item}});
    output_.push_back(item);
  }

  void add_reasoning() {
    Json item = {{"id", fmt::format("rs_{}", number_)}, {"type", "reasoning"}, {"summary", Json::array()}};
    begin_item(item);
    std::string whole;
    for (const auto& text : parts_.thinking) {
      delta("response.reasoning_summary_text.delta", "summary_index", text);
      whole += text;
    }
    item["summary"].push_back({{"type", "summary_text"}, {"text", whole}});
    item["encrypted_content"] = fmt::format("encrypted_{}", number_);
    end_item(item);
  }

  void add_text() {
    Json item = {{"id", fmt::format("msg_{}", number_)},
                 {"type", "message"},
                 {"status", "in_progress"},
                 {"role", "assistant"},
                 {"content", Json::array()}};
    begin_item(item);
    std::string whole;
    for (const auto& text : parts_.text) {
      delta("response.output_text.delta", "content_index", text);
      whole += text;
    }
    out_.points["text"] = out_.pieces.size();
    item["status"] = "completed";
    item["content"].push_back({{"type", "output_text"}, {"text", whole}, {"annotations", Json::array()}});
    end_item(item);
  }

  void add_call(const SeenMessage::Call& call) {
    Json item = {{"id", fmt::format("fc_{}_{}", number_, output_.size())},
                 {"type", "function_call"},
                 {"status", "in_progress"},
                 {"call_id", call.id},
                 {"name", call.name},
                 {"arguments", ""}};
    begin_item(item);
    const auto half = call.arguments.size() / 2;
    delta("response.function_call_arguments.delta", "content_index", call.arguments.substr(0, half));
    out_.points.try_emplace("call", out_.pieces.size());
    delta("response.function_call_arguments.delta", "content_index", call.arguments.substr(half));
    item["status"] = "completed";
    item["arguments"] = call.arguments;
    end_item(item);
  }

  void end() {
    const bool incomplete = parts_.stop_reason == "max_tokens" || parts_.stop_reason == "refusal";
    auto last = response(incomplete ? "incomplete" : "completed");
    const auto at = [&](const char* key) { return parts_.usage.at(key).get<int>(); };
    const auto input = at("input") + at("cache_read") + at("cache_write");
    last["usage"] = {
        {"input_tokens", input},
        {"input_tokens_details", {{"cached_tokens", at("cache_read")}, {"cache_write_tokens", at("cache_write")}}},
        {"output_tokens", at("output")},
        {"total_tokens", input + at("output")}};
    if (incomplete) {
      const bool filtered = parts_.stop_reason == "refusal";
      last["incomplete_details"] = {{"reason", filtered ? "content_filter" : "max_output_tokens"}};
    }
    push(incomplete ? "response.incomplete" : "response.completed", {{"response", last}});
  }

  const ReplyParts& parts_;
  int number_;
  Stream out_;
  Json output_ = Json::array();
};

}  // namespace

SeenRequest decode_responses(const Json& body) {
  SeenRequest out;
  out.system = body.value("instructions", "");
  for (const auto& tool : body.value("tools", Json::array())) out.tools.push_back(tool.at("name").get<std::string>());
  require_followers(body.at("input"));
  for (const auto& item : body.at("input")) add_item(out, item);
  return out;
}

Stream encode_responses(const ReplyParts& parts, int number) {
  return ResponsesEncoder(parts, number).encode();
}

}  // namespace errand::test::e2e
