#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/call.hpp"
#include "http/exchange.hpp"

namespace errand::http {

/// The I/O thread and its curl multi handle. Other threads hand it commands; all that libcurl does for a transfer
/// happens on this thread.
class Loop {
 public:
  Loop() = default;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  /// Fails what is in flight and waits until every Visit is over.
  ~Loop();

  /// Marks the time a thread spends inside send().
  class Visit {
   public:
    explicit Visit(Loop& loop);
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    ~Visit();

   private:
    Loop& loop_;
  };

  /// Starts the thread, which loads libcurl first. Once; later calls do nothing.
  void start();
  /// Starts, and waits until libcurl can be used.
  Result<const CurlApi*> ready(const Call& call);

  /// What a new exchange should begin with: all sources once these were needed.
  [[nodiscard]] Trust trust() const { return trust_; }

  void add(const std::shared_ptr<Exchange>& exchange);
  void resume(const std::shared_ptr<Exchange>& exchange);
  /// Takes a transfer off the network, unless it has ended, and waits until it is.
  void remove(const std::shared_ptr<Exchange>& exchange);

 private:
  enum class Action { add, resume, remove };
  struct Command {
    Action action;
    std::shared_ptr<Exchange> exchange;
  };

  void post(Action action, const std::shared_ptr<Exchange>& exchange);

  // On the I/O thread.
  void run();
  void drive(const CurlApi& curl, CURLM* multi);
  [[nodiscard]] bool take_commands(std::vector<Command>& commands);
  void obey(const CurlApi& curl, CURLM* multi, const Command& command);
  void finish_done(const CurlApi& curl, CURLM* multi);
  void finish(const CurlApi& curl, CURLM* multi, Exchange* exchange, CURLcode code);
  void abandon_all(const CurlApi& curl, CURLM* multi);
  std::shared_ptr<Exchange> release(const Exchange* exchange);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::thread thread_;
  std::vector<Command> commands_;
  std::optional<Error> broken_;    ///< why libcurl can't be used
  const CurlApi* curl_ = nullptr;  ///< set once the loop runs
  CURLM* multi_ = nullptr;         ///< to wake it; null once no command is taken any more
  bool closing_ = false;
  int visits_ = 0;
  std::atomic<Trust> trust_ = Trust::one_source;
  std::vector<std::shared_ptr<Exchange>> active_;  ///< the I/O thread's own
};

}  // namespace errand::http
