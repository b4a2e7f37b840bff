#include "provider/fallback.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "provider/estimate.hpp"

namespace errand::provider {

namespace {

// Whether another model may do better where this one failed so.
bool calls_for_another(ErrorKind kind) {
  return kind == ErrorKind::unavailable || kind == ErrorKind::config || kind == ErrorKind::limit;
}

const Error* failure_of(const Result<Reply>& result) {
  if (!result) return &result.error();
  return result->cut ? &*result->cut : nullptr;
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

// The last failure, with what the models before it said.
Error with_tried(Error last, const std::vector<std::string>& tried) {
  last.context.insert(last.context.end(), tried.begin(), tried.end());
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
    const auto* failure = failure_of(result);
    const auto next = failure != nullptr && calls_for_another(failure->kind) ? next_after(at, request) : std::nullopt;
    if (!next) {
      if (!result) return fail(with_tried(std::move(result).error(), tried));
      bill.put_into(*result);
      if (result->cut) result->cut = with_tried(*std::move(result->cut), tried);
      return result;
    }
    tried.push_back(fmt::format("after {} failed: {}", chain_[at]->model().full_name(), failure->message));
    if (result) observer.on_retry({0, 0, std::chrono::milliseconds{0}, 0, failure->message, true});
    observer.on_fallback({chain_[at]->model().full_name(), chain_[*next]->model().full_name(), failure->message});
    current_ = at = *next;
  }
}

Result<std::int64_t> FallbackProvider::count_tokens(const Request& request, const Call& call) {
  return chain_[current_]->count_tokens(request, call);
}

}  // namespace errand::provider
