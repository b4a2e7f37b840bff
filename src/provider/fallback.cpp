#include "provider/fallback.hpp"

#include <optional>
#include <string>
#include <utility>

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

}  // namespace

Result<Reply> FallbackProvider::stream(const Request& request, StreamObserver& observer, const Call& call) {
  chat::Usage spent;
  std::optional<double> cost = 0;
  std::chrono::milliseconds api_time{0};
  for (auto at = current_.load();; ++at) {
    auto result = chain_[at]->stream(request, observer, call);
    const auto* failure = failure_of(result);
    const bool last = at + 1 >= chain_.size();
    if (result) {
      spent += result->message.usage;
      cost = cost && result->cost_usd ? std::optional(*cost + *result->cost_usd) : std::nullopt;
      api_time += result->api_time;
    }
    if (failure == nullptr || last || !calls_for_another(failure->kind)) {
      if (result) {
        result->message.usage = spent;
        result->cost_usd = cost;
        result->api_time = api_time;
      }
      return result;
    }
    if (result) observer.on_retry({0, 0, std::chrono::milliseconds{0}, 0, failure->message, true});
    observer.on_fallback({chain_[at]->model().full_name(), chain_[at + 1]->model().full_name(), failure->message});
    current_ = at + 1;
  }
}

}  // namespace errand::provider
