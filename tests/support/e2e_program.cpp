#include "support/e2e_program.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ostream>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace errand::test::e2e {

namespace {

[[noreturn]] void give_up(const std::string& what, int error) {
  throw std::runtime_error(what + ": " + std::strerror(error));
}

Pipe pipe_or_throw() {
  auto pipe = make_pipe();
  if (!pipe) throw std::runtime_error(pipe.error().message);
  return *std::move(pipe);
}

// posix_spawn's two lists, freed when they go.
struct SpawnLists {
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};

  SpawnLists() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
  }
  SpawnLists(const SpawnLists&) = delete;
  SpawnLists& operator=(const SpawnLists&) = delete;
  ~SpawnLists() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
};

// A process group of its own, no blocked and no ignored signals: as a shell would start it.
void set_attributes(posix_spawnattr_t& attributes) {
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (auto& s : strings) out.push_back(s.data());
  out.push_back(nullptr);
  return out;
}

// A shell sets the limit and becomes the program, which has to hear of it by writes that fail.
std::vector<std::string> limited(std::vector<std::string> argv, std::size_t max_file_bytes) {
  if (max_file_bytes == 0) return argv;
  const auto blocks = std::to_string(max_file_bytes / 512);
  argv.insert(argv.begin(), {"/bin/sh", "-c", "ulimit -f " + blocks + "; exec \"$@\"", "sh"});
  return argv;
}

bool has_pipe(ProgramSpec::Input input) {
  return input == ProgramSpec::Input::text || input == ProgramSpec::Input::open;
}

void set_stdin(posix_spawn_file_actions_t& actions, const ProgramSpec& spec, const Fd& pipe) {
  switch (spec.stdin_is) {
    case ProgramSpec::Input::null:
      ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
      return;
    case ProgramSpec::Input::closed:
      ::posix_spawn_file_actions_addclose(&actions, 0);
      return;
    case ProgramSpec::Input::file:
      ::posix_spawn_file_actions_addopen(&actions, 0, spec.input.c_str(), O_RDONLY, 0);
      return;
    case ProgramSpec::Input::text:
    case ProgramSpec::Input::open:
      ::posix_spawn_file_actions_adddup2(&actions, pipe.get(), 0);
      return;
  }
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Exit& exit) {
  return exit.signal != 0 ? out << "signal " << exit.signal : out << "exit " << exit.code;
}

Program::Program(const ProgramSpec& spec) {
  auto in = has_pipe(spec.stdin_is) ? pipe_or_throw() : Pipe{};
  auto out = pipe_or_throw();
  auto err = pipe_or_throw();
  SpawnLists lists;
  set_attributes(lists.attributes);
  ::posix_spawn_file_actions_addchdir_np(&lists.actions, spec.directory.c_str());
  set_stdin(lists.actions, spec, in.read_end);
  if (spec.stdout_is == ProgramSpec::Output::full) {
    ::posix_spawn_file_actions_addopen(&lists.actions, 1, "/dev/full", O_WRONLY, 0);
  } else if (spec.stdout_is == ProgramSpec::Output::closed) {
    ::posix_spawn_file_actions_addclose(&lists.actions, 1);
  } else {
    ::posix_spawn_file_actions_adddup2(&lists.actions, out.write_end.get(), 1);
  }
  if (spec.stdout_is == ProgramSpec::Output::closed_pipe) out.read_end.reset();
  ::posix_spawn_file_actions_adddup2(&lists.actions, err.write_end.get(), 2);
  auto argv = limited(spec.argv, spec.max_file_bytes);
  auto env = spec.env;
  const auto argv_pointers = pointers_to(argv);
  const auto env_pointers = pointers_to(env);
  const int failed = ::posix_spawn(&pid_, argv.front().c_str(), &lists.actions, &lists.attributes, argv_pointers.data(),
                                   env_pointers.data());
  if (failed != 0) give_up("can't start " + argv.front(), failed);
  pidfd_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  in.read_end.reset();
  out.write_end.reset();
  err.write_end.reset();
  input_ = std::move(in.write_end);
  if (out.read_end) collect(std::move(out.read_end), out_);
  collect(std::move(err.read_end), err_);
  if (spec.stdin_is == ProgramSpec::Input::open) write_input(spec.input);
  if (spec.stdin_is == ProgramSpec::Input::text) {
    threads_.emplace_back([this, text = spec.input] {
      write_input(text);
      close_input();
    });
  }
}

Program::~Program() {
  if (!exit_) {
    ::kill(-pid_, SIGKILL);
    reap();
  }
  close_input();
  for (auto& thread : threads_) thread.join();
}

void Program::collect(Fd fd, Collected& into) {
  into.ended = false;
  threads_.emplace_back([this, &into, owned = std::move(fd)] {
    std::array<char, 65536> buffer{};
    while (true) {
      const auto n = ::read(owned.get(), buffer.data(), buffer.size());
      if (n < 0 && errno == EINTR) continue;
      const std::lock_guard lock(mutex_);
      if (n > 0) into.text.append(buffer.data(), static_cast<std::size_t>(n));
      into.ended = n <= 0;
      changed_.notify_all();
      if (into.ended) return;
    }
  });
}

bool Program::wait_for(Channel channel, std::string_view text) {
  std::unique_lock lock(mutex_);
  const auto& from = channel == Channel::out ? out_ : err_;
  const auto said = [&] { return from.text.find(text) != std::string::npos; };
  changed_.wait_for(lock, patience, [&] { return said() || from.ended; });
  return said();
}

void Program::wait_for_lines(std::size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [&] {
    return out_.ended || static_cast<std::size_t>(std::ranges::count(out_.text, '\n')) >= count;
  });
}

void Program::wait_for_end(std::chrono::microseconds limit) const {
  pollfd ended{pidfd_.get(), POLLIN, 0};
  const timespec time{.tv_sec = limit.count() / 1'000'000, .tv_nsec = limit.count() % 1'000'000 * 1000};
  ::ppoll(&ended, 1, &time, nullptr);
}

void Program::send_signal(int signal) const {
  ::syscall(SYS_pidfd_send_signal, pidfd_.get(), signal, nullptr, 0);
}

// A program that no longer reads is no failure here: its exit says what it made of it.
void Program::write_input(std::string_view bytes) {
  sigset_t pipe_signal;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe_signal, nullptr);
  const auto written = write_all(input_.get(), bytes);
  if (!written) return;
}

void Program::close_input() {
  const std::lock_guard lock(mutex_);
  input_.reset();
}

void Program::reap() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  exit_ = WIFSIGNALED(status) ? Exit{0, WTERMSIG(status)} : Exit{WEXITSTATUS(status), 0};
}

std::optional<Exit> Program::wait(std::chrono::seconds limit) {
  if (exit_) return exit_;
  pollfd ended{pidfd_.get(), POLLIN, 0};
  const auto deadline = std::chrono::steady_clock::now() + limit;
  int n = -1;
  do {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    n = ::poll(&ended, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
  } while (n < 0 && errno == EINTR);
  if (n == 0) ::kill(-pid_, SIGKILL);
  reap();
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [&] { return out_.ended && err_.ended; });
  return n == 0 ? std::nullopt : exit_;
}

std::string Program::out() const {
  const std::lock_guard lock(mutex_);
  return out_.text;
}

std::string Program::err() const {
  const std::lock_guard lock(mutex_);
  return err_.text;
}

}  // namespace errand::test::e2e
