#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "base/error.hpp"
#include "chat/agent.hpp"
#include "chat/event.hpp"
#include "chat/message.hpp"
#include "chat/model.hpp"
#include "chat/stream.hpp"
#include "chat/tool_spec.hpp"

namespace errand::provider {

/// One request to a model. Borrowed for the call: nothing is kept.
struct Request {
  const std::string& system;
  const std::vector<chat::Message>& history;  ///< valid: every tool call has its result
  const std::vector<chat::ToolSpec>& tools;   ///< byte-stable over a session
  chat::ThinkingSettings thinking{};
  chat::GenerationSettings generation{};
  std::string_view output_schema{};  ///< JSON Schema text the answer must follow; empty: free text
};

/// Hears what happens while a reply arrives, on the thread that called stream().
class StreamObserver {
 public:
  virtual ~StreamObserver() = default;
  virtual void on_stream_event(const chat::stream::StreamEvent& event) = 0;
  /// A wait before another try, which is the `attempt`-th. With `restarted`, what was reported of this reply so far is
  /// void.
  virtual void on_retry(const chat::event::Retry& retry) = 0;
  virtual void on_fallback(const chat::event::Fallback& fallback) = 0;
  /// What this model or API can't do and was asked for; each once in a Provider's life.
  virtual void on_warning(const chat::event::Warning& warning) = 0;
};

/// A reply, whole or cut. A tool call whose input did not arrive whole is never in it: a reply that reached its output
/// limit inside a call has stop `max_tokens` and lacks that call.
struct Reply {
  chat::AssistantMessage message;  ///< when cut: what had arrived, without unfinished tool calls; stop is cancelled
  std::optional<Error> cut;        ///< cancelled, timeout, or the failure that ended it in mid-stream
  std::chrono::milliseconds api_time{0};
  std::optional<double> cost_usd;  ///< nullopt: a price is unknown, or a try's usage
  double presumed_usd = 0;         ///< where cost_usd is unknown: as far as it is known or estimated, for limits
  chat::Usage unreported{};        ///< estimated, of tries whose usage the API did not say; not in `message.usage`
  /// How long the conversation is with this reply, as its last request reported; 0: unknown. `message.usage` is what
  /// was spent, over all tries and continuations, and may be more.
  std::int64_t context_tokens = 0;
};

/// A model that can be asked. Safe to call from several threads at once.
///
/// stream() returns an Error when no reply began and nothing was billed: `auth`, `unavailable` (after the last try),
/// `limit` (the context window, or no output left), `failure` (the request was refused), `config` (no such model),
/// `cancelled`, `timeout`.
class Provider {
 public:
  virtual ~Provider() = default;
  virtual Result<Reply> stream(const Request& request, StreamObserver& observer, const Call& call) = 0;
  /// How many tokens the request's prompt has: as the API counts it where it can be asked, else estimated.
  virtual Result<std::int64_t> count_tokens(const Request& request, const Call& call);
  /// Goes over to a model of its chain whose window is known to hold at least that many tokens, for the requests that
  /// follow, and tells it as a `fallback`. False: there is none, and nothing has changed.
  virtual bool move_to_window(std::int64_t least_window, StreamObserver& observer);
  /// What it asks; for the events and the session's row.
  [[nodiscard]] virtual const chat::ModelSpec& model() const = 0;
  /// What may answer the next request, model() first: the rest of a chain as well. Borrowed from the provider.
  [[nodiscard]] virtual std::vector<const chat::ModelSpec*> models() const { return {&model()}; }
};

}  // namespace errand::provider
