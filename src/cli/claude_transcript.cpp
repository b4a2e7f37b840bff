#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/id.hpp"
#include "base/json.hpp"
#include "base/json_fields.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "chat/codec.hpp"
#include "chat/event_json.hpp"
#include "cli/session_lines.hpp"

namespace errand::cli {

namespace {

namespace event = chat::event;

bool flag_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_boolean() && found->get<bool>();
}

std::int64_t tokens_at(const Json& json, const char* key) {
  const auto found = json.is_object() ? json.find(key) : json.end();
  if (found == json.end() || !found->is_number_integer()) return 0;
  return std::clamp<std::int64_t>(found->get<std::int64_t>(), 0, std::int64_t{1} << 40U);
}

Json text_block(std::string_view text) {
  return {{"type", "text"}, {"text", text}};
}

// What this program has no block for is named where it stood.
Json user_block(const Json& block) {
  const auto type = string_at(block, "type");
  const auto source = block.is_object() ? block.find("source") : block.end();
  const bool inline_media = source != block.end() && string_at(*source, "type") == "base64";
  if (type == "text") return text_block(string_at(block, "text"));
  if ((type == "image" || type == "document") && inline_media) return block;
  return text_block(fmt::format("[{}]", type));
}

Json user_content(const Json& content) {
  if (content.is_string()) return Json::array({text_block(content.get<std::string>())});
  auto out = Json::array();
  if (!content.is_array()) return out;
  for (const auto& block : content) {
    if (string_at(block, "type") != "tool_result") out.push_back(user_block(block));
  }
  return out;
}

Json assistant_content(const Json& content) {
  if (content.is_string()) return Json::array({text_block(content.get<std::string>())});
  auto out = Json::array();
  if (!content.is_array()) return out;
  for (const auto& block : content) {
    const auto type = string_at(block, "type");
    const bool known = type == "text" || type == "thinking" || type == "redacted_thinking" || type == "tool_use";
    out.push_back(known ? block : Json{{"type", "native"}, {"provider", "anthropic"}, {"json", chat::dump(block)}});
  }
  return out;
}

chat::Usage usage_of(const Json& message) {
  const auto usage = message.find("usage");
  if (usage == message.end()) return {};
  return {tokens_at(*usage, "input_tokens"),
          tokens_at(*usage, "output_tokens"),
          tokens_at(*usage, "cache_read_input_tokens"),
          tokens_at(*usage, "cache_creation_input_tokens"),
          0,
          0};
}

// One line for people: the tool and the first thing it was given.
std::string call_summary(const chat::ToolCall& call) {
  constexpr std::size_t max_columns = 120;
  const auto input = chat::parse_arguments(call.arguments);
  if (input) {
    for (const auto& [key, value] : input->items()) {
      if (!value.is_string()) continue;
      const auto text = value.get<std::string>();
      return text::ellipsize(fmt::format("{} {}", call.name, text::first_line(text)), max_columns);
    }
  }
  return call.name;
}

class Transcript {
 public:
  explicit Transcript(std::string_view text) : lines_(text) {}

  ReadSessions read() {
    while (lines_.next()) {
      if (text::trim(lines_.line()).empty()) continue;
      if (auto taken = take_line(); !taken) out_.skipped.push_back({lines_.number(), taken.error().message});
    }
    flush_summary();
    if (!said_.empty()) out_.sessions.push_back(session());
    return std::move(out_);
  }

 private:
  struct Said {
    Timestamp time{};
    chat::EventBody body;
  };

  Result<void> take_line() {
    if (lines_.line().size() > max_session_line_bytes) return fail(ErrorKind::limit, "too long");
    ERRAND_TRY_ASSIGN(const auto line, chat::parse_json(lines_.line()));
    if (!line.is_object()) return fail(ErrorKind::failure, "no object");
    try {
      return take(line);
    } catch (const Json::exception&) {
      return fail(ErrorKind::failure, "a field is of another type than it should be");
    }
  }

  Result<void> take(const Json& line) {
    const auto type = string_at(line, "type");
    if (type == "summary") {
      title_ = string_at(line, "summary");
      return {};
    }
    if (flag_at(line, "isSidechain") || (type != "user" && type != "assistant")) return leave_out(line);
    const auto message = line.find("message");
    if (message == line.end() || !message->is_object()) return fail(ErrorKind::failure, "it holds no message");
    const auto uuid = string_at(line, "uuid");
    if (!is_plain_id(uuid)) return fail(ErrorKind::failure, "its uuid is no id");
    if (follows_.contains(uuid)) return fail(ErrorKind::failure, "its uuid was there before");
    learn(line);
    return type == "user" ? take_user(line, *message, uuid) : take_assistant(line, *message, uuid);
  }

  // Such lines still stand between messages.
  Result<void> leave_out(const Json& line) {
    ++out_.left_out;
    const auto uuid = string_at(line, "uuid");
    if (!uuid.empty()) follows_.emplace(uuid, message_before(line));
    return {};
  }

  void learn(const Json& line) {
    if (const auto time = parse_rfc3339(string_at(line, "timestamp"))) time_ = *time;
    if (cwd_.empty()) cwd_ = string_at(line, "cwd");
    if (id_.empty() && is_uuid(string_at(line, "sessionId"))) id_ = string_at(line, "sessionId");
  }

  std::string message_before(const Json& line) const {
    const auto found = follows_.find(string_at(line, "parentUuid"));
    return found == follows_.end() ? std::string() : found->second;
  }

  Result<void> take_user(const Json& line, const Json& message, const std::string& uuid) {
    const auto content = message.find("content");
    if (content == message.end()) return fail(ErrorKind::failure, "a message without content");
    const auto said = user_content(*content);
    ERRAND_TRY_ASSIGN(auto user, chat::user_from_json({{"content", said}}));
    ERRAND_TRY(take_results(*content, uuid));
    if (user.content.empty()) return {};
    if (flag_at(line, "isCompactSummary")) {
      flush_summary();
      summary_ = chat::text_of(user.content);
      follows_.emplace(uuid, newest_);
      return {};
    }
    if (!follows_.contains(uuid)) begin_branch(message_before(line));
    const auto id = follows_.contains(uuid) ? uuid + "#text" : uuid;
    if (first_prompt_.empty()) first_prompt_ = chat::text_of(user.content);
    add(id, event::User{id, std::move(user)});
    prompts_.push_back(said_.size());
    follows_[uuid] = id;
    return {};
  }

  Result<void> take_results(const Json& content, const std::string& uuid) {
    if (!content.is_array()) return {};
    int count = 0;
    for (const auto& block : content) {
      if (string_at(block, "type") != "tool_result") continue;
      const auto inner = block.contains("content") ? user_content(block["content"]) : Json::array();
      ERRAND_TRY_ASSIGN(auto result, chat::tool_result_from_json({{"tool_use_id", string_at(block, "tool_use_id")},
                                                                  {"content", inner},
                                                                  {"is_error", flag_at(block, "is_error")}}));
      const auto id = count++ == 0 ? uuid : fmt::format("{}#{}", uuid, count);
      const auto tool = tools_.find(result.call_id);
      auto name = tool == tools_.end() ? std::string() : tool->second;
      add(id, event::ToolResult{id, std::move(result), std::move(name), {}, false, ""});
      follows_[uuid] = id;
    }
    return {};
  }

  Result<void> take_assistant(const Json& line, const Json& message, const std::string& uuid) {
    if (string_at(message, "model") == "<synthetic>") return leave_out(line);  // the program's own words
    const auto content = message.find("content");
    ERRAND_TRY_ASSIGN(
        auto reply,
        chat::assistant_from_json({{"content", content == message.end() ? Json(nullptr) : assistant_content(*content)},
                                   {"model", string_at(message, "model")},
                                   {"stop_reason", string_at(message, "stop_reason")}}));
    reply.usage = usage_of(message);
    const auto calls = reply.tool_calls();
    const auto api_id = string_at(message, "id");
    auto* open = open_reply(api_id);
    if (open != nullptr) {
      std::ranges::move(reply.content, std::back_inserter(open->message.content));
      open->message.usage = reply.usage;
      open->message.stop = reply.stop;
      follows_[uuid] = open->message_id;
    } else {
      add(uuid, event::Assistant{uuid, std::move(reply), std::nullopt});
      open_ = {api_id, said_.size() - 1};
      follows_[uuid] = uuid;
    }
    for (const auto& call : calls) {
      tools_[call.id] = call.name;
      said_.push_back({time_, event::ToolUse{call.id, call.name, call.arguments, call_summary(call)}});
    }
    return {};
  }

  // A reply stands in several lines, one for each of its blocks, with the results of its first calls between them.
  event::Assistant* open_reply(const std::string& api_id) {
    if (api_id.empty() || api_id != open_.first) return nullptr;
    return std::get_if<event::Assistant>(&said_[open_.second].body);
  }

  // A prompt that goes on from before another prompt: the person went back.
  void begin_branch(const std::string& parent) {
    open_ = {};
    const auto at = places_.find(parent);
    if (at == places_.end()) return;
    const bool went_back = std::ranges::any_of(prompts_, [&](std::size_t prompt) { return prompt > at->second; });
    if (went_back) said_.push_back({time_, event::Rewound{parent}});
  }

  void add(const std::string& id, chat::EventBody body) {
    if (!summary_.empty()) {
      said_.push_back({time_, event::CompactCompleted{"imported", 0, 0, id, std::exchange(summary_, {}), false}});
    }
    said_.push_back({time_, std::move(body)});
    places_[id] = said_.size();
    newest_ = id;
  }

  // A summary that nothing follows is what the next request begins with all the same.
  void flush_summary() {
    if (summary_.empty()) return;
    const auto id = make_uuid7(now());
    add(id, event::User{id, {{chat::Text{std::exchange(summary_, {})}}}});
  }

  store::WholeSession session() const {
    store::WholeSession out;
    auto& info = out.info;
    info.id = id_.empty() ? make_uuid7(now()) : id_;
    info.start.agent = "claude-code";
    info.start.cwd = info.start.project = cwd_.size() <= 4096 ? cwd_ : std::string();
    info.start.permission_mode = "ask";
    info.start.title = title_from(title_.empty() ? first_prompt_ : title_);
    info.created = said_.front().time;
    info.status = "idle";
    info.cost_usd = std::nullopt;
    std::int64_t position = 0;
    for (const auto& said : said_) {
      out.records.push_back({++position, std::string(chat::type_of(said.body)), id_of(said.body), "", "root", said.time,
                             chat::dump(chat::body_json(said.body))});
      info.updated = std::max(info.updated, said.time);
      count(info, said.body);
    }
    return out;
  }

  static std::string id_of(const chat::EventBody& body) {
    if (const auto* user = std::get_if<event::User>(&body)) return user->message_id;
    if (const auto* reply = std::get_if<event::Assistant>(&body)) return reply->message_id;
    if (const auto* result = std::get_if<event::ToolResult>(&body)) return result->message_id;
    return {};
  }

  static void count(store::SessionInfo& info, const chat::EventBody& body) {
    const auto* reply = std::get_if<event::Assistant>(&body);
    if (reply == nullptr) return;
    ++info.turns;
    info.usage += reply->message.usage;
    if (!reply->message.model.empty()) info.start.model = "anthropic/" + reply->message.model;
  }

  LineCursor lines_;
  ReadSessions out_;
  std::vector<Said> said_;
  std::map<std::string, std::string> follows_;  // the message that a line of that uuid is, or stands behind
  std::map<std::string, std::size_t> places_;   // how much was said with a message
  std::map<std::string, std::string> tools_;    // by call
  std::vector<std::size_t> prompts_;            // how much was said with each
  std::pair<std::string, std::size_t> open_;    // the API's id of the newest reply, and where it is
  std::string newest_, summary_, title_, first_prompt_, cwd_, id_;
  Timestamp time_ = now();
};

}  // namespace

ReadSessions read_claude_transcript(std::string_view text) {
  return Transcript(text).read();
}

}  // namespace errand::cli
