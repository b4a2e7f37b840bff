#pragma once

#include <csignal>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.hpp"

namespace errand::test {

/// What a child process has to talk to the test that made it.
class Line {
 public:
  Line(Fd in, Fd out) : in_(std::move(in)), out_(std::move(out)) {}

  /// False when nobody listens any more.
  bool say(std::string_view text) { return write_all(out_.get(), std::string(text) + '\n').has_value(); }

  /// The next line; empty at the end.
  std::string hear() {
    std::string line;
    char c = 0;
    while (::read(in_.get(), &c, 1) == 1 && c != '\n') line += c;
    return line;
  }
  /// What remains.
  std::string hear_all() { return read_all(in_.get(), std::size_t{1} << 24U).value(); }
  void hang_up() { out_.reset(); }

 private:
  Fd in_;
  Fd out_;
};

/// A second process, forked: it runs `work` and ends without unwinding what it has from the test. Killed with the test.
class Child {
 public:
  explicit Child(const std::function<void(Line&)>& work) {
    auto down = make_pipe().value();
    auto up = make_pipe().value();
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("can't fork");
    if (pid_ == 0) {
      down.write_end.reset();
      up.read_end.reset();
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      Line to_parent(std::move(down.read_end), std::move(up.write_end));
      run(work, to_parent);
    }
    line = std::make_unique<Line>(std::move(up.read_end), std::move(down.write_end));
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ > 0) end(SIGKILL);
  }

  [[nodiscard]] pid_t pid() const { return pid_; }

  void signal(int number) const { ::kill(pid_, number); }
  int wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }
  void end(int number) {
    signal(number);
    wait();
  }

  std::unique_ptr<Line> line;  ///< to the child

 private:
  [[noreturn]] static void run(const std::function<void(Line&)>& work, Line& to_parent) {
    try {
      work(to_parent);
    } catch (const std::exception& e) {
      to_parent.say(std::string("exception: ") + e.what());
    }
    ::_exit(0);
  }

  pid_t pid_ = -1;
};

/// What `work` returns, in a process of its own.
inline std::string in_child(const std::function<std::string()>& work) {
  Child child([&](Line& line) { line.say(work()); });
  child.line->hang_up();
  auto said = child.line->hear_all();
  child.wait();
  if (said.ends_with('\n')) said.pop_back();
  return said;
}

}  // namespace errand::test
