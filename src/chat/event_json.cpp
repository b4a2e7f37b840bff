#include "chat/event_json.hpp"

#include "base/json.hpp"
#include "base/overloaded.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"
#include "chat/names.hpp"
#include "chat/partial_answer.hpp"

namespace errand::chat {

namespace {

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

// A tool's input as readers get it: an object always; the model's own text beside it when it was none.
void put_input(Json& out, const std::string& arguments) {
  const auto input = parse_arguments(arguments);
  out["input"] = input.value_or(Json::object());
  if (!input) out["input_raw"] = arguments;
}

Json fields(const event::Ready& e) {
  auto servers = Json::array();
  for (const auto& server : e.mcp_servers) servers.push_back({{"name", server.name}, {"status", server.status}});
  return {{"agent_id", e.agent_id},
          {"model", e.model},
          {"tools", e.tools},
          {"mcp_servers", std::move(servers)},
          {"resumed", e.resumed},
          {"turn_count", e.turn_count},
          {"permission_mode", e.permission_mode},
          {"sandbox", e.sandbox}};
}
Json fields(const event::User& e) {
  return {{"message_id", e.message_id}, {"content", content_json(e.message.content)}};
}
Json fields(const event::TextDelta& e) {
  return {{"text", e.text}};
}
Json fields(const event::ThinkingDelta& e) {
  return {{"text", e.text}};
}
Json fields(const event::Assistant& e) {
  Json out = {{"message_id", e.message_id},
              {"content", content_json(e.message.content)},
              {"stop_reason", name_of(e.message.stop)},
              {"model", e.message.model},
              {"usage", to_json(e.message.usage)}};
  // Who wrote it: what belongs to one provider alone goes back to that one.
  if (!e.message.provider.empty()) out["provider"] = e.message.provider;
  return out;
}
Json fields(const event::ToolUse& e) {
  Json out = {{"id", e.id}, {"name", e.name}};
  put_input(out, e.input);
  out["summary"] = e.summary;
  return out;
}
Json fields(const event::ApprovalRequest& e) {
  return {{"id", e.id}, {"tool_use_id", e.tool_use_id}, {"rule", e.rule}, {"suggested_rule", e.suggested_rule}};
}
Json fields(const event::Approval& e) {
  return {{"id", e.id}, {"tool_use_id", e.tool_use_id}, {"decision", e.decision}, {"by", e.by}};
}
Json fields(const event::ToolOutput& e) {
  return {{"tool_use_id", e.tool_use_id}, {"stream", e.stream}, {"text", e.text}};
}
Json fields(const event::ToolResult& e) {
  return {{"message_id", e.message_id},
          {"tool_use_id", e.result.call_id},
          {"name", e.name},
          {"content", content_json(e.result.content)},
          {"is_error", e.result.is_error},
          {"duration_ms", e.duration.count()},
          {"truncated", e.truncated},
          {"saved_to", e.saved_to.empty() ? Json(nullptr) : Json(e.saved_to)}};
}
Json fields(const event::AskUserQuestion& e) {
  auto questions = Json::array();
  for (const auto& question : e.questions) {
    auto options = Json::array();
    for (const auto& option : question.options) {
      options.push_back({{"label", option.label}, {"description", option.description}});
    }
    questions.push_back({{"question", question.question},
                         {"header", question.header},
                         {"options", std::move(options)},
                         {"multiSelect", question.multi_select}});
  }
  return {{"question_id", e.question_id}, {"questions", std::move(questions)}};
}
Json fields(const event::Answer& e) {
  return {{"question_id", e.question_id}, {"answers", e.answers}};
}
Json fields(const event::Plan& e) {
  return {{"plan_id", e.plan_id}, {"text", e.text}, {"steps", e.steps}};
}
Json fields(const event::PlanApproval& e) {
  Json out = {{"plan_id", e.plan_id}, {"decision", e.decision}};
  if (!e.mode.empty()) out["permission_mode"] = e.mode;
  if (!e.text.empty()) out["text"] = e.text;
  return out;
}
Json fields(const event::Todo& e) {
  auto items = Json::array();
  for (const auto& item : e.items) {
    items.push_back({{"content", item.content}, {"status", item.status}, {"activeForm", item.active_form}});
  }
  return {{"items", std::move(items)}};
}
Json fields(const event::Retry& e) {
  return {{"attempt", e.attempt},        {"max_attempts", e.max_attempts},
          {"delay_ms", e.delay.count()}, {"status", e.status == 0 ? Json(nullptr) : Json(e.status)},
          {"reason", e.reason},          {"restarted", e.restarted}};
}
Json fields(const event::Fallback& e) {
  return {{"from", e.from}, {"to", e.to}, {"reason", e.reason}};
}
Json fields(const event::CompactStarted& e) {
  return {{"reason", e.reason}, {"tokens_before", e.tokens_before}};
}
Json fields(const event::CompactCompleted& e) {
  return {{"reason", e.reason},
          {"tokens_before", e.tokens_before},
          {"tokens_after", e.tokens_after},
          {"kept_from", e.kept_from.empty() ? Json(nullptr) : Json(e.kept_from)},
          {"summary", e.summary},
          {"dropped", e.dropped},
          {"cleared_before", e.cleared_before.empty() ? Json(nullptr) : Json(e.cleared_before)}};
}
Json fields(const event::Rewound& e) {
  return {{"to", e.to.empty() ? Json(nullptr) : Json(e.to)}};
}
Json fields(const event::UsageEvent& e) {
  auto out = to_json(e.usage);
  out["cost_usd"] = or_null(e.cost_usd);
  out["total_cost_usd"] = or_null(e.total_cost_usd);
  return out;
}
Json fields(const event::Warning& e) {
  return {{"code", e.code}, {"message", e.message}};
}
Json fields(const event::ErrorEvent& e) {
  return to_json(e.error);
}
Json fields(const event::Cancelled& e) {
  return {{"by", e.by}};
}
Json report_json(const event::RunReport& report) {
  auto hosts = Json::array();
  for (const auto& host : report.hosts) {
    hosts.push_back({{"host", host.host},
                     {"port", host.port},
                     {"allowed", host.allowed},
                     {"reason", host.reason.empty() ? Json(nullptr) : Json(host.reason)}});
  }
  return {{"files_written", report.files_written}, {"hosts", std::move(hosts)}, {"blocked", report.blocked}};
}
Json fields(const event::Done& e) {
  auto denials = Json::array();
  for (const auto& denial : e.denials) {
    Json item = {{"tool_use_id", denial.tool_use_id}, {"tool", denial.tool}};
    put_input(item, denial.input);
    item["reason"] = denial.reason;
    denials.push_back(std::move(item));
  }
  Json out = {{"stop_reason", e.stop_reason},
              {"result", e.result},
              {"structured_output", nullptr},
              {"num_turns", e.num_turns},
              {"duration_ms", e.duration.count()},
              {"duration_api_ms", e.duration_api.count()},
              {"total_cost_usd", or_null(e.total_cost_usd)},
              {"usage", to_json(e.usage)},
              {"denials", std::move(denials)},
              {"report", report_json(e.report)},
              {"is_error", e.error.has_value()},
              {"partial", is_partial(e)}};
  if (e.structured_output) out["structured_output"] = Json::parse(*e.structured_output, nullptr, false);
  if (e.error) out["error"] = to_json(*e.error);
  return out;
}

struct Kind {
  std::string_view type;
  bool lasting;
};

Kind kind_of(const EventBody& body) {
  return std::visit(overloaded{
                        [](const event::Ready&) {
                          return Kind{"ready", false};
                        },
                        [](const event::User&) {
                          return Kind{"user", true};
                        },
                        [](const event::TextDelta&) {
                          return Kind{"text_delta", false};
                        },
                        [](const event::ThinkingDelta&) {
                          return Kind{"thinking_delta", false};
                        },
                        [](const event::Assistant&) {
                          return Kind{"assistant", true};
                        },
                        [](const event::ToolUse&) {
                          return Kind{"tool_use", true};
                        },
                        [](const event::ApprovalRequest&) {
                          return Kind{"approval_request", true};
                        },
                        [](const event::Approval&) {
                          return Kind{"approval", true};
                        },
                        [](const event::ToolOutput&) {
                          return Kind{"tool_output", false};
                        },
                        [](const event::ToolResult&) {
                          return Kind{"tool_result", true};
                        },
                        [](const event::AskUserQuestion&) {
                          return Kind{"ask_user_question", true};
                        },
                        [](const event::Answer&) {
                          return Kind{"answer", true};
                        },
                        [](const event::Plan&) {
                          return Kind{"plan", true};
                        },
                        [](const event::PlanApproval&) {
                          return Kind{"plan_approval", true};
                        },
                        [](const event::Todo&) {
                          return Kind{"todo", true};
                        },
                        [](const event::Retry&) {
                          return Kind{"retry", false};
                        },
                        [](const event::Fallback&) {
                          return Kind{"fallback", true};
                        },
                        [](const event::CompactStarted&) {
                          return Kind{"compact_started", true};
                        },
                        [](const event::CompactCompleted&) {
                          return Kind{"compact_completed", true};
                        },
                        [](const event::Rewound&) {
                          return Kind{"rewound", true};
                        },
                        [](const event::UsageEvent&) {
                          return Kind{"usage", true};
                        },
                        [](const event::Warning&) {
                          return Kind{"warning", true};
                        },
                        [](const event::ErrorEvent&) {
                          return Kind{"error", true};
                        },
                        [](const event::Cancelled&) {
                          return Kind{"cancelled", true};
                        },
                        [](const event::Done&) {
                          return Kind{"done", true};
                        },
                    },
                    body);
}

}  // namespace

namespace {

// As dump() escapes valid UTF-8.
void append_quoted(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte >= 0x20) {
      out += c;
    } else if (const auto at = std::string_view("\b\t\n\f\r").find(c); at != std::string_view::npos) {
      out += '\\';
      out += "btnfr"[at];
    } else {
      out += "\\u00";
      out += digits[byte >> 4U];
      out += digits[byte & 0xFU];
    }
  }
  out += '"';
}

// Deltas are nearly all of a stream: their line is written at once rather than built as a tree first.
std::optional<std::string> delta_line(const Event& event) {
  const auto* const text = std::get_if<event::TextDelta>(&event.body);
  const auto* const thinking = std::get_if<event::ThinkingDelta>(&event.body);
  if (text == nullptr && thinking == nullptr) return std::nullopt;
  const std::string& piece = text != nullptr ? text->text : thinking->text;
  for (const auto* part : {&event.session, &event.run, &event.agent_path, &piece}) {
    if (!unicode::is_valid_utf8(*part)) return std::nullopt;  // dump() repairs it
  }
  std::string out = text != nullptr ? R"({"type":"text_delta","seq":)" : R"({"type":"thinking_delta","seq":)";
  out.reserve(256 + piece.size());
  out += std::to_string(event.seq);
  out += R"(,"session_id":)";
  append_quoted(out, event.session);
  out += R"(,"run_id":)";
  append_quoted(out, event.run);
  out += R"(,"time":")";
  out += to_rfc3339(event.time);
  out += R"(","agent":)";
  append_quoted(out, event.agent_path);
  out += R"(,"text":)";
  append_quoted(out, piece);
  out += '}';
  return out;
}

}  // namespace

std::string_view type_of(const EventBody& body) {
  return kind_of(body).type;
}

bool is_lasting(const EventBody& body) {
  return kind_of(body).lasting;
}

Json body_json(const EventBody& body) {
  return std::visit([](const auto& e) { return fields(e); }, body);
}

Json to_json(const Event& event) {
  Json out = {{"type", type_of(event.body)},    {"seq", event.seq},
              {"session_id", event.session},    {"run_id", event.run},
              {"time", to_rfc3339(event.time)}, {"agent", event.agent_path}};
  const auto body = body_json(event.body);
  for (const auto& [key, value] : body.items()) out[key] = value;
  return out;
}

std::string to_json_line(const Event& event) {
  if (auto line = delta_line(event)) return *std::move(line);
  return dump(to_json(event));
}

Json to_json(const Usage& usage) {
  return {{"input", usage.input},           {"output", usage.output},
          {"cache_read", usage.cache_read}, {"cache_write", usage.cache_write},
          {"reasoning", usage.reasoning},   {"tool", usage.tool}};
}

Json to_json(const Error& error) {
  Json out = {{"kind", name_of(error.kind)}, {"message", error.message}};
  out["hint"] = error.hint.empty() ? Json(nullptr) : Json(error.hint);
  out["retryable"] = error.retryable;
  if (error.where) out["where"] = to_string(*error.where);
  if (!error.context.empty()) out["context"] = error.context;
  for (const auto& other : error.others) out["others"].push_back(to_json(other));
  return out;
}

}  // namespace errand::chat
