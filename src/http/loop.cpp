#include "http/loop.hpp"

#include <algorithm>
#include <utility>

#include <pthread.h>
#include <signal.h>

#include "base/try.hpp"

namespace errand::http {

namespace {

// Signals are for the thread that waits for them. What a new thread inherits is blocked here, so that neither the I/O
// thread nor libcurl's resolver threads ever run a handler; a broken pipe is then an error code.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

// The longest sleep without a command or traffic; libcurl shortens it to its own timers.
constexpr int idle_poll_ms = 60'000;

// Idle connections kept for reuse. libcurl's own limit follows the number of transfers at the moment, and so closes
// connections that the next burst of parallel requests would use.
constexpr long kept_connections = 64;

Error closing() {
  return {.kind = ErrorKind::unavailable, .message = "the HTTP client is closing"};
}

}  // namespace

Loop::Visit::Visit(Loop& loop) : loop_(loop) {
  const std::lock_guard lock(loop_.mutex_);
  ++loop_.visits_;
}

Loop::Visit::~Visit() {
  const std::lock_guard lock(loop_.mutex_);
  --loop_.visits_;
  loop_.changed_.notify_all();
}

Loop::~Loop() {
  std::unique_lock lock(mutex_);
  closing_ = true;
  changed_.notify_all();
  if (multi_ != nullptr) curl_->multi_wakeup(multi_);
  changed_.wait(lock, [this] { return visits_ == 0; });
  lock.unlock();
  if (thread_.joinable()) thread_.join();
}

void Loop::start() {
  const std::lock_guard lock(mutex_);
  if (thread_.joinable() || closing_) return;
  const SignalsBlocked blocked;
  thread_ = std::thread([this] { run(); });
}

Result<const CurlApi*> Loop::ready(const Call& call) {
  start();
  std::unique_lock lock(mutex_);
  const auto settled = [this] { return curl_ != nullptr || broken_ || closing_; };
  changed_.wait_until(lock, call.stop, call.deadline, settled);
  if (broken_) return fail(*broken_);
  if (closing_) return fail(closing());
  if (curl_ != nullptr) return curl_;
  ERRAND_TRY(call.check());
  return fail(ErrorKind::timeout, "the time limit passed");
}

void Loop::add(const std::shared_ptr<Exchange>& exchange) {
  post(Action::add, exchange);
}

void Loop::resume(const std::shared_ptr<Exchange>& exchange) {
  post(Action::resume, exchange);
}

void Loop::remove(const std::shared_ptr<Exchange>& exchange) {
  if (exchange->inbox().has_ended()) return;
  post(Action::remove, exchange);
  exchange->inbox().wait_end();
}

void Loop::post(Action action, const std::shared_ptr<Exchange>& exchange) {
  const std::lock_guard lock(mutex_);
  if (multi_ == nullptr) {
    exchange->inbox().end(fail(closing()));
    return;
  }
  commands_.push_back({action, exchange});
  curl_->multi_wakeup(multi_);
}

void Loop::run() {
  const auto curl = load_curl();
  MultiHandle multi(curl ? (*curl)->multi_init() : nullptr, {curl ? *curl : nullptr});
  if (multi) (*curl)->multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, kept_connections);
  {
    const std::lock_guard lock(mutex_);
    if (!curl) broken_ = curl.error();
    if (curl && !multi) broken_ = Error{.kind = ErrorKind::internal, .message = "libcurl can't make its loop"};
    if (multi) curl_ = *curl;
    multi_ = multi.get();
  }
  changed_.notify_all();
  if (multi) drive(**curl, multi.get());
}

void Loop::drive(const CurlApi& curl, CURLM* multi) {
  std::vector<Command> commands;
  while (take_commands(commands)) {
    for (const auto& command : commands) obey(curl, multi, command);
    commands.clear();
    int running = 0;
    curl.multi_perform(multi, &running);
    finish_done(curl, multi);
    for (const auto& exchange : active_) exchange->announce();
    curl.multi_poll(multi, nullptr, 0, idle_poll_ms, nullptr);
  }
  for (const auto& command : commands) obey(curl, multi, command);
  abandon_all(curl, multi);
}

// False once the loop closes: these commands are the last.
bool Loop::take_commands(std::vector<Command>& commands) {
  const std::lock_guard lock(mutex_);
  std::swap(commands, commands_);
  if (!closing_) return true;
  multi_ = nullptr;
  return false;
}

void Loop::obey(const CurlApi& curl, CURLM* multi, const Command& command) {
  const auto& exchange = command.exchange;
  const bool active = std::ranges::find(active_, exchange) != active_.end();
  switch (command.action) {
    case Action::add:
      active_.push_back(exchange);
      if (curl.multi_add_handle(multi, exchange->handle()) != CURLM_OK) {
        release(exchange.get())->finish(CURLE_FAILED_INIT);
      }
      return;
    case Action::resume:
      if (active) curl.easy_pause(exchange->handle(), CURLPAUSE_CONT);
      return;
    case Action::remove:
      if (!active) return;
      curl.multi_remove_handle(multi, exchange->handle());
      release(exchange.get())->inbox().end(fail(ErrorKind::cancelled, "cancelled"));
      return;
  }
}

void Loop::finish_done(const CurlApi& curl, CURLM* multi) {
  int left = 0;
  while (const CURLMsg* message = curl.multi_info_read(multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* const handle = message->easy_handle;
    const CURLcode code = message->data.result;  // the message goes with the handle
    Exchange* exchange = nullptr;
    curl.easy_getinfo(handle, CURLINFO_PRIVATE, &exchange);
    curl.multi_remove_handle(multi, handle);
    finish(curl, multi, exchange, code);
  }
}

void Loop::finish(const CurlApi& curl, CURLM* multi, Exchange* exchange, CURLcode code) {
  if (exchange->widen_trust(code)) {
    code = CURLE_FAILED_INIT;
    if (curl.multi_add_handle(multi, exchange->handle()) == CURLM_OK) return;
  }
  if (code == CURLE_OK && exchange->trust() == Trust::all_sources) trust_ = Trust::all_sources;
  release(exchange)->finish(code);
}

void Loop::abandon_all(const CurlApi& curl, CURLM* multi) {
  for (const auto& exchange : std::exchange(active_, {})) {
    curl.multi_remove_handle(multi, exchange->handle());
    exchange->inbox().end(fail(closing()));
  }
}

std::shared_ptr<Exchange> Loop::release(const Exchange* exchange) {
  const auto at = std::ranges::find(active_, exchange, [](const auto& held) { return held.get(); });
  auto released = std::move(*at);
  active_.erase(at);
  return released;
}

}  // namespace errand::http
