#include "telemetry/agent_trace.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/id.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"
#include "chat/names.hpp"
#include "telemetry/content.hpp"
#include "telemetry/conventions.hpp"

namespace errand::telemetry {

namespace {

constexpr std::size_t span_id_bytes = 8;
constexpr std::size_t max_events = 64;   // of one request
constexpr std::size_t max_unsent = 200;  // messages
constexpr std::size_t max_attribute_bytes = std::size_t{256} << 10U;
constexpr std::size_t max_word_bytes = 128;  // of a name that a model or a server gave
constexpr std::string_view other_error = "_OTHER";
constexpr std::string_view delegating_tool = "Task";

double seconds(Timestamp since, Timestamp until) {
  return std::max(0.0, std::chrono::duration<double>(until - since).count());
}

// What stands there is a model's word: it may be anything.
std::string text_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || !found->is_string() ? std::string() : found->get<std::string>();
}

// A name as it may stand in a list of names: models and servers send what they like.
std::string word(std::string_view text) {
  auto out = unicode::sanitize(text);
  out.resize(unicode::char_border_before(out, std::min(out.size(), max_word_bytes)));
  return out;
}

std::string list_of(const std::vector<std::string>& messages) {
  return fmt::format("[{}]", text::join(messages, ","));
}

}  // namespace

AgentTrace::AgentTrace(const TraceFacts& facts, const TraceOutput& output, std::string parent_span, std::string session,
                       AgentNames names, Timestamp since)
    : facts_(facts), output_(output), session_(std::move(session)), names_(std::move(names)) {
  span_ = new_span(fmt::format("invoke_agent {}", names_.id), Span::Kind::internal, parent_span, since);
}

const std::string* AgentTrace::span_of_call(const std::string& call_id) const {
  const auto found = calls_.find(call_id);
  return found == calls_.end() ? nullptr : &found->second.span.span_id;
}

const std::string* AgentTrace::take_delegation(const std::string& prompt) {
  for (auto& [id, call] : calls_) {
    if (call.delegated || call.input.empty()) continue;
    const auto input = chat::parse_arguments(call.input);
    if (!input || text_in(*input, "prompt") != prompt) continue;
    call.delegated = true;
    return &call.span.span_id;
  }
  return nullptr;
}

Span AgentTrace::new_span(std::string name, Span::Kind kind, const std::string& parent, Timestamp since) const {
  return {.trace_id = facts_.trace_id,
          .span_id = random_hex(span_id_bytes),
          .parent_id = parent,
          .state = facts_.state,
          .name = std::move(name),
          .kind = kind,
          .start = since,
          .end = since,
          .attributes = {},
          .events = {},
          .error = {}};
}

void AgentTrace::keep(Span span, Timestamp at, const Ending& ending) const {
  if (!facts_.sampled) return;
  span.end = std::max(at, span.start);
  span.failed = !ending.type.empty();
  span.error = ending.message;
  if (span.failed) span.attributes.push_back({"error.type", ending.type});
  output_.on_span(std::move(span));
}

Attributes AgentTrace::model_attributes() const {
  const auto model = split_model(names_.model);
  Attributes out;
  if (!model.provider.empty()) out.push_back({"gen_ai.provider.name", provider_word(model.provider)});
  if (!model.id.empty()) out.push_back({"gen_ai.request.model", model.id});
  return out;
}

void AgentTrace::add_unsent(const Json& message) {
  if (output_.content != Content::captured || unsent_.size() >= max_unsent) return;
  std::size_t bytes = 0;
  for (const auto& one : unsent_) bytes += one.size();
  auto text = chat::dump(message);
  if (bytes + text.size() <= max_attribute_bytes) unsent_.push_back(std::move(text));
}

void AgentTrace::on_user(Timestamp at, const chat::event::User& user) {
  if (output_.content == Content::captured) add_unsent(message_json(user.message));
  ask(at);
}

void AgentTrace::on_piece(Timestamp at) {
  if (!asking_ || asking_->first_chunk) return;
  asking_->seen = true;
  asking_->first_chunk = at;
}

Span AgentTrace::chat_span(Timestamp since) {
  const auto model = split_model(names_.model);
  auto span = new_span(model.id.empty() ? std::string("chat") : fmt::format("chat {}", model.id), Span::Kind::client,
                       span_.span_id, since);
  span.attributes = {{"gen_ai.operation.name", std::string("chat")}};
  for (auto& attribute : model_attributes()) span.attributes.push_back(std::move(attribute));
  if (output_.base_url) add_server(span.attributes, output_.base_url(model.provider));
  span.attributes.push_back({"gen_ai.conversation.id", session_});
  span.attributes.push_back({"gen_ai.request.stream", true});
  if (!unsent_.empty()) span.attributes.push_back({"gen_ai.input.messages", list_of(std::exchange(unsent_, {}))});
  if (!asking_) return span;
  if (asking_->first_chunk)
    span.attributes.push_back({"gen_ai.response.time_to_first_chunk", seconds(since, *asking_->first_chunk)});
  if (asking_->retries > 0) span.attributes.push_back({"http.request.resend_count", std::int64_t{asking_->retries}});
  span.events = std::move(asking_->events);
  return span;
}

void AgentTrace::end_chat(Span span, Timestamp at, const chat::Usage& usage, const std::string& answered_by,
                          const Ending& ending) {
  add_usage(span.attributes, usage);
  auto measured = Attributes{{"gen_ai.operation.name", std::string("chat")}};
  for (auto& attribute : model_attributes()) measured.push_back(std::move(attribute));
  // Each value is a sum of its own to the collector.
  if (!answered_by.empty() && word(answered_by) == answered_by) {
    measured.push_back({"gen_ai.response.model", answered_by});
  }
  if (output_.base_url) add_server(measured, output_.base_url(split_model(names_.model).provider));
  if (asking_ && asking_->first_chunk)
    output_.measure(time_to_first_chunk, seconds(span.start, *asking_->first_chunk), measured);
  if (usage != chat::Usage{}) {
    auto by_type = measured;
    by_type.push_back({"gen_ai.token.type", std::string("input")});
    output_.measure(token_usage, static_cast<double>(input_tokens(usage)), by_type);
    by_type.back().value = std::string("output");
    output_.measure(token_usage, static_cast<double>(usage.output), by_type);
  }
  if (!ending.type.empty()) measured.push_back({"error.type", ending.type});
  output_.measure(operation_duration, seconds(span.start, at), measured);
  asking_.reset();
  keep(std::move(span), at, ending);
}

void AgentTrace::on_assistant(Timestamp at, const chat::event::Assistant& assistant) {
  const auto& message = assistant.message;
  end_cut({std::string(other_error), {}});  // it was asked anew
  if (names_.model.empty() && !message.provider.empty()) {
    names_.model = fmt::format("{}/{}", message.provider, word(message.model));
  }
  auto span = chat_span(asking_ ? asking_->since : at);
  if (!message.model.empty()) span.attributes.push_back({"gen_ai.response.model", word(message.model)});
  span.attributes.push_back({"gen_ai.response.finish_reasons", std::vector{std::string(chat::name_of(message.stop))}});
  if (assistant.cost_usd) span.attributes.push_back({"errand.cost_usd", *assistant.cost_usd});
  if (output_.content == Content::captured) {
    auto messages = list_of({chat::dump(message_json(message))});
    if (messages.size() <= max_attribute_bytes) {
      span.attributes.push_back({"gen_ai.output.messages", std::move(messages)});
    }
  }
  if (message.stop != chat::StopReason::cancelled)
    return end_chat(std::move(span), at, message.usage, message.model, {});
  cut_ = Cut{std::move(span), at, message.usage, message.model};
  asking_.reset();
}

void AgentTrace::end_cut(const Ending& ending) {
  if (!cut_) return;
  auto cut = *std::exchange(cut_, std::nullopt);
  auto asking = std::exchange(asking_, std::nullopt);
  end_chat(std::move(cut.span), cut.at, cut.usage, cut.answered_by, ending);
  asking_ = std::move(asking);
}

// Beside every reply, also one of which nothing was kept: that one was cut, or is asked for anew.
void AgentTrace::on_usage(Timestamp at, const chat::event::UsageEvent& usage) {
  usage_ += usage.usage;
  if (!usage.cost_usd) cost_usd_.reset();
  if (cost_usd_) *cost_usd_ += *usage.cost_usd;
  if (compacting_) {
    auto& so_far = compacting_->usage;
    if (!so_far) so_far.emplace();
    *so_far += usage.usage;
  } else if (asking_) {
    end_cut({std::string(other_error), {}});
    cut_ = Cut{chat_span(asking_->since), at, usage.usage};
    ask(at);
  }
}

void AgentTrace::on_tool_use(Timestamp at, const chat::event::ToolUse& use) {
  auto span = new_span(fmt::format("execute_tool {}", word(use.name)), Span::Kind::internal, span_.span_id, at);
  span.attributes = {{"gen_ai.operation.name", std::string("execute_tool")},
                     {"gen_ai.tool.name", word(use.name)},
                     {"gen_ai.tool.call.id", word(use.id)},
                     {"gen_ai.tool.type", std::string("function")},
                     {"gen_ai.conversation.id", session_}};
  if (output_.content == Content::captured) {
    span.attributes.push_back({"gen_ai.tool.call.arguments", bounded(use.input)});
  }
  calls_.insert_or_assign(
      use.id, OpenCall{.span = std::move(span), .input = use.name == delegating_tool ? use.input : std::string()});
}

void AgentTrace::on_approval(const chat::event::Approval& approval) {
  const auto found = calls_.find(approval.tool_use_id);
  if (found != calls_.end() && approval.decision == "deny") found->second.is_denied = true;
}

// What was awaited before it ran, the person's word above all, is no part of the call.
void AgentTrace::on_tool_result(Timestamp at, const chat::event::ToolResult& result) {
  if (output_.content == Content::captured) add_unsent(message_json(result.result));
  const auto found = calls_.find(result.result.call_id);
  if (found != calls_.end()) {
    auto call = std::move(found->second);
    calls_.erase(found);
    call.span.start = std::max(call.span.start, at - result.duration);
    Ending ending;
    if (result.result.is_error) ending.type = call.is_denied ? "denied" : other_error;
    if (output_.content == Content::captured) {
      call.span.attributes.push_back({"gen_ai.tool.call.result", bounded(chat::text_of(result.result.content))});
    }
    keep(std::move(call.span), at, ending);
  }
  ask(at);
  asking_->after_failure = result.result.is_error;
}

void AgentTrace::add_event(Timestamp at, std::string name, Attributes attributes) {
  if (!asking_) ask(at);
  asking_->seen = true;
  if (asking_->events.size() < max_events) asking_->events.push_back({std::move(name), at, std::move(attributes)});
}

// Reasons are a server's words, and some quote the request.
void AgentTrace::on_retry(Timestamp at, const chat::event::Retry& retry) {
  Attributes attributes{{"errand.retry.attempt", std::int64_t{retry.attempt}},
                        {"errand.retry.delay_ms", std::int64_t{retry.delay.count()}}};
  if (output_.content == Content::captured) attributes.push_back({"errand.retry.reason", retry.reason});
  if (retry.status > 0) attributes.push_back({"http.response.status_code", std::int64_t{retry.status}});
  add_event(at, "retry", std::move(attributes));
  ++asking_->retries;
  if (retry.restarted) asking_->first_chunk.reset();
}

void AgentTrace::on_fallback(Timestamp at, const chat::event::Fallback& fallback) {
  names_.model = fallback.to;
  Attributes attributes{{"errand.fallback.from", fallback.from}, {"errand.fallback.to", fallback.to}};
  if (output_.content == Content::captured) attributes.push_back({"errand.fallback.reason", fallback.reason});
  add_event(at, "fallback", std::move(attributes));
}

// Clearing old results asks nobody; a summary is a request of its own.
void AgentTrace::on_compact_completed(Timestamp at) {
  if (const auto done = std::exchange(compacting_, std::nullopt); done && done->usage) {
    asking_.reset();
    auto unsent = std::exchange(unsent_, {});
    auto span = chat_span(done->since);
    span.attributes.push_back({"errand.purpose", std::string("compaction")});
    end_chat(std::move(span), at, *done->usage, {}, {});
    unsent_ = std::move(unsent);
  }
  ask(at);
}

void AgentTrace::end(Timestamp at, const Ending& ending, Asked asked) {
  const Ending why = ending.type.empty() ? Ending{"cancelled", {}} : ending;  // of what has no end of its own
  if (cut_) {
    end_cut(why);
  } else if (asking_ && (asking_->seen || asked == Asked::certainly) && !ending.type.empty()) {
    if (asking_->seen || !asking_->after_failure) end_chat(chat_span(asking_->since), at, {}, {}, ending);
  }
  for (auto& [id, call] : std::exchange(calls_, {})) keep(std::move(call.span), at, why);
  span_.name = fmt::format("invoke_agent {}", names_.id);
  span_.attributes = {{"gen_ai.operation.name", std::string("invoke_agent")},
                      {"gen_ai.agent.id", names_.id},
                      {"gen_ai.agent.name", names_.id},
                      {"gen_ai.conversation.id", session_}};
  for (auto& attribute : model_attributes()) span_.attributes.push_back(std::move(attribute));
  add_usage(span_.attributes, usage_);
  if (cost_usd_) span_.attributes.push_back({"errand.cost_usd", *cost_usd_});
  keep(std::move(span_), at, ending);
}

}  // namespace errand::telemetry
