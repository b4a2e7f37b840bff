#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "mcp/link.hpp"
#include "mcp/message.hpp"

namespace errand::mcp {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds end_patience{500};   // between the end of its stdin and SIGTERM
constexpr std::chrono::hours cpu_limit{1};  // it lives as long as we do
constexpr std::chrono::hours longest_wait{24};
constexpr std::size_t kept_stderr_bytes = 4096;
constexpr std::size_t max_told_columns = 300;
constexpr std::size_t max_waiting_bytes = std::size_t{64} << 20U;  // of messages it has not read

// The shell finds the program in the sandbox's PATH; no word of it is shell text.
std::vector<std::string> argv_of(const chat::McpServer& server) {
  std::vector<std::string> out = {"/bin/bash", "-c", R"(exec "$0" "$@")", server.command};
  out.insert(out.end(), server.args.begin(), server.args.end());
  return out;
}

void append_tail(std::string& tail, std::string_view bytes) {
  tail += bytes;
  if (tail.size() > kept_stderr_bytes) tail.erase(0, tail.size() - kept_stderr_bytes);
}

// The last thing a program said before it ended.
std::string last_line(std::string_view text) {
  const auto trimmed = text::trim(text);
  const auto at = trimmed.rfind('\n');
  const auto line = at == std::string_view::npos ? trimmed : trimmed.substr(at + 1);
  return text::ellipsize(unicode::sanitize(line), max_told_columns);
}

// A pipe whose reader has gone must not end us; what writes to it sees EPIPE.
void block_sigpipe() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

class ProgramLink final : public Link {
 public:
  ProgramLink(const chat::McpServer& server, const sandbox::Sandbox& sandbox, sandbox::SandboxPolicy policy,
              OnNotification on_notification)
      : name_(server.name), on_notification_(std::move(on_notification)) {
    policy.env.insert(policy.env.end(), server.env.begin(), server.env.end());
    policy.cpu = std::max<milliseconds>(policy.cpu, cpu_limit);
    sandbox::Command command;
    command.argv = argv_of(server);
    command.cwd = server.cwd;
    command.merge_stderr = false;
    command.lives_long = true;
    command.max_output_bytes = std::numeric_limits<std::size_t>::max();
    auto pipe = make_pipe();
    if (!pipe) {
      end_with(pipe.error().message);
      return;
    }
    runner_ = std::jthread([this, &sandbox, command = std::move(command), policy = std::move(policy),
                            in = std::move(pipe->read_end)]() mutable {
      command.stdin_fd = in.get();
      const auto pass = [this](OutputStream stream, std::string_view bytes) { take(stream, bytes); };
      const auto finished = sandbox.run(command, policy, pass, Call{.stop = stop_.get_token()});
      in.reset();
      end_with(told_end(finished));
    });
    writer_ = std::jthread([this, out = std::move(pipe->write_end)]() mutable { write_to(std::move(out)); });
  }
  ProgramLink(const ProgramLink&) = delete;
  ProgramLink& operator=(const ProgramLink&) = delete;

  ~ProgramLink() override {
    begin_end();
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, *closing_ + end_patience, [this] { return ended_.has_value(); });
    lock.unlock();
    stop_.request_stop();
  }

  Result<Json> ask(const std::string& method, const Json& params, const Call& call) override {
    std::unique_lock lock(mutex_);
    if (ended_) return fail(ErrorKind::unavailable, *ended_);
    const auto id = ++last_id_;
    pending_[id];
    send(request_text(id, method, params));
    const auto is_over = [&] { return pending_[id].has_value() || ended_.has_value(); };
    const auto latest = std::min(call.deadline, Call::Clock::now() + longest_wait);
    changed_.wait_until(lock, call.stop, latest, is_over);
    auto answer = std::move(pending_[id]);
    pending_.erase(id);
    if (answer) return *std::move(answer);
    if (ended_) return fail(ErrorKind::unavailable, *ended_);
    if (method != "initialize")
      send(notification_text("notifications/cancelled", {{"requestId", id}, {"reason", "it is not awaited any more"}}));
    ERRAND_TRY(call.check());
    return fail(ErrorKind::timeout, "it did not answer in time");
  }

  Result<void> tell(const std::string& method, const Json& params, const Call&) override {
    const std::lock_guard lock(mutex_);
    if (ended_) return fail(ErrorKind::unavailable, *ended_);
    send(notification_text(method, params));
    return {};
  }

  void use_version(const std::string&) override {}

  [[nodiscard]] std::string lost() const override {
    const std::lock_guard lock(mutex_);
    return ended_.value_or(std::string());
  }

  void begin_end() override {
    const std::lock_guard lock(mutex_);
    if (!closing_) closing_ = Call::Clock::now();
    changed_.notify_all();
  }

 private:
  // With the lock held.
  void send(std::string line) {
    if (waiting_bytes_ + line.size() > max_waiting_bytes) {
      log::warn("mcp: {} does not read what it is sent; a message to it was dropped", name_);
      return;
    }
    waiting_bytes_ += line.size();
    outgoing_.push_back(std::move(line) + "\n");
    changed_.notify_all();
  }

  // Until the connection ends and all was written, or nobody reads it any more.
  void write_to(Fd out) {
    block_sigpipe();
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return closing_ || ended_ || !outgoing_.empty(); });
      if (ended_ || outgoing_.empty()) return;
      const auto line = std::move(outgoing_.front());
      outgoing_.pop_front();
      waiting_bytes_ -= line.size() - 1;
      lock.unlock();
      if (!write_all(out.get(), line)) return;
      lock.lock();
    }
  }

  // On the runner's thread.
  void take(OutputStream stream, std::string_view bytes) {
    if (stream == OutputStream::standard_error) {
      append_tail(said_, bytes);
      log::debug("mcp: {}: {}", name_, text::trim(bytes));
      return;
    }
    for (auto end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
      line_ += bytes.substr(0, end);
      take_line(line_);
      line_.clear();
      bytes.remove_prefix(end + 1);
    }
    line_ += bytes;
    if (line_.size() > max_message_bytes) {
      too_long_ = true;
      line_.clear();
      stop_.request_stop();
    }
  }

  // Programs that log to stdout are common enough: a line that is no message is no reason to give up.
  void take_line(std::string_view line) {
    if (text::trim(line).empty()) return;
    auto message = read_message(line);
    if (!message) {
      append_tail(said_, line);
      append_tail(said_, "\n");
      log::debug("mcp: {} wrote what is no message: {}", name_, text::ellipsize(line, max_told_columns));
      return;
    }
    switch (message->kind) {
      case Message::Kind::notification:
        if (on_notification_) on_notification_(message->method);
        return;
      case Message::Kind::request: {
        const std::lock_guard lock(mutex_);
        send(answer_to(*message));
        return;
      }
      case Message::Kind::result:
        return settle(message->id, std::move(message->body));
      case Message::Kind::error:
        return settle(message->id, fail(ErrorKind::failure, told_error(message->body)));
    }
  }

  void settle(const Json& id, Result<Json> answer) {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_for(id);
    if (found == pending_.end()) return;  // it is not awaited any more
    found->second = std::move(answer);
    changed_.notify_all();
  }

  using Pending = std::map<std::int64_t, std::optional<Result<Json>>>;

  // A server that could not read a request does not know its id.
  Pending::iterator waiting_for(const Json& id) {
    if (id.is_number_integer()) return pending_.find(id.get<std::int64_t>());
    return id.is_null() && pending_.size() == 1 ? pending_.begin() : pending_.end();
  }

  [[nodiscard]] std::string told_end(const Result<Finished>& finished) const {
    if (!finished) return finished.error().message;
    if (!finished->note.empty()) return finished->note;
    if (too_long_) return fmt::format("it sent a message of more than {} bytes", max_message_bytes);
    const auto how = finished->exit_code == 127 ? std::string("its program was not found in the sandbox")
                                                : fmt::format("it ended with exit code {}", finished->exit_code);
    const auto words = last_line(said_);
    return words.empty() ? how : fmt::format("{}: {}", how, words);
  }

  void end_with(std::string why) {
    const std::lock_guard lock(mutex_);
    ended_ = std::move(why);
    changed_.notify_all();
  }

  const std::string name_;
  const OnNotification on_notification_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  Pending pending_;
  std::int64_t last_id_ = 0;
  std::deque<std::string> outgoing_;
  std::size_t waiting_bytes_ = 0;
  std::optional<Call::Clock::time_point> closing_;  // since when
  std::optional<std::string> ended_;
  // The runner's own.
  std::string line_;
  std::string said_;
  bool too_long_ = false;
  std::stop_source stop_;
  std::jthread runner_;
  std::jthread writer_;
};

}  // namespace

std::unique_ptr<Link> start_program(const chat::McpServer& server, const sandbox::Sandbox& sandbox,
                                    sandbox::SandboxPolicy policy, OnNotification on_notification) {
  return std::make_unique<ProgramLink>(server, sandbox, std::move(policy), std::move(on_notification));
}

}  // namespace errand::mcp
