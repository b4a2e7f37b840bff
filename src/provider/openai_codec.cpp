#include "provider/openai_codec.hpp"

#include <algorithm>
#include <utility>

#include "provider/address.hpp"
#include "provider/api_error.hpp"
#include "provider/wire_value.hpp"

namespace errand::provider {

namespace {

class OpenAiCodec final : public Codec {
 public:
  explicit OpenAiCodec(const OpenAiProtocol& protocol) : protocol_(protocol) {}

  [[nodiscard]] http::Request encode(const Request& request, const Endpoint& endpoint) const override {
    http::Request out;
    out.url = joined_url(endpoint.provider.base_url, protocol_.path);
    out.headers = {{"content-type", "application/json"}, {"accept", "text/event-stream"}};
    for (auto& header : key_headers(endpoint.provider)) out.headers.push_back(std::move(header));
    out.body = protocol_.body(request, endpoint);
    return out;
  }
  [[nodiscard]] std::unique_ptr<Decoder> decoder(const Endpoint& endpoint) const override {
    return protocol_.decoder(endpoint);
  }
  [[nodiscard]] Error error_of(const http::ResponseHead& head, std::string_view body,
                               const Endpoint& endpoint) const override {
    return explain(read_failure(head.status, body), endpoint);
  }
  [[nodiscard]] std::vector<chat::event::Warning> left_out(const Request& request,
                                                           const Endpoint& endpoint) const override {
    return protocol_.left_out(request, endpoint);
  }

 private:
  OpenAiProtocol protocol_;
};

}  // namespace

std::unique_ptr<Codec> make_openai_codec(const OpenAiProtocol& protocol) {
  return std::make_unique<OpenAiCodec>(protocol);
}

void settle_usage(chat::Usage& usage, std::int64_t prompt, std::int64_t total) {
  usage.cache_read = std::min(usage.cache_read, prompt);
  usage.cache_write = std::min(usage.cache_write, prompt - usage.cache_read);
  usage.input = prompt - usage.cache_read - usage.cache_write;
  const bool beside = usage.reasoning > usage.output || total == prompt + usage.output + usage.reasoning;
  if (usage.reasoning > 0 && beside) usage.output += usage.reasoning;
}

}  // namespace errand::provider
