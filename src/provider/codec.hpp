#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "chat/event.hpp"
#include "chat/model.hpp"
#include "chat/stream.hpp"
#include "http/sse.hpp"
#include "http/transport.hpp"
#include "provider/provider.hpp"

namespace errand::provider {

/// Whom a request goes to.
struct Endpoint {
  chat::ProviderSpec provider;
  chat::ModelSpec model;
};

/// Hears what a Decoder makes of the wire.
class DecodeSink {
 public:
  virtual ~DecodeSink() = default;
  virtual void on_event(chat::stream::StreamEvent event) = 0;
  /// Nothing more will come for that block: a tool call's input is whole.
  virtual void on_block_end(std::size_t block) = 0;
};

/// Reads one reply. Laxer than the official SDKs (wire.md lists what servers get wrong); unknown events are passed
/// over. An error means that the reply failed: as the API told it in mid-stream, or `unavailable` (retryable) when what
/// arrived is not that protocol. A Decoder must not be used after an error.
class Decoder {
 public:
  virtual ~Decoder() = default;
  virtual Result<void> on_sse(const http::SseEvent& event, DecodeSink& sink) = 0;
  /// The whole reply as one JSON body, which some servers answer to a streaming request.
  virtual Result<void> on_json(std::string_view body, DecodeSink& sink) = 0;
  /// The body ended. Fails with `unavailable` (retryable) when the reply was not complete.
  virtual Result<void> on_end(DecodeSink& sink) = 0;
  /// The protocol's own mark of the end has come: nothing of the reply can follow, whether or not the server closes.
  [[nodiscard]] virtual bool ended() const { return false; }
};

/// One model API's wire format. Pure: no I/O, no clock, no environment, no state; safe to use from several threads.
class Codec {
 public:
  virtual ~Codec() = default;
  /// What is static in a conversation comes first in the body, so that the body of one turn, up to the end of its
  /// history, is a prefix of the next turn's (Anthropic: but for where the `cache_control` marks stand).
  [[nodiscard]] virtual http::Request encode(const Request& request, const Endpoint& endpoint) const = 0;
  [[nodiscard]] virtual std::unique_ptr<Decoder> decoder(const Endpoint& endpoint) const = 0;
  /// What a response with an error status (or an error in a JSON body) means. Never holds the key.
  [[nodiscard]] virtual Error error_of(const http::ResponseHead& head, std::string_view body,
                                       const Endpoint& endpoint) const = 0;

  /// What of the request this API or model can't take, so that encode() leaves it out: one warning each, its `code`
  /// naming the thing ("temperature_left_out").
  [[nodiscard]] virtual std::vector<chat::event::Warning> left_out(const Request&, const Endpoint&) const { return {}; }

  /// Asks how many tokens the request's prompt has; nullopt: the API can't be asked.
  [[nodiscard]] virtual std::optional<http::Request> encode_count(const Request&, const Endpoint&) const {
    return std::nullopt;
  }
  /// The answer to that; nullopt when it is none.
  [[nodiscard]] virtual std::optional<std::int64_t> read_count(std::string_view) const { return std::nullopt; }
};

std::unique_ptr<Codec> make_anthropic_codec();
std::unique_ptr<Codec> make_gemini_codec();
std::unique_ptr<Codec> make_openai_chat_codec();
std::unique_ptr<Codec> make_openai_responses_codec();

}  // namespace errand::provider
