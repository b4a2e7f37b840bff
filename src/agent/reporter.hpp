#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/secrets.hpp"
#include "base/sync.hpp"
#include "chat/event.hpp"
#include "store/session_store.hpp"

namespace errand::agent {

/// The one sequence of events of a run and all its subagents: numbers them and hands them on, one at a time.
class EventStream {
 public:
  /// `observer` hears the same, after `sink`; null: nobody does.
  EventStream(chat::EventSink& sink, std::string run, const secrets::Redactor& secrets,
              chat::EventSink* observer = nullptr)
      : sink_(sink), observer_(observer), run_(std::move(run)), secrets_(secrets) {}

  [[nodiscard]] const std::string& run() const { return run_; }
  [[nodiscard]] const secrets::Redactor& secrets() const { return secrets_; }

  /// Numbers and sends. Thread-safe.
  void send(chat::Event event);

  /// Sends with `seq` 0 (`ready`).
  void send_unnumbered(chat::Event event);

 private:
  void hand_on(const chat::Event& event);  // under mutex_

  chat::EventSink& sink_;
  chat::EventSink* observer_;
  std::string run_;
  const secrets::Redactor& secrets_;
  std::mutex mutex_;
  std::uint64_t next_ = 1;
};

/// One agent's voice: keeps lasting events in its session, then sends them, all without secrets. Of a text that arrives
/// in pieces it holds back what may be the beginning of one until more has come, or the end. Thread-safe.
class Reporter {
 public:
  Reporter(EventStream& stream, store::SessionStore& store, std::string session, std::string agent_path)
      : stream_(stream), store_(store), session_(std::move(session)), agent_path_(std::move(agent_path)) {}

  [[nodiscard]] const std::string& session() const { return session_; }
  [[nodiscard]] const std::string& agent_path() const { return agent_path_; }
  [[nodiscard]] EventStream& stream() { return stream_; }
  [[nodiscard]] const secrets::Redactor& secrets() const { return stream_.secrets(); }

  /// The event with its envelope, not yet numbered, and without secrets.
  [[nodiscard]] chat::Event wrap(chat::EventBody body) const;

  /// Sends an event that is not kept. A piece of text that is held back whole is not sent at all.
  void tell(chat::EventBody body);

  /// The reply's text is at its end: what was held back of it is sent.
  void end_reply() { end_texts({}); }

  /// The same for the output of a tool call.
  void end_output(const std::string& call_id) { end_texts(call_id); }

  /// Keeps the events in one durable transaction, then sends them in order: what calls that run at once record is sent
  /// in the order in which it is kept. On failure nothing was sent.
  Result<void> record(std::vector<chat::EventBody> bodies, const store::Totals& totals = {});

 private:
  // A text that arrives in pieces: the reply's, its thinking's, or one of a call's two outputs.
  struct TextName {
    std::string call_id;  // empty: the reply
    std::string kind;
    auto operator<=>(const TextName&) const = default;
  };
  using Texts = std::map<TextName, secrets::StreamRedactor>;

  static std::optional<TextName> name_of(const chat::EventBody& body);
  void end_texts(const std::string& call_id);

  EventStream& stream_;
  store::SessionStore& store_;
  std::mutex recording_;
  std::string session_;
  std::string agent_path_;
  Sync<Texts> texts_;
};

}  // namespace errand::agent
