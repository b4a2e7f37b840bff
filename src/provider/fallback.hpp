#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "provider/provider.hpp"

namespace errand::provider {

/// A chain of models. The next one is asked when the one before is unavailable, does not know the model or may not use
/// it, has too small a window, or refuses to answer without having written any text, also when its reply broke off for
/// good in the middle; each step is one `fallback`, after a `restarted` notice if something had been reported. Later
/// calls begin with the model that answered last: what was down or too small mostly still is. When none was available
/// they begin with the first again. A model whose window is known to be too small is passed over. What replies of one
/// provider hold for it alone is left out by the codec of another (chat::AssistantMessage::provider).
class FallbackProvider final : public Provider {
 public:
  /// At least one.
  explicit FallbackProvider(std::vector<std::unique_ptr<Provider>> chain) : chain_(std::move(chain)) {}

  Result<Reply> stream(const Request& request, StreamObserver& observer, const Call& call) override;
  Result<std::int64_t> count_tokens(const Request& request, const Call& call) override;
  /// Looks among the models after the one that is asked first now: never back, so there are no cycles.
  bool move_to_window(std::int64_t least_window, StreamObserver& observer) override;
  /// The model that the next request is sent to first.
  [[nodiscard]] const chat::ModelSpec& model() const override { return chain_[current_]->model(); }
  [[nodiscard]] std::vector<const chat::ModelSpec*> models() const override;

 private:
  [[nodiscard]] std::optional<std::size_t> next_after(std::size_t at, const Request& request) const;

  std::vector<std::unique_ptr<Provider>> chain_;
  std::atomic<std::size_t> current_ = 0;
};

}  // namespace errand::provider
