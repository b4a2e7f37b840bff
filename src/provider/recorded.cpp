#include "provider/recorded.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "chat/names.hpp"

namespace errand::provider {

namespace {

// Where a recording's requests would go: RFC 2606 keeps this name from ever being somebody's.
constexpr std::string_view nowhere = "http://replay.invalid";
constexpr std::size_t longest_name = 200;

bool is_name(std::string_view text) {
  const auto plain = [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; };
  return !text.empty() && text.size() <= longest_name && std::ranges::all_of(text, plain);
}

// A model that is asked as another is, under its own name.
class RecordedModel final : public Provider {
 public:
  RecordedModel(std::unique_ptr<Provider> played, chat::ModelSpec as)
      : played_(std::move(played)), as_(std::move(as)) {}

  Result<Reply> stream(const Request& request, StreamObserver& observer, const Call& call) override {
    return played_->stream(request, observer, call);
  }
  Result<std::int64_t> count_tokens(const Request& request, const Call& call) override {
    return played_->count_tokens(request, call);
  }
  [[nodiscard]] const chat::ModelSpec& model() const override { return as_; }

 private:
  std::unique_ptr<Provider> played_;
  chat::ModelSpec as_;
};

}  // namespace

Result<Endpoint> endpoint_of(const http::Recording& recording) {
  if (recording.exchanges.empty()) {
    return fail(ErrorKind::config, fmt::format("the recording {} holds no exchange", recording.file),
                "record one with --record");
  }
  const auto& first = recording.exchanges.front();
  const auto protocol = chat::protocol_named(first.note("type"));
  const bool known = protocol && *protocol != chat::Protocol::scripted;
  if (!known || !is_name(first.note("provider")) || !is_name(first.note("model"))) {
    return fail(ErrorKind::config, fmt::format("the recording {} does not say what model it is of", recording.file),
                "play it with --replay, and name the model with -m");
  }
  Endpoint out;
  out.provider.name = first.note("provider");
  out.provider.protocol = *protocol;
  out.provider.like = first.note("like");
  out.provider.base_url = nowhere;
  out.model.provider = out.provider.name;
  out.model.id = first.note("model");
  return out;
}

DriverClock replay_clock() {
  return {[](std::chrono::milliseconds, const Call& call) { return call.check(); }, [] { return 0.0; }};
}

std::unique_ptr<Provider> make_recorded(std::unique_ptr<Codec> codec, const Recorded& recorded,
                                        const chat::RetrySettings& retry, chat::ModelSpec as) {
  auto* const transport = &recorded.transport;
  auto played = std::make_unique<HttpProvider>(
      std::move(codec), recorded.endpoint, retry, [transport]() -> http::Transport& { return *transport; },
      replay_clock());
  const auto& model = recorded.endpoint.model;
  as.context = model.context;
  as.max_output = model.max_output;
  as.price = model.price;
  as.thinking = model.thinking;
  as.takes_images = model.takes_images;
  return std::make_unique<RecordedModel>(std::move(played), std::move(as));
}

}  // namespace errand::provider
