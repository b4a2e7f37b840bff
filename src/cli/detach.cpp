#include "cli/detach.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/exit_code.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/try.hpp"
#include "cli/output.hpp"
#include "cli/run_attach.hpp"

namespace errand::cli {

namespace {

constexpr const char* handover_variable = "ERRAND_HANDOVER_FD";
constexpr std::size_t max_message_bytes = 4096;

class SpawnActions {
 public:
  SpawnActions() { ::posix_spawn_file_actions_init(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  ~SpawnActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  void give(int fd, int as) { ::posix_spawn_file_actions_adddup2(&actions_, fd, as); }
  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

// A session of its own, and no signal blocked: main blocks those it waits for.
class SpawnAttributes {
 public:
  SpawnAttributes() {
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setflags(&attributes_, static_cast<short>(POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK));
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
  }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes_); }
  [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

// The pipes between the starter and what it starts.
struct Pipes {
  Pipe handover, out, err;
};

Result<pid_t> spawn_self(const std::vector<std::string>& argv, const Pipes& pipes) {
  const auto handover = pipes.handover.write_end.get();
  SpawnActions actions;
  actions.give(pipes.out.write_end.get(), STDOUT_FILENO);
  actions.give(pipes.err.write_end.get(), STDERR_FILENO);
  actions.give(handover, handover);  // keeps it over the exec
  const SpawnAttributes attributes;
  auto variable = fmt::format("{}={}", handover_variable, handover);
  std::vector<char*> words, env;
  for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) env.push_back(*at);
  env.push_back(variable.data());
  env.push_back(nullptr);
  pid_t child = -1;
  // By its own name, which process listings show; one that was replaced meanwhile has none.
  const auto program = real_path("/proc/self/exe").value_or("/proc/self/exe");
  const int failed = ::posix_spawn(&child, program.c_str(), actions.get(), attributes.get(), words.data(), env.data());
  if (failed != 0) return fail_errno(ErrorKind::failure, "can't start a process for the run", failed);
  return child;
}

// What came since, as far as it is there now; false at the end of the pipe.
bool take(int fd, std::string& into) {
  std::array<char, 65536> buffer{};
  while (true) {
    const auto got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN;
    if (got == 0) return false;
    into.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

// Listens to the process until it hands over or ends.
class Starter {
 public:
  Starter(Pipes& pipes, pid_t child, Signals& signals) : pipes_(pipes), child_(child), signals_(signals) {
    for (const auto* pipe : {&pipes.handover, &pipes.out, &pipes.err}) {
      ::fcntl(pipe->read_end.get(), F_SETFL, O_NONBLOCK);
    }
  }

  // The line it handed over; empty when it ended without.
  Result<std::string> listen() {
    std::string message;
    bool open = true;
    while (open && message.find('\n') == std::string::npos && message.size() < max_message_bytes) {
      ERRAND_TRY(wait());
      open = take(pipes_.handover.read_end.get(), message);
      ERRAND_TRY(relay());
    }
    pipes_.handover.read_end.reset();
    ERRAND_TRY(relay());
    return message;
  }

  // It has no run to hand over: what it says to its end, and how it ended.
  Result<int> hear_out() {
    while (out_fd_ >= 0 || err_fd_ >= 0) {
      ERRAND_TRY(wait());
      ERRAND_TRY(relay());
    }
    int status = 0;
    while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  Result<void> wait() {
    const auto wake = told_ ? -1 : signals_.wake_fd();
    std::array<pollfd, 4> fds = {pollfd{pipes_.handover.read_end.get(), POLLIN, 0}, pollfd{out_fd_, POLLIN, 0},
                                 pollfd{err_fd_, POLLIN, 0}, pollfd{wake, POLLIN, 0}};
    if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) {
      return fail_errno(ErrorKind::internal, "can't wait for the run", errno);
    }
    // It has a session of its own: the terminal's signals reach us alone.
    if (fds[3].revents != 0 && !std::exchange(told_, true)) {
      const auto by = signals_.cancelled();
      ::kill(child_, by && by->exit_code == exit_interrupted ? SIGINT : SIGTERM);
    }
    return {};
  }

  Result<void> relay() {
    ERRAND_TRY(relay(out_fd_, STDOUT_FILENO));
    return relay(err_fd_, STDERR_FILENO);
  }

  static Result<void> relay(int& from, int to) {
    if (from < 0) return {};
    std::string said;
    const bool open = take(from, said);
    if (!open) from = -1;
    return write_all(to, said);
  }

  Pipes& pipes_;
  pid_t child_;
  Signals& signals_;
  int out_fd_ = pipes_.out.read_end.get();
  int err_fd_ = pipes_.err.read_end.get();
  bool told_ = false;
};

Result<Fd> output_file(const std::string& path) {
  Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return fail_errno(ErrorKind::storage, fmt::format("can't make {}", path), errno);
  return file;
}

}  // namespace

Result<int> start_detached(const Invocation& invocation, OutputFormat format) {
  Pipes pipes;
  for (auto* pipe : {&pipes.handover, &pipes.out, &pipes.err}) {
    ERRAND_TRY_ASSIGN(*pipe, make_pipe());
  }
  ERRAND_TRY_ASSIGN(const auto child, spawn_self(invocation.argv, pipes));
  for (auto* pipe : {&pipes.handover, &pipes.out, &pipes.err}) pipe->write_end.reset();
  Starter starter(pipes, child, invocation.signals);
  ERRAND_TRY_ASSIGN(const auto message, starter.listen());
  if (message.empty()) return starter.hear_out();
  if (format != OutputFormat::text) return print_out(message);
  const auto ids = Json::parse(message, nullptr, false);
  if (!ids.is_object()) return fail(ErrorKind::internal, "the detached run did not say its id");
  return print_out(ids.value("run_id", "") + "\n");
}

std::optional<Fd> adopt_handover() {
  const char* value = std::getenv(handover_variable);
  if (value == nullptr) return std::nullopt;
  const std::string_view text(value);
  int fd = -1;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), fd);
  ::unsetenv(handover_variable);
  struct stat info {};
  const bool is_pipe =
      parsed.ec == std::errc{} && fd > STDERR_FILENO && ::fstat(fd, &info) == 0 && S_ISFIFO(info.st_mode);
  if (!is_pipe) return std::nullopt;
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  return Fd(fd);
}

void DetachingSink::on_event(const chat::Event& event) {
  if (handover_ && std::holds_alternative<chat::event::Ready>(event.body)) {
    if (auto handed = hand_over(event); !handed) {
      print_error(handed.error());
      signals_.request({"detach", exit_code_of(handed.error().kind)});
    }
    handover_.reset();
  }
  next_.on_event(event);
}

// The starter may go as soon as it has read the line: all else comes before.
Result<void> DetachingSink::hand_over(const chat::Event& event) {
  ERRAND_TRY_ASSIGN(const auto directory, files_directory_(event.session));
  const auto paths = output_of(directory, event.run);
  ERRAND_TRY_ASSIGN(locked_, output_file(paths.out));
  ERRAND_TRY_ASSIGN(const auto err, output_file(paths.err));
  const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null || ::flock(locked_.get(), LOCK_EX) != 0 || ::dup2(null.get(), STDIN_FILENO) < 0 ||
      ::dup2(locked_.get(), STDOUT_FILENO) < 0 || ::dup2(err.get(), STDERR_FILENO) < 0) {
    return fail_errno(ErrorKind::storage, "can't let go of stdin, stdout and stderr", errno);
  }
  const Json message = {{"run_id", event.run}, {"session_id", event.session}};
  return write_all(handover_.get(), message.dump() + "\n");
}

}  // namespace errand::cli
