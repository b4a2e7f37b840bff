#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "chat/message.hpp"
#include "http/transport.hpp"
#include "provider/codec.hpp"
#include "provider/provider.hpp"

namespace errand::provider::test {

/// Where a body is cut: `whole`, after each line, each byte, or anywhere (the same places in every run).
enum class Chunking { whole, lines, bytes, random };
std::vector<std::string> chunks_of(std::string_view body, Chunking chunking);

/// What a body decoded to.
struct Decoded {
  chat::AssistantMessage message;  ///< whole, or what there was when it failed
  std::optional<Error> error;
  std::vector<chat::stream::StreamEvent> events;
};
Decoded decode(const Codec& codec, const Endpoint& endpoint, const http::ResponseHead& head,
               const std::vector<std::string>& chunks);
Decoded decode(const Codec& codec, std::string_view body, Chunking chunking = Chunking::whole);

Endpoint anthropic_endpoint();
Endpoint openai_endpoint();
Endpoint gemini_endpoint();
Endpoint responses_endpoint();

/// One response of a FakeTransport.
struct Answer {
  int status = 200;
  std::vector<http::Header> headers;
  std::vector<std::string> chunks;
  std::optional<Error> error;                       ///< what send() ends with after the chunks
  std::function<void(std::size_t)> before_chunk{};  ///< e.g. to cancel in mid-stream
};

/// Answers from a list, keeps the requests. Checks the call before each chunk as the real one does.
class FakeTransport final : public http::Transport {
 public:
  explicit FakeTransport(std::vector<Answer> answers) : answers_(answers.begin(), answers.end()) {}
  Result<http::ResponseHead> send(const http::Request& request, const http::OnBody& on_body, const Call& call) override;

  [[nodiscard]] std::vector<http::Request> requests();

 private:
  std::mutex mutex_;
  std::deque<Answer> answers_;
  std::vector<http::Request> requests_;
};

/// Keeps what it hears; `text` is what a face would show: emptied by a restarted notice.
class Recorder final : public StreamObserver {
 public:
  void on_stream_event(const chat::stream::StreamEvent& event) override;
  void on_retry(const chat::event::Retry& retry) override;
  void on_fallback(const chat::event::Fallback& fallback) override { fallbacks.push_back(fallback); }
  void on_warning(const chat::event::Warning& warning) override { warnings.push_back(warning); }

  std::vector<chat::stream::StreamEvent> events;
  std::vector<chat::event::Retry> retries;
  std::vector<chat::event::Fallback> fallbacks;
  std::vector<chat::event::Warning> warnings;
  std::string text;
  std::size_t text_deltas = 0;
};

/// A request that owns what it refers to.
struct Asked {
  std::string system;
  std::vector<chat::Message> history;
  std::vector<chat::ToolSpec> tools;
  chat::ThinkingSettings thinking;
  chat::GenerationSettings generation;
  std::string output_schema;

  [[nodiscard]] Request request() const { return {system, history, tools, thinking, generation, output_schema}; }
};
Asked asked(std::string prompt);

std::string read_file(const std::string& path);

/// The directory of recorded traffic: $ERRAND_FIXTURES, else beside the source; nullopt when there is none.
std::optional<std::string> recordings();

}  // namespace errand::provider::test
