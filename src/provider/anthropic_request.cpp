#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "base/overloaded.hpp"
#include "base/text.hpp"
#include "chat/codec.hpp"
#include "provider/anthropic.hpp"
#include "provider/call_ids.hpp"
#include "provider/generation.hpp"
#include "provider/json_text.hpp"
#include "provider/wire_value.hpp"

namespace errand::provider {

using chat::ThinkingStyle;

namespace {

constexpr std::int64_t default_max_tokens = 8192;
constexpr std::int64_t smallest_budget = 1024;  // the API refuses less
constexpr std::string_view cache_mark = R"(,"cache_control":{"type":"ephemeral"})";
// The API allows four: one ends the tools, one the system prompt, two the last user messages. The older of these two is
// where the turn before wrote its entry: it is found there however many blocks came since (a look back is ~20 blocks).
constexpr std::size_t marked_user_messages = 2;

enum class Role { user, assistant };

struct WireMessage {
  Role role = Role::user;
  std::vector<std::string> blocks;  // each a JSON object
};

struct EffortBudget {
  std::string_view effort;
  std::int64_t tokens;
};
constexpr std::array effort_budgets = {
    EffortBudget{"minimal", 1024}, EffortBudget{"low", 4096},   EffortBudget{"medium", 10'000},
    EffortBudget{"high", 24'000},  EffortBudget{"max", 48'000},
};

std::int64_t max_tokens_of(std::int64_t wish, const chat::ModelSpec& model) {
  if (model.max_output > 0) return wish > 0 ? std::min(wish, model.max_output) : model.max_output;
  if (wish > 0) return wish;
  return model.context > 0 ? std::min(default_max_tokens, std::max<std::int64_t>(model.context / 2, 1))
                           : default_max_tokens;
}

std::int64_t budget_of(const chat::ThinkingSettings& thinking) {
  if (thinking.budget_tokens > 0) return thinking.budget_tokens;
  const auto found = std::ranges::find(effort_budgets, thinking.effort, &EffortBudget::effort);
  return found == effort_budgets.end() ? 0 : found->tokens;
}

// The API's own levels; what lies between them is the nearest.
std::string_view effort_of(const chat::ThinkingSettings& thinking) {
  if (thinking.effort == "minimal") return "low";
  if (!thinking.effort.empty()) return thinking.effort;
  if (thinking.budget_tokens <= 4096) return "low";
  return thinking.budget_tokens <= 16'384 ? "medium" : "high";
}

bool thinks(const Request& request, ThinkingStyle style) {
  const auto& thinking = request.thinking;
  if (style == ThinkingStyle::none || thinking.effort == "none") return false;
  return !thinking.effort.empty() || thinking.budget_tokens > 0;
}

// How many tokens it may think; 0: there is no room for it. What a limit of the run leaves shrinks from turn to turn,
// and each other budget makes what was cached worthless: it changes only when it no longer fits, and by half.
std::int64_t budget_within(const Request& request, const chat::ModelSpec& model) {
  const auto& wishes = request.generation;
  const auto most = max_tokens_of(wishes.max_output, model) - smallest_budget;
  if (most < smallest_budget) return 0;
  const auto usual = max_tokens_of(wishes.uncapped_output.value_or(wishes.max_output), model) - smallest_budget;
  auto budget = std::min(std::max(budget_of(request.thinking), smallest_budget), usual);
  while (budget > most) budget = std::max(budget / 2, smallest_budget);
  return budget;
}

// Nothing is said when nothing was asked: the model's own default. For "none" too: models that think always refuse
// "disabled", and the others don't think unasked.
void write_thinking(JsonWriter& json, const Request& request, const chat::ModelSpec& model) {
  const auto style = model.thinking;
  if (!thinks(request, style)) return;
  if (style == ThinkingStyle::adaptive) json.key("thinking").begin_object().field("type", "adaptive").end_object();
  if (style != ThinkingStyle::budget) return;
  const auto budget = budget_within(request, model);
  if (budget == 0) return;
  json.key("thinking").begin_object().field("type", "enabled").key("budget_tokens").number(budget).end_object();
}

void write_output_config(JsonWriter& json, const Request& request, ThinkingStyle style) {
  const bool effort = style != ThinkingStyle::budget && thinks(request, style);
  const auto schema = request.output_schema.empty() ? std::string() : closed_schema(request.output_schema);
  if (!effort && schema.empty()) return;
  json.key("output_config").begin_object();
  if (effort) json.field("effort", effort_of(request.thinking));
  if (!schema.empty()) {
    json.key("format").begin_object().field("type", "json_schema").key("schema").raw(schema).end_object();
  }
  json.end_object();
}

// The models that think adaptively refuse sampling settings; the others take them while they don't think.
bool takes_sampling(const Request& request, ThinkingStyle style) {
  return style != ThinkingStyle::adaptive && !thinks(request, style);
}

void write_generation(JsonWriter& json, const Request& request, ThinkingStyle style) {
  const auto& wishes = request.generation;
  if (takes_sampling(request, style)) {
    if (wishes.temperature) json.key("temperature").raw(number_text(*wishes.temperature));
    if (wishes.top_p) json.key("top_p").raw(number_text(*wishes.top_p));
  }
  if (wishes.stop.empty()) return;
  json.key("stop_sequences").begin_array();
  for (const auto& text : wishes.stop) json.string(text);
  json.end_array();
}

// With a thinking budget the API takes "auto" and "none" alone.
bool takes_forced_calls(const Request& request, ThinkingStyle style) {
  return style != ThinkingStyle::budget || !thinks(request, style);
}

bool forces(const ToolChoice& choice) {
  return choice.kind == ToolChoice::Kind::any || choice.kind == ToolChoice::Kind::tool;
}

void write_tool_choice(JsonWriter& json, const Request& request, ThinkingStyle style) {
  const auto choice = tool_choice_of(request);
  if (choice.kind == ToolChoice::Kind::unsaid || (forces(choice) && !takes_forced_calls(request, style))) return;
  json.key("tool_choice").begin_object();
  json.field("type", choice.kind == ToolChoice::Kind::tool ? "tool" : std::string_view(request.generation.tool_choice));
  if (choice.kind == ToolChoice::Kind::tool) json.field("name", choice.tool);
  json.end_object();
}

std::string marked(const std::string& block) {
  return block.substr(0, block.size() - 1) + std::string(cache_mark) + "}";
}

std::string text_block(std::string_view text) {
  std::string out;
  JsonWriter(out).begin_object().field("type", "text").field("text", text).end_object();
  return out;
}

std::string media_block(std::string_view type, std::string_view media_type, std::string_view bytes,
                        std::string_view title) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().field("type", type).key("source").begin_object();
  if (media_type.starts_with("text/")) {
    json.field("type", "text").field("media_type", "text/plain").field("data", bytes);
  } else {
    json.field("type", "base64").field("media_type", media_type).field("data", chat::base64_encode(bytes));
  }
  json.end_object();
  if (!title.empty()) json.field("title", title);
  json.end_object();
  return out;
}

// Text without a visible character is refused by the API.
void add_text(std::vector<std::string>& out, const chat::Text& block) {
  if (!text::trim(block.text).empty()) out.push_back(text_block(block.text));
}

std::vector<std::string> user_blocks(const std::vector<chat::UserBlock>& content) {
  std::vector<std::string> out;
  for (const auto& block : content) {
    std::visit(
        overloaded{
            [&](const chat::Text& b) { add_text(out, b); },
            [&](const chat::Image& b) { out.push_back(media_block("image", b.media_type, b.bytes, {})); },
            [&](const chat::Document& b) { out.push_back(media_block("document", b.media_type, b.bytes, b.name)); },
        },
        block);
  }
  return out;
}

// A result that is marked as an error may hold text alone; `media` gets the rest, to stand behind the results.
std::string result_block(const chat::ToolResult& result, const CallIds& ids, std::vector<std::string>& media) {
  std::vector<chat::UserBlock> content;
  std::vector<chat::UserBlock> rest;
  for (const auto& block : result.content) {
    const bool stays = !result.is_error || std::holds_alternative<chat::Text>(block);
    (stays ? content : rest).push_back(block);
  }
  for (auto& block : user_blocks(rest)) media.push_back(std::move(block));
  std::string out;
  JsonWriter json(out);
  json.begin_object().field("type", "tool_result").field("tool_use_id", ids.of_result(result.call_id));
  if (const auto blocks = user_blocks(content); !blocks.empty()) {
    json.key("content").begin_array();
    for (const auto& block : blocks) json.raw(block);
    json.end_array();
  }
  if (result.is_error) json.key("is_error").raw("true");
  json.end_object();
  return out;
}

std::string thinking_block(const chat::Thinking& block) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  if (block.redacted) {
    json.field("type", "redacted_thinking").field("data", block.signature);
  } else {
    json.field("type", "thinking").field("thinking", block.text).field("signature", block.signature);
  }
  json.end_object();
  return out;
}

std::string call_block(const chat::ToolCall& call, CallIds& ids) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().field("type", "tool_use").field("id", ids.of_call(call.id)).field("name", plain_name(call.name));
  json.key("input").raw(object_text(call.arguments)).end_object();
  return out;
}

// The conversation as this API wants it: roles take turns, and the results of a reply come first in the message after
// it.
class History {
 public:
  explicit History(const Endpoint& endpoint) : provider_(endpoint.provider.name) {}

  std::vector<WireMessage> messages(const std::vector<chat::Message>& history) {
    for (std::size_t i = 0; i < history.size(); ++i) {
      const auto place = i + 1 == history.size() ? Place::last : Place::inner;
      std::visit(overloaded{
                     [&](const chat::UserMessage& m) { add(Role::user, user_blocks(m.content)); },
                     [&](const chat::AssistantMessage& m) { add(Role::assistant, assistant_blocks(m, place)); },
                     [&](const chat::ToolMessage& m) { add(Role::user, result_blocks(m)); },
                 },
                 history[i]);
    }
    return std::move(out_);
  }

 private:
  enum class Place { inner, last };

  void add(Role role, std::vector<std::string> blocks) {
    if (blocks.empty()) return;
    if (out_.empty() || out_.back().role != role) out_.push_back({role, {}});
    auto& held = out_.back().blocks;
    held.insert(held.end(), std::make_move_iterator(blocks.begin()), std::make_move_iterator(blocks.end()));
  }

  std::vector<std::string> result_blocks(const chat::ToolMessage& message) const {
    std::vector<std::string> out;
    std::vector<std::string> media;
    for (const auto& result : message.results) out.push_back(result_block(result, ids_, media));
    out.insert(out.end(), std::make_move_iterator(media.begin()), std::make_move_iterator(media.end()));
    return out;
  }

  // Thinking that is not signed, and what another provider wrote for itself, would be refused. So would a message
  // that ends in thinking, unless it is the paused turn that is being continued.
  std::vector<std::string> assistant_blocks(const chat::AssistantMessage& message, Place place) {
    const bool own = message.provider.empty() || message.provider == provider_;
    ids_.next_reply();
    std::vector<std::string> out;
    std::size_t keep = 0;
    auto before_text = std::string::npos;  // how long `out` was before the text that has just been added
    for (const auto& block : message.content) {
      const bool thinking = std::holds_alternative<chat::Thinking>(block);
      if (stands_for_text(block)) out.resize(std::min(before_text, out.size()));
      before_text = std::holds_alternative<chat::Text>(block) ? out.size() : std::string::npos;
      std::visit(overloaded{
                     [&](const chat::Text& b) { add_text(out, b); },
                     [&](const chat::Thinking& b) {
                       if (own && !b.signature.empty()) out.push_back(thinking_block(b));
                     },
                     [&](const chat::ToolCall& b) { out.push_back(call_block(b, ids_)); },
                     [&](const chat::Native& b) {
                       if (b.provider == provider_) out.push_back(b.json);
                     },
                 },
                 block);
      if (!thinking) keep = out.size();
    }
    if (place == Place::inner) out.resize(keep);
    return out;
  }

  // Whether it is a cited text, which stands for the plain one before it.
  [[nodiscard]] bool stands_for_text(const chat::AssistantBlock& block) const {
    const auto* native = std::get_if<chat::Native>(&block);
    return native != nullptr && native->provider == provider_ && native->json.starts_with(cited_text_prefix);
  }

  std::string provider_;
  CallIds ids_{CallIdStyle::plain};
  std::vector<WireMessage> out_;
};

void write_tools(JsonWriter& json, const std::vector<chat::ToolSpec>& tools) {
  if (tools.empty()) return;
  json.key("tools").begin_array();
  for (const auto& tool : tools) {
    std::string text;
    JsonWriter inner(text);
    inner.begin_object().field("name", tool.name).field("description", tool.description);
    inner.key("input_schema").raw(tool.input_schema).end_object();
    json.raw(&tool == &tools.back() ? marked(text) : text);
  }
  json.end_array();
}

void write_messages(JsonWriter& json, const std::vector<WireMessage>& messages) {
  std::vector<bool> mark(messages.size(), false);
  std::size_t left = marked_user_messages;
  for (auto i = messages.size(); i-- > 0 && left > 0;) {
    if (messages[i].role != Role::user) continue;
    mark[i] = true;
    --left;
  }
  json.key("messages").begin_array();
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const auto& message = messages[i];
    json.begin_object().field("role", message.role == Role::user ? "user" : "assistant").key("content").begin_array();
    for (const auto& block : message.blocks)
      json.raw(mark[i] && &block == &message.blocks.back() ? marked(block) : block);
    json.end_array().end_object();
  }
  json.end_array();
}

// Everything that decides how long the prompt is.
void write_prompt(JsonWriter& json, const Request& request, const Endpoint& endpoint) {
  write_tools(json, request.tools);
  if (!request.system.empty()) json.key("system").begin_array().raw(marked(text_block(request.system))).end_array();
  write_messages(json, History(endpoint).messages(request.history));
}

}  // namespace

std::string anthropic_body(const Request& request, const Endpoint& endpoint) {
  std::string out;
  JsonWriter json(out);
  const auto max_tokens = max_tokens_of(request.generation.max_output, endpoint.model);
  const auto style = endpoint.model.thinking;
  json.begin_object().field("model", endpoint.model.id).key("max_tokens").number(max_tokens).key("stream").raw("true");
  write_thinking(json, request, endpoint.model);
  write_output_config(json, request, style);
  write_generation(json, request, style);
  write_tool_choice(json, request, style);
  write_prompt(json, request, endpoint);
  json.end_object();
  return out;
}

std::string anthropic_count_body(const Request& request, const Endpoint& endpoint) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().field("model", endpoint.model.id);
  write_thinking(json, request, endpoint.model);
  write_tool_choice(json, request, endpoint.model.thinking);
  write_prompt(json, request, endpoint);
  json.end_object();
  return out;
}

std::vector<chat::event::Warning> anthropic_left_out(const Request& request, const Endpoint& endpoint) {
  std::vector<chat::event::Warning> out;
  const auto style = endpoint.model.thinking;
  const auto& wishes = request.generation;
  if (!takes_sampling(request, style)) {
    if (wishes.temperature) out.push_back(left_out_warning("temperature", endpoint));
    if (wishes.top_p) out.push_back(left_out_warning("top_p", endpoint));
  }
  if (forces(tool_choice_of(request)) && !takes_forced_calls(request, style)) {
    out.push_back(left_out_warning("tool_choice beside a thinking budget", endpoint));
  }
  const auto& thinking = request.thinking;
  const bool asks = thinking.budget_tokens > 0 || (!thinking.effort.empty() && thinking.effort != "none");
  if (asks && style == ThinkingStyle::none) out.push_back(effort_left_out(endpoint));
  if (thinks(request, style) && style == ThinkingStyle::budget && budget_within(request, endpoint.model) == 0) {
    out.push_back({"thinking_left_out", fmt::format("{} has no room to think in what is left for its output: thinking "
                                                    "is left out",
                                                    endpoint.model.full_name())});
  }
  return out;
}

}  // namespace errand::provider
