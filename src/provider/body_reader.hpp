#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/sse.hpp"
#include "http/transport.hpp"
#include "provider/assembler.hpp"
#include "provider/codec.hpp"

namespace errand::provider {

/// Turns the body of one response, as it arrives, into stream events and a message: server-sent events, one JSON body,
/// or an error, told apart by the status and the first character (content types lie).
class BodyReader final : public DecodeSink {
 public:
  using OnEvent = std::function<void(const chat::stream::StreamEvent&)>;

  /// Borrows all but `on_event`, which hears what is assembled.
  BodyReader(const Codec& codec, const Endpoint& endpoint, OnEvent on_event);

  Result<void> feed(const http::ResponseHead& head, std::string_view bytes);
  /// The body ended. Fails when the reply is not whole: its protocol's end is missing, or bytes of it are, or a
  /// call that the model meant to make.
  Result<void> finish(const http::ResponseHead& head);
  /// The transfer broke off. Whether the reply was whole all the same: its protocol's own mark of the end had come,
  /// only the connection's had not.
  bool finish_broken_off();

  /// Nothing of the reply can follow: its protocol's own end has come.
  [[nodiscard]] bool ended() const { return form_ == Form::events && decoder_->ended(); }
  /// The wait that the body of a refusal asked for, once finish() failed.
  [[nodiscard]] std::optional<std::chrono::milliseconds> requested_wait() const { return requested_wait_; }

  [[nodiscard]] const Assembler& assembler() const { return assembler_; }

  void on_event(chat::stream::StreamEvent event) override;
  void on_block_end(std::size_t block) override { assembler_.end_block(block); }

 private:
  enum class Form { unknown, events, json, page };

  Result<void> decode(std::string_view bytes);
  Result<void> decode_rest();
  Result<void> end();
  void choose_form();

  const Codec& codec_;
  const Endpoint& endpoint_;
  OnEvent on_event_;
  std::unique_ptr<Decoder> decoder_;
  http::SseParser parser_;
  Assembler assembler_;
  std::string body_;  // what is not streamed: errors, JSON, pages, the first bytes
  Form form_ = Form::unknown;
  bool failed_ = false;
  std::optional<std::chrono::milliseconds> requested_wait_;
};

}  // namespace errand::provider
