#include "agent/ask.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "agent/compaction.hpp"
#include "base/try.hpp"
#include "provider/estimate.hpp"

namespace errand::agent {

namespace {

namespace stream = chat::stream;

// A conversation that fills more of the window than this is compacted.
constexpr double full_share = 0.8;
constexpr std::int64_t usual_max_output = 8192;  // where the model's own is unknown

// What the model says while it says it, as events.
class Narrator final : public provider::StreamObserver {
 public:
  explicit Narrator(Reporter& reporter) : reporter_(reporter) {}

  void on_stream_event(const stream::StreamEvent& event) override {
    if (const auto* text = std::get_if<stream::TextDelta>(&event)) {
      reporter_.tell(chat::event::TextDelta{text->text});
    } else if (const auto* thinking = std::get_if<stream::ThinkingDelta>(&event)) {
      reporter_.tell(chat::event::ThinkingDelta{thinking->text});
    }
  }
  void on_retry(const chat::event::Retry& retry) override { reporter_.tell(retry); }
  void on_fallback(const chat::event::Fallback& fallback) override { keep(fallback); }
  void on_warning(const chat::event::Warning& warning) override { keep(warning); }

  /// The error of an event that could not be kept.
  [[nodiscard]] const std::optional<Error>& failed() const { return failed_; }

 private:
  void keep(chat::EventBody body) {
    if (auto kept = reporter_.record({std::move(body)}); !kept) failed_ = kept.error();
  }

  Reporter& reporter_;
  std::optional<Error> failed_;
};

bool overflows(const Result<provider::Reply>& reply) {
  const auto* error = reply ? (reply->cut ? &*reply->cut : nullptr) : &reply.error();
  return error != nullptr && error->code == error_code::context_window;
}

}  // namespace

provider::Request Asker::request() const {
  return {.system = agent_.system,
          .history = session_.history.messages,
          .tools = agent_.tools,
          .thinking = agent_.definition.thinking,
          .generation = agent_.definition.generation,
          .output_schema = agent_.definition.output_schema};
}

// A limit of the run holds for a reply that is being written too.
void Asker::cap_output(provider::Request& request) {
  capped_ = false;
  const auto& model = agent_.provider->model();
  const auto left = bill_.output_left(model.price);
  if (!left) return;
  auto& wish = request.generation.max_output;
  const auto otherwise = wish > 0 ? wish : (model.max_output > 0 ? model.max_output : usual_max_output);
  if (*left >= otherwise) return;
  wish = std::max<std::int64_t>(*left, 1);
  capped_ = true;
}

Result<provider::Reply> Asker::ask_once() {
  auto asked = request();
  ERRAND_TRY(bill_.reserve(estimate_next(*agent_.provider, asked, session_.context_tokens, session_.measured)));
  ERRAND_TRY(tell_unpriced());
  cap_output(asked);
  Narrator narrator(reporter_);
  auto reply = agent_.provider->stream(asked, narrator, call_);
  if (!reply) bill_.release();
  if (narrator.failed()) return fail(*narrator.failed());
  ERRAND_TRY(tell_unpriced());  // it may be another model's by now
  return reply;
}

Result<void> Asker::tell_unpriced() {
  const auto& model = agent_.provider->model();
  if (!bill_.is_unseen(model)) return {};
  return reporter_.record({chat::event::Warning{
      "price_unknown", fmt::format("the price of {} is unknown: the limit of ${:.2f} does not see what it costs; set "
                                   "`price` for it under `models` in config.yaml, or limit tokens with --max-tokens",
                                   model.full_name(), bill_.cost_limit())}});
}

// What a request cost that brought no reply of the conversation.
Result<void> Asker::bill_aside(const provider::Reply& reply) {
  const auto total = bill_.add(reply);
  store::Totals totals{.turns = 0, .usage = reply.message.usage, .cost_usd = reply.cost_usd};
  return reporter_.record({chat::event::UsageEvent{reply.message.usage, reply.cost_usd, total}}, totals);
}

Result<bool> Asker::shorten(const std::string& reason) {
  ERRAND_TRY_ASSIGN(const auto compacted, compact(agent_, session_, reporter_, reason, call_));
  if (compacted.summarising) ERRAND_TRY(bill_aside(*compacted.summarising));
  return compacted.shorter;
}

// Asks the API to count only where the estimate, which is rather too high, says that it may be too much.
Result<void> Asker::make_room() {
  const auto window = agent_.provider->model().context;
  if (window <= 0) return {};
  const auto full = static_cast<std::int64_t>(static_cast<double>(window) * full_share);
  auto tokens = estimate_next(*agent_.provider, request(), session_.context_tokens, session_.measured).tokens;
  if (session_.context_tokens == 0) tokens = provider::estimate_tokens(request());
  if (tokens <= full) return {};
  ERRAND_TRY_ASSIGN(tokens, agent_.provider->count_tokens(request(), call_));
  if (tokens <= full) return {};
  ERRAND_TRY_ASSIGN(const bool shorter, shorten("threshold"));
  if (shorter || tokens <= window || told_too_long_) return {};
  told_too_long_ = true;
  return reporter_.record({chat::event::Warning{
      "prompt_too_long",
      fmt::format("the prompt has about {} tokens, more than the {} of {}'s context window: the model may not see all "
                  "of it; give it less, fewer tools, or a larger window",
                  tokens, window, agent_.provider->model().full_name())}});
}

Result<provider::Reply> Asker::ask() {
  ERRAND_TRY(make_room());
  auto reply = ask_once();
  if (!overflows(reply)) return reply;
  if (reply) ERRAND_TRY(bill_aside(*reply));
  ERRAND_TRY_ASSIGN(const bool shorter, shorten(std::string(error_code::context_window)));
  if (!shorter) return reply ? Result<provider::Reply>(fail(*reply->cut)) : reply;
  return ask_once();
}

}  // namespace errand::agent
