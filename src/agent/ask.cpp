#include "agent/ask.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "agent/answer_form.hpp"
#include "agent/compaction.hpp"
#include "agent/reply_notices.hpp"
#include "agent/tell_hooks.hpp"
#include "base/money.hpp"
#include "base/try.hpp"
#include "provider/estimate.hpp"

namespace errand::agent {

namespace {

namespace stream = chat::stream;

// A conversation is compacted unless that leaves more than this of it.
constexpr double worthwhile_share = 0.75;

// What the model says while it says it, as events.
class Narrator final : public ReplyNotices {
 public:
  using ReplyNotices::ReplyNotices;

  void on_stream_event(const stream::StreamEvent& event) override {
    if (const auto* text = std::get_if<stream::TextDelta>(&event)) {
      reporter().tell(chat::event::TextDelta{text->text});
    } else if (const auto* thinking = std::get_if<stream::ThinkingDelta>(&event)) {
      reporter().tell(chat::event::ThinkingDelta{thinking->text});
    }
  }
  void on_retry(const chat::event::Retry& retry) override {
    reporter().end_reply();
    reporter().tell(retry);
  }
  void on_fallback(const chat::event::Fallback& fallback) override {
    reporter().end_reply();
    ReplyNotices::on_fallback(fallback);
  }
};

bool overflows(const Result<provider::Reply>& reply) {
  const auto* error = reply ? (reply->cut ? &*reply->cut : nullptr) : &reply.error();
  return error != nullptr && error->code == error_code::context_window;
}

}  // namespace

provider::Request request_of(const Agent& agent, const Session& session) {
  const std::string_view schema = agent.definition.output_schema;
  const bool by_schema = !schema.empty() && describes_object(agent.definition.output_schema);
  return {.system = agent.system,
          .history = session.history.messages,
          .tools = agent.tools,
          .thinking = agent.definition.thinking,
          .generation = agent.definition.generation,
          .output_schema = by_schema ? schema : std::string_view()};
}

bool cap_output(provider::Request& request, const Bill& bill, const provider::Provider& provider) {
  const auto left = bill.output_left(provider);
  if (!left) return false;
  auto& wish = request.generation.max_output;
  if (*left >= longest_output(provider.model(), request)) return false;
  request.generation.uncapped_output = wish;
  wish = std::max<std::int64_t>(*left, 1);
  return true;
}

Result<provider::Reply> Asker::ask_once() {
  auto asked = request();
  const auto next = estimate_next(*agent_.provider, asked, session_.context_tokens, session_.measured);
  ERRAND_TRY(bill_.reserve(next));
  ERRAND_TRY(bill_.set_aside(*agent_.provider, asked,
                             session_.context_tokens > 0 ? next.tokens : provider::estimate_tokens(asked)));
  ERRAND_TRY(tell_unpriced());
  capped_ = cap_output(asked, bill_, *agent_.provider);
  Narrator narrator(reporter_);
  auto reply = agent_.provider->stream(asked, narrator, call_);
  reporter_.end_reply();
  if (!reply) bill_.release();
  if (narrator.failed()) return fail(*narrator.failed());
  ERRAND_TRY(tell_unpriced());  // it may be another model's by now
  return reply;
}

Result<void> Asker::tell_unpriced() {
  const auto& model = agent_.provider->model();
  if (!bill_.is_unseen(model)) return {};
  return reporter_.record({chat::event::Warning{
      "price_unknown", fmt::format("the price of {} is unknown: the limit of {} does not see what it costs; set "
                                   "`price` for it under `models` in config.yaml, or limit tokens with --max-tokens",
                                   model.full_name(), format_usd(bill_.cost_limit()))}});
}

std::int64_t Asker::estimated() const {
  if (session_.context_tokens == 0) return provider::estimate_tokens(request());
  return estimate_next(*agent_.provider, request(), session_.context_tokens, session_.measured).tokens;
}

// Asks the API to count only where the estimate, which is rather too high, says that it may be too much.
Result<void> Asker::make_room() {
  const auto window = agent_.provider->model().context;
  const auto full = static_cast<std::int64_t>(static_cast<double>(window) * agent_.compact_at);
  if (window <= 0 || estimated() <= full) return {};
  ERRAND_TRY_ASSIGN(const auto tokens, agent_.provider->count_tokens(request(), call_));
  if (tokens <= full) return {};
  ERRAND_TRY_ASSIGN(const bool moved, move_to_window(tokens));
  if (moved) return {};
  ERRAND_TRY_ASSIGN(const bool shorter, shorten(full));
  if (shorter || tokens <= window || told_too_long_) return {};
  told_too_long_ = true;
  return reporter_.record({chat::event::Warning{
      "prompt_too_long",
      fmt::format("the prompt has about {} tokens, more than the {} of {}'s context window: the model may not see all "
                  "of it; give it less, fewer tools, or a larger window",
                  tokens, window, agent_.provider->model().full_name())}});
}

// To a model of the chain that would not be full with it; else, what this one can't hold, to one that just can.
Result<bool> Asker::move_to_window(std::int64_t tokens) {
  const auto roomy = static_cast<std::int64_t>(std::ceil(static_cast<double>(tokens) / agent_.compact_at));
  auto& provider = *agent_.provider;
  Narrator narrator(reporter_);
  const bool too_long = tokens > provider.model().context;
  const bool moved =
      provider.move_to_window(roomy, narrator) || (too_long && provider.move_to_window(tokens, narrator));
  if (narrator.failed()) return fail(*narrator.failed());
  return moved;
}

// A hook may want the conversation whole; once is enough to ask.
Result<bool> Asker::may_compact(std::string_view reason) {
  if (!agent_.hooks.has(chat::HookEvent::pre_compact)) return true;
  ERRAND_TRY_ASSIGN(const auto said, tell_of_compaction({agent_, reporter_, call_}, std::string(reason)));
  if (!said.blocks()) return true;
  in_vain_ = true;
  ERRAND_TRY(reporter_.record({chat::event::Warning{
      "hook_blocked", fmt::format("a hook blocked the compaction of the conversation: {}", said.reason)}}));
  return false;
}

// A compaction that does not bring it below what is enough would be due again at once: there is no other in this run.
Result<bool> Asker::shorten(std::int64_t enough) {
  if (in_vain_) return false;
  if (const auto clearing = plan_clearing(agent_, session_, enough)) {
    ERRAND_TRY_ASSIGN(const bool may, may_compact("threshold"));
    if (!may) return false;
    ERRAND_TRY(clear_older_results(agent_, session_, reporter_, *clearing, "threshold"));
    return true;
  }
  const auto plan = plan_compaction(agent_, session_, worthwhile_share);
  if (!plan) return false;
  ERRAND_TRY_ASSIGN(const bool may, may_compact("threshold"));
  if (!may) return false;
  ERRAND_TRY_ASSIGN(const auto tokens, compact(agent_, session_, reporter_, bill_, *plan, "threshold", call_));
  in_vain_ = tokens > enough || static_cast<double>(tokens) > static_cast<double>(plan->before) * worthwhile_share;
  return true;
}

Result<provider::Reply> Asker::ask() {
  ERRAND_TRY(make_room());
  auto reply = ask_once();
  if (!overflows(reply)) return reply;
  const auto plan = plan_compaction(agent_, session_, 1);
  if (!plan) return reply;
  ERRAND_TRY_ASSIGN(const bool may, may_compact(error_code::context_window));
  if (!may) return reply;
  if (reply) ERRAND_TRY(bill_aside(bill_, reporter_, *reply, agent_.provider->model()));
  if (reply && !reply->message.content.empty()) {
    reporter_.tell(chat::event::Retry{.reason = reply->cut->message, .restarted = true});
  }
  ERRAND_TRY(compact(agent_, session_, reporter_, bill_, *plan, std::string(error_code::context_window), call_));
  return ask_once();
}

}  // namespace errand::agent
