#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "chat/event.hpp"
#include "store/session_store.hpp"

namespace errand::agent {

/// The one sequence of events of a run and all its subagents: numbers them and hands them on, one at a time.
class EventStream {
 public:
  EventStream(chat::EventSink& sink, std::string run) : sink_(sink), run_(std::move(run)) {}

  [[nodiscard]] const std::string& run() const { return run_; }

  /// Numbers and sends. Thread-safe.
  void send(chat::Event event);

  /// Sends with `seq` 0 (`ready`).
  void send_unnumbered(chat::Event event);

 private:
  chat::EventSink& sink_;
  std::string run_;
  std::mutex mutex_;
  std::uint64_t next_ = 1;
};

/// One agent's voice: keeps lasting events in its session, then sends them. Thread-safe.
class Reporter {
 public:
  Reporter(EventStream& stream, store::SessionStore& store, std::string session, std::string agent_path)
      : stream_(stream), store_(store), session_(std::move(session)), agent_path_(std::move(agent_path)) {}

  [[nodiscard]] const std::string& session() const { return session_; }
  [[nodiscard]] const std::string& agent_path() const { return agent_path_; }
  [[nodiscard]] EventStream& stream() { return stream_; }

  /// The event with its envelope, not yet numbered.
  [[nodiscard]] chat::Event wrap(chat::EventBody body) const;

  /// Sends an event that is not kept.
  void tell(chat::EventBody body) { stream_.send(wrap(std::move(body))); }

  /// Keeps the events in one durable transaction, then sends them in order. On failure nothing was sent.
  Result<void> record(std::vector<chat::EventBody> bodies, const store::Totals& totals = {});

 private:
  EventStream& stream_;
  store::SessionStore& store_;
  std::string session_;
  std::string agent_path_;
};

}  // namespace errand::agent
