#include "provider/fallback.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "provider/estimate.hpp"

namespace errand::provider {

namespace {

// Whether another model may do better where this one failed so.
bool calls_for_another(const Error& error) {
  return error.kind == ErrorKind::unavailable || error.kind == ErrorKind::config || error.kind == ErrorKind::limit;
}

// A refusal that was explained is an answer to read; a bare one is none.
bool is_bare_refusal(const Reply& reply) {
  return reply.message.stop == chat::StopReason::refusal && text::trim(reply.message.text()).empty();
}

// Why the next model is asked; nullopt: it would not do better, or need not.
std::optional<Error> reason_to_go_on(const Result<Reply>& result) {
  const auto* error = !result ? &result.error() : (result->cut ? &*result->cut : nullptr);
  if (error != nullptr) return calls_for_another(*error) ? std::optional(*error) : std::nullopt;
  if (!is_bare_refusal(*result)) return std::nullopt;
  return Error{.kind = ErrorKind::failure, .message = "the model refused to answer"};
}

bool was_there(const Error& reason) {
  return reason.kind != ErrorKind::unavailable && reason.kind != ErrorKind::config;
}

// What several models cost for one reply.
struct Bill {
  chat::Usage usage;
  std::optional<double> cost = 0;
  double presumed = 0;
  chat::Usage unreported;
  std::chrono::milliseconds api_time{0};

  void add(const Reply& reply) {
    usage += reply.message.usage;
    cost = cost && reply.cost_usd ? std::optional(*cost + *reply.cost_usd) : std::nullopt;
    presumed += reply.cost_usd.value_or(reply.presumed_usd);
    unreported += reply.unreported;
    api_time += reply.api_time;
  }
  void put_into(Reply& reply) const {
    reply.message.usage = usage;
    reply.cost_usd = cost;
    reply.presumed_usd = presumed;
    reply.unreported = unreported;
    reply.api_time = api_time;
  }
};

// The last model's result as the chain's: with what all cost, and a failure with what the models before it said.
Result<Reply> summed_up(Result<Reply> last, const Bill& bill, const std::vector<std::string>& tried) {
  const auto with_tried = [&tried](Error error) {
    error.context.insert(error.context.end(), tried.begin(), tried.end());
    return error;
  };
  if (!last) return fail(with_tried(std::move(last).error()));
  bill.put_into(*last);
  if (last->cut) last->cut = with_tried(*std::move(last->cut));
  return last;
}

}  // namespace

// The next model whose window, where it is known, the prompt may fit; nullopt at the end of the chain.
std::optional<std::size_t> FallbackProvider::next_after(std::size_t at, const Request& request) const {
  const auto tokens = estimate_tokens(request);
  for (auto next = at + 1; next < chain_.size(); ++next) {
    const auto window = chain_[next]->model().context;
    if (window == 0 || tokens <= window) return next;
  }
  return std::nullopt;
}

Result<Reply> FallbackProvider::stream(const Request& request, StreamObserver& observer, const Call& call) {
  Bill bill;
  std::vector<std::string> tried;
  for (auto at = current_.load();;) {
    auto result = chain_[at]->stream(request, observer, call);
    if (result) bill.add(*result);
    const auto reason = reason_to_go_on(result);
    const auto next = reason ? next_after(at, request) : std::nullopt;
    if (!next) {
      if (reason && !was_there(*reason)) current_ = 0;
      if (!reason && result) current_ = at;
      return summed_up(std::move(result), bill, tried);
    }
    tried.push_back(fmt::format("after {} failed: {}", chain_[at]->model().full_name(), reason->message));
    if (result) observer.on_retry({0, 0, std::chrono::milliseconds{0}, 0, reason->message, true});
    observer.on_fallback({chain_[at]->model().full_name(), chain_[*next]->model().full_name(), reason->message});
    at = *next;
  }
}

std::vector<const chat::ModelSpec*> FallbackProvider::models() const {
  std::vector<const chat::ModelSpec*> out;
  for (auto at = current_.load(); at < chain_.size(); ++at) out.push_back(&chain_[at]->model());
  return out;
}

bool FallbackProvider::move_to_window(std::int64_t least_window, StreamObserver& observer) {
  const auto from = current_.load();
  for (auto to = from + 1; to < chain_.size(); ++to) {
    if (chain_[to]->model().context < least_window) continue;
    observer.on_fallback(
        {chain_[from]->model().full_name(), chain_[to]->model().full_name(),
         fmt::format("the conversation outgrows its context window of {} tokens", chain_[from]->model().context)});
    current_ = to;
    return true;
  }
  return false;
}

Result<std::int64_t> FallbackProvider::count_tokens(const Request& request, const Call& call) {
  return chain_[current_]->count_tokens(request, call);
}

}  // namespace errand::provider
