#include <csignal>
#include <thread>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/id.hpp"
#include "base/patient_process.hpp"

using namespace errand;
using std::chrono::milliseconds;

namespace {

struct Ran {
  Finished finished;
  std::string out;
};

Ran shell(const std::string& script, const Call& call = {}, std::size_t max_bytes = 16U << 20U) {
  ProcessSpec spec;
  spec.argv = {"/bin/sh", "-c", script};
  spec.env = {"ONLY=this"};
  spec.merge_stderr = true;
  spec.max_output_bytes = max_bytes;
  spec.grace = milliseconds(100);
  Ran ran;
  const auto finished = run_process(
      spec, [&](OutputStream, std::string_view s) { ran.out += s; }, call);
  REQUIRE(finished);
  ran.finished = *finished;
  return ran;
}

}  // namespace

TEST_CASE("process: output of both streams arrives in order with the exit code", "[base][process]") {
  const auto ran = shell("echo a; echo b >&2; echo c; exit 3");
  CHECK(ran.out == "a\nb\nc\n");
  CHECK(ran.finished.exit_code == 3);
}

TEST_CASE("process: nothing is inherited: stdin is empty, the environment clean", "[base][process]") {
  CHECK(shell("cat; env | grep -v -e PWD -e SHLVL -e _=").out == "ONLY=this\n");
}

TEST_CASE("process: a stdin that is given is read to its end", "[base][process]") {
  const auto input = memory_file("one\ntwo\n");
  REQUIRE(input);
  ProcessSpec spec;
  spec.argv = {"/bin/cat"};
  spec.stdin_fd = input->get();
  std::string out;
  REQUIRE(run_process(spec, [&](OutputStream, std::string_view s) { out += s; }, {}));
  CHECK(out == "one\ntwo\n");
}

TEST_CASE("process: a signal is 128 and its number", "[base][process]") {
  const auto ran = shell("kill -9 $$");
  CHECK(ran.finished.exit_code == 137);
  CHECK(ran.finished.end == ProcessEnd::signalled);
}

TEST_CASE("process: a deadline ends a group that ignores SIGTERM and keeps what it said", "[base][process]") {
  const auto ran = shell("trap '' TERM; echo before; sleep 30 & sleep 30", Call{}.within(milliseconds(150)));
  CHECK(ran.out == "before\n");
  CHECK(ran.finished.end == ProcessEnd::timed_out);
  CHECK(ran.finished.duration < milliseconds(5000));
}

TEST_CASE("process: a stop ends a running command at once", "[base][process]") {
  std::stop_source stop;
  const std::jthread stopper([&] {
    std::this_thread::sleep_for(milliseconds(50));
    stop.request_stop();
  });
  const auto ran = shell("sleep 30", Call{stop.get_token(), Call::Clock::time_point::max()});
  CHECK(ran.finished.end == ProcessEnd::cancelled);
  CHECK(ran.finished.duration < milliseconds(5000));
}

TEST_CASE("process: who is patient lets a program that was stopped keep what it has", "[base][process]") {
  std::stop_source stop;
  ProcessSpec spec;
  spec.argv = {"/bin/sh", "-c", "trap 'sleep 0.5; echo kept; exit 3' TERM; echo ready; while :; do sleep 0.1; done"};
  std::string out;
  // On stderr the shell may say that its sleep was stopped too.
  const auto hear = [&](OutputStream stream, std::string_view text) {
    if (stream == OutputStream::standard_output) out += text;
    if (out == "ready\n") stop.request_stop();
  };
  const auto finished = run_patiently(spec, hear, Call{stop.get_token()}, std::chrono::minutes(1));
  REQUIRE(finished);
  CHECK(finished->end == ProcessEnd::cancelled);
  CHECK(finished->exit_code == 3);
  CHECK(out == "ready\nkept\n");
}

TEST_CASE("process: a grandchild that holds stdout does not hold us", "[base][process]") {
  const auto ran = shell("sleep 30 & echo done");
  CHECK(ran.out == "done\n");
  CHECK(ran.finished.duration < milliseconds(5000));
}

TEST_CASE("process: endless output is cut off", "[base][process]") {
  const auto ran = shell("yes", {}, 100'000);
  CHECK(ran.finished.end == ProcessEnd::output_limit);
  CHECK(ran.out.size() < 2'000'000);
}

TEST_CASE("process: a limit is set, and never above what is allowed", "[base][process]") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    rlimit after{};
    const bool held = set_limit({RLIMIT_NOFILE, 32, RLIM_INFINITY}) && ::getrlimit(RLIMIT_NOFILE, &after) == 0 &&
                      after.rlim_cur == 32 && after.rlim_max == before.rlim_max && !set_limit({-1, 0, 0});
    ::_exit(held ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("process: a program that is not there is an error that names it", "[base][process]") {
  ProcessSpec spec;
  spec.argv = {"/no/such/program"};
  const auto ran = run_process(spec, {}, {});
  REQUIRE_FALSE(ran);
  CHECK(ran.error().message == "can't run /no/such/program: No such file or directory");
}

TEST_CASE("process: what is watched can end a program, or be left alone", "[base][process]") {
  const Fd wake(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
  ProcessSpec spec;
  spec.argv = {"/bin/sh", "-c", "sleep 100"};
  int asked = 0;
  const auto ask = [&](Reaction reaction) {
    return [&asked, reaction] {
      ++asked;
      return reaction;
    };
  };
  spec.watched = {{wake.get(), ask(Reaction::end_program)}};
  const auto ended = run_process(spec, {}, {});
  REQUIRE(ended);
  CHECK(ended->end == ProcessEnd::alarmed);
  CHECK(asked == 1);

  spec.argv = {"/bin/sh", "-c", "exit 3"};
  spec.watched = {{wake.get(), ask(Reaction::stop_watching)}};
  const auto left = run_process(spec, {}, {});
  REQUIRE(left);
  CHECK(left->end == ProcessEnd::exited);
  CHECK(left->exit_code == 3);
}

TEST_CASE("process: a program dies with us, however we die", "[base][process]") {
  auto said = make_pipe();
  REQUIRE(said);
  const pid_t us = ::fork();
  if (us == 0) {
    ProcessSpec spec;
    spec.argv = {"/bin/sh", "-c", "echo $$; exec sleep 100"};
    const auto pass = [&](OutputStream, std::string_view bytes) {
      [[maybe_unused]] const auto sent = write_all(said->write_end.get(), bytes);
    };
    [[maybe_unused]] const auto never = run_process(spec, pass, {});
    ::_exit(0);
  }
  said->write_end.reset();
  std::string line(32, ' ');
  REQUIRE(::read(said->read_end.get(), line.data(), line.size()) > 0);
  const Fd program(static_cast<int>(::syscall(SYS_pidfd_open, std::stoi(line), 0)));
  REQUIRE(program.valid());
  ::kill(us, SIGKILL);
  ::waitpid(us, nullptr, 0);
  pollfd gone{program.get(), POLLIN, 0};
  CHECK(::poll(&gone, 1, 20'000) == 1);
}

TEST_CASE("process: a control group that can't be entered is an error, not a program outside of it",
          "[base][process]") {
  ProcessSpec spec;
  spec.argv = {"/bin/true"};
  spec.groups = {-1};
  const auto ran = run_process(spec, {}, {});
  REQUIRE_FALSE(ran);
  CHECK(ran.error().message.find("can't run /bin/true") == 0);
}

TEST_CASE("process: where it can't be born in a control group it enters one, or is not started", "[base][process]") {
  const Fd no_group(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  auto door = make_pipe();
  REQUIRE(door);
  ProcessSpec spec;
  spec.argv = {"/bin/true"};
  spec.born_in = no_group.get();
  CHECK_FALSE(run_process(spec, {}, {}));
  spec.groups = {-1};
  CHECK_FALSE(run_process(spec, {}, {}));
  spec.groups = {door->write_end.get()};
  REQUIRE(run_process(spec, {}, {}));
  door->write_end.reset();
  CHECK(read_all(door->read_end.get(), 10) == std::string("0"));
}

TEST_CASE("process: it can be born in a control group of version 2", "[base][process]") {
  const std::string group = "/sys/fs/cgroup/unified/errand-test-" + random_hex(8);
  if (::mkdir(group.c_str(), 0755) != 0) {
    WARN("skipped, no groups of version 2 can be made here");
    return;
  }
  const Fd directory(::open(group.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ProcessSpec spec;
  spec.argv = {"/bin/sed", "-n", "s/^0:://p", "/proc/self/cgroup"};
  spec.born_in = directory.get();
  std::string out;
  const auto ran = run_process(spec, [&](OutputStream, std::string_view piece) { out += piece; }, {});
  CHECK(::rmdir(group.c_str()) == 0);
  REQUIRE(ran);
  CHECK(out.substr(out.rfind('/') + 1) == file_name(group) + "\n");
}
