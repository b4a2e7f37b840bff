// What a confined command can't see or change.
#include <cstdlib>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "contract/sandbox/fixture.hpp"

using namespace errand;
using test::Confined;

TEST_CASE("sandbox: no network, not even the host's own loopback", "[sandbox][confinement]") {
  if (!test::can_confine()) return;
  const Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(listener.get(), 1) == 0);
  REQUIRE(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  const auto connect = "(exec 3<>/dev/tcp/127.0.0.1/" + std::to_string(ntohs(address.sin_port)) +
                       ") 2>/dev/null && echo reached || echo refused";

  Confined f;
  CHECK(f.out(connect) == "refused\n");
  CHECK(f.out("tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '") == "lo\n");
  f.policy.network = sandbox::NetworkAccess::allowlist;
  CHECK(f.out(connect) == "refused\n");
  f.policy.network = sandbox::NetworkAccess::full;
  CHECK(f.out(connect) == "reached\n");
}

TEST_CASE("sandbox: the host's processes can't be seen", "[sandbox][confinement]") {
  if (!test::can_confine()) return;
  const Confined f;
  // Only the sandbox's own: bubblewrap, the shell and what it starts.
  CHECK(f.out("[ $(ls -d /proc/[0-9]* | wc -l) -lt 8 ] && cat /proc/1/comm") == "bwrap\n");
  CHECK(f.out("kill -0 " + std::to_string(::getpid()) + " 2>/dev/null && cat /proc/" + std::to_string(::getpid()) +
              "/comm; true") == "");
}

TEST_CASE("sandbox: nothing of the host but programs and the roots can be seen", "[sandbox][confinement]") {
  if (!test::can_confine()) return;
  const Confined f;
  CHECK(f.out("for p in /etc/shadow /etc/sudoers /etc/ssh /etc/ssl/private /boot /run /srv /sys /mnt /opt '" +
              (f.dir / "outside") + "'; do [ -e \"$p\" ] && echo \"$p\"; done; true")
            .empty());
}

TEST_CASE("sandbox: what was not named is empty or missing", "[sandbox][confinement]") {
  if (!test::can_confine()) return;
  const Confined f;
  CHECK(f.out("ls -A ~") == "");
  CHECK(f.out("cat " + (f.dir / "outside") + " 2>&1").find("No such file") != std::string::npos);
  CHECK(f.out("cut -d: -f1 /etc/passwd | xargs") == "root user nobody\n");
}

TEST_CASE("sandbox: a secret in our environment is nowhere inside, nor on the command line", "[sandbox][confinement]") {
  if (!test::can_confine()) return;
  REQUIRE(::setenv("ERRAND_TEST_SECRET", "hunter2-in-the-environment", 1) == 0);
  Confined f;
  f.policy.env = {{"PASSED", "passed-on-purpose"}};
  const auto inside = f.out("env; cat /proc/*/environ | tr '\\0' '\\n'");
  ::unsetenv("ERRAND_TEST_SECRET");
  CHECK(inside.find("hunter2") == std::string::npos);
  CHECK(inside.find("PASSED=passed-on-purpose") != std::string::npos);
  CHECK(f.out("cat /proc/1/cmdline | tr '\\0' ' '").find("passed-on-purpose") == std::string::npos);
}

TEST_CASE("sandbox: only the three standard descriptors are open", "[sandbox][confinement]") {
  if (!test::can_confine()) return;
  const Confined f;
  CHECK(f.out("ls /proc/self/fd | xargs") == "0 1 2 3\n");  // 3 is ls reading
}

TEST_CASE("sandbox: hidden data is empty also inside the workspace, what is shown can be read",
          "[sandbox][confinement]") {
  if (!test::can_confine()) return;
  Confined f;
  test::put(f.dir / "ws/deep/data/store.db", "rows");
  test::put(f.dir / "ws/deep/data/files/s1/whole.txt", "whole");
  test::put(f.dir / "ws/deep/data/files/s2/whole.txt", "another session's");
  test::put(f.dir / "ws/token", "secret");
  f.policy.hidden = {f.dir / "ws/deep/data", f.dir / "ws/token"};
  f.policy.shown = {f.dir / "ws/deep/data/files/s1"};
  CHECK(f.out("find deep -type f; cat deep/data/files/s1/whole.txt") == "deep/data/files/s1/whole.txt\nwhole");
  CHECK(f.out("cat token 2>/dev/null || echo unreadable") == "unreadable\n");
  CHECK(f.out("touch deep/data/x deep/data/files/s1/x deep/data/files/s2/x 2>&1 | grep -c 'Read-only\\|No such'") ==
        "3\n");
  CHECK(f.out("mv deep other 2>/dev/null || rm -rf deep/data 2>/dev/null || echo kept") == "kept\n");
  CHECK(test::content_of(f.dir / "ws/deep/data/store.db") == "rows");
}

TEST_CASE("sandbox: git's hooks and configuration can't be written, replaced or moved", "[sandbox][confinement]") {
  if (!test::can_confine()) return;
  const Confined f;
  test::put(f.dir / "ws/.git/config", "[core]\n");
  test::put(f.dir / "ws/.git/hooks/pre-commit", "true");
  const auto attempt =
      GENERATE(as<std::string>{}, "echo evil > .git/hooks/pre-commit", "echo evil > .git/hooks/pre-push",
               "echo evil >> .git/config", "mv .git x && cp -r x .git && echo evil > .git/config",
               "rm -rf .git/hooks && mkdir .git/hooks && echo evil > .git/hooks/pre-commit",
               "ln -sf /tmp/evil .git/config", "mv .git/hooks .git/old");
  CAPTURE(attempt);
  CHECK(f.out("(" + attempt + ") >/dev/null 2>&1 && echo done || echo failed") == "failed\n");
  CHECK(test::content_of(f.dir / "ws/.git/config") == "[core]\n");
  CHECK(test::content_of(f.dir / "ws/.git/hooks/pre-commit") == "true");
  CHECK_FALSE(path_exists(f.dir / "ws/.git/hooks/pre-push"));
}

TEST_CASE("sandbox: a read-only root can't be written", "[sandbox][confinement]") {
  if (!test::can_confine()) return;
  Confined f;
  test::put(f.dir / "docs/guide.md", "guide");
  test::put(f.dir / "one.txt", "one");
  f.policy.readable = {f.dir / "docs", f.dir / "one.txt"};
  CHECK(f.out("cat " + (f.dir / "docs/guide.md") + " " + (f.dir / "one.txt")) == "guideone");
  CHECK(f.out("touch " + (f.dir / "docs/x") + " 2>/dev/null || echo refused") == "refused\n");
}

TEST_CASE("sandbox: the system can't be changed, as root neither", "[sandbox][confinement]") {
  if (!test::can_confine()) return;
  const Confined f;
  CHECK(f.out("for p in / /etc /dev /usr /usr/bin /var /proc/sys/kernel/core_pattern /etc/passwd; do "
              "[ -w $p ] && echo $p; done; true")
            .empty());
  CHECK(f.out("grep CapEff /proc/self/status | cut -f2") == "0000000000000000\n");
  CHECK(f.out("(: > /dev/tty) 2>/dev/null && echo terminal || echo none") == "none\n");
}

TEST_CASE("sandbox: files, descriptors, cores and temporary space are bounded", "[sandbox][confinement]") {
  if (!test::can_confine()) return;
  const Confined f;
  CHECK(f.out("ulimit -n; ulimit -c") == "4096\n0\n");
  CHECK(f.run("truncate -s 3G huge").finished.exit_code != 0);
  CHECK(f.out("df --output=size -B1M /tmp /dev/shm ~ | tail -n +2 | xargs") == "1024 64 256\n");
}

TEST_CASE("sandbox: a process that only burns time is ended", "[sandbox][confinement]") {
  if (!test::can_confine()) return;
  Confined f;
  f.policy.cpu = std::chrono::milliseconds(500);
  CHECK(f.run("bash -c 'while :; do :; done'").finished.exit_code == 128 + 24);  // SIGXCPU
}
