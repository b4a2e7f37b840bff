// What holds inside beside namespaces and mounts: system calls, privileges, memory, processes, names not there yet.
#include <cerrno>
#include <filesystem>

#include <linux/keyctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "contract/sandbox/fixture.hpp"
#include "sandbox/repository.hpp"

using namespace errand;
using test::Confined;

namespace {

// What a system call says inside: its errno, 0 when it worked. Perl is part of every Debian system.
std::string error_of(const Confined& f, const std::string& arguments) {
  return f.out("perl -e 'my ($f, $g) = (\"f\", \"g\"); $! = 0; syscall(" + arguments + "); print $! + 0'");
}

std::string number(long n) {
  return std::to_string(n);
}

}  // namespace

TEST_CASE("second stage: system calls that reach around a sandbox are refused", "[sandbox][inner]") {
  if (!test::can_confine()) return;
  const Confined f;
  struct Row {
    std::string call;
    int expected;
  };
  const auto row = GENERATE(values<Row>({
      {number(SYS_keyctl) + ", " + number(KEYCTL_GET_KEYRING_ID) + ", -3, 0", EPERM},
      {number(SYS_unshare) + ", 268435456", EPERM},  // CLONE_NEWUSER
      {number(SYS_mount) + ", 0, 0, 0, 0, 0", EPERM},
      {number(SYS_setns) + ", 0, 0", EPERM},
      {number(SYS_bpf) + ", 0, 0, 0", EPERM},
      {number(SYS_userfaultfd) + ", 0", EPERM},
      {number(SYS_perf_event_open) + ", 0, 0, 0, 0, 0", EPERM},
      {number(SYS_io_uring_setup) + ", 1, 0", EPERM},
      {number(SYS_open_by_handle_at) + ", 0, 0, 0", EPERM},
      {number(SYS_process_vm_readv) + ", 1, 0, 0, 0, 0, 0", EPERM},
      {number(SYS_clone) + ", 268435456, 0, 0, 0, 0", EPERM},
      {number(SYS_clone3) + ", 0, 0", ENOSYS},
      {number(SYS_openat2) + ", 0, 0, 0, 0", ENOSYS},
      {number(SYS_socket) + ", 40, 1, 0", EAFNOSUPPORT},          // AF_VSOCK leaves a network namespace
      {number(SYS_socket) + ", 4294967336, 1, 0", EAFNOSUPPORT},  // the same with a bit the kernel does not look at
      {number(SYS_socket) + ", 17, 3, 0", EAFNOSUPPORT},          // AF_PACKET
      {number(SYS_ioctl) + ", 0, 21522, 0", EPERM},               // TIOCSTI
      {number(SYS_ioctl) + ", 0, 4294988818, 0", EPERM},
      {number(SYS_chmod) + ", $f, 2541", EPERM},                                    // 04755
      {number(SYS_openat) + ", -100, $g, 65, 1517", ::geteuid() == 0 ? EPERM : 0},  // O_CREAT|O_WRONLY, 02755
      {number(452) + ", -100, $f, 2541, 0", EPERM},                                 // fchmodat2
      {number(SYS_openat) + ", -100, $f, 0, 2541", 0},  // no O_CREAT: the mode means nothing
      {number(SYS_chmod) + ", $f, 493", 0},
      {number(SYS_socket) + ", 1, 1, 0", 0},
  }));
  test::put(f.dir / "ws/f", "");
  CAPTURE(row.call);
  CHECK(error_of(f, row.call) == number(row.expected));
}

TEST_CASE("second stage: no privilege is left, none can be gained", "[sandbox][inner]") {
  if (!test::can_confine()) return;
  const Confined f;
  CHECK(f.out("grep -E '^(Cap(Inh|Prm|Eff|Amb)|NoNewPrivs|Seccomp):' /proc/self/status | cut -f2 | xargs") ==
        "0000000000000000 0000000000000000 0000000000000000 0000000000000000 1 2\n");
  CHECK(f.out("su -c true 2>/dev/null && echo root || echo refused") == "refused\n");
}

TEST_CASE("second stage: /proc takes no writes, own children can be traced and signalled", "[sandbox][inner]") {
  if (!test::can_confine()) return;
  const Confined f;
  const bool has_landlock = [] {
    const auto level = test::shared_sandbox().level();
    return std::ranges::any_of(level.mechanisms, [](const auto& m) { return m.name == "Landlock" && m.on; });
  }();
  if (has_landlock) CHECK(f.out("(: > /proc/self/comm) 2>/dev/null && echo written || echo refused") == "refused\n");
  if (has_landlock) CHECK(f.out("cat /proc/1/environ 2>/dev/null | wc -c") == "0\n");
  CHECK(f.out("sleep 100 & kill $! && wait $! 2>/dev/null; echo $?") == "143\n");
  // PTRACE_TRACEME
  CHECK(error_of(f, number(SYS_ptrace) + ", 0, 0, 0, 0") == "0");
}

TEST_CASE("second stage: memory and processes are bounded together", "[sandbox][inner]") {
  if (!test::can_confine()) return;
  Confined f;
  f.policy.memory_bytes = std::uint64_t{64} << 20U;
  f.policy.processes = 40;
  const auto level = test::shared_sandbox().level();
  const auto holds = [&](const std::string& name) {
    return std::ranges::any_of(level.mechanisms, [&](const auto& m) { return m.name == name && m.on; });
  };
  if (holds("memory limit")) {
    const auto ended = f.run("perl -e 'my @x; for (1 .. 200) { push @x, \"x\" x (1 << 20) } print \"survived\"'");
    CHECK(ended.out.find("survived") == std::string::npos);
    CHECK(ended.finished.note.find("all of its memory, 64 MiB") != std::string::npos);
    CHECK(f.out("echo next") == "next\n");
  } else {
    WARN("this machine can't bound the memory of all processes together");
  }
  if (holds("process limit")) {
    const auto forks = f.out(
        "perl -e 'my $n = 0; for (1 .. 200) { my $p = fork; last unless defined $p; "
        "if (!$p) { sleep 100; exit } $n++ } print $n < 40 ? \"bounded\" : $n'");
    CHECK(forks == "bounded");
  } else {
    WARN("this machine can't bound the number of processes");
  }
}

TEST_CASE("second stage: a command that makes a name that steers other programs is ended, the name moved aside",
          "[sandbox][inner]") {
  if (!test::can_confine()) return;
  const Confined f;
  test::put(f.dir / "ws/.git/config", "[core]\n");
  test::put(f.dir / "ws/.github/FUNDING.yml", "");
  struct Row {
    std::string script;
    std::string made;
  };
  const auto row = GENERATE(values<Row>({
      {"echo x > .mcp.json", ".mcp.json"},
      {"mkdir .vscode", ".vscode"},
      {"mkdir a && mv a .claude", ".claude"},
      {"ln -s /etc .husky", ".husky"},
      {"echo 'allow: [Bash]' > agents.yaml", "agents.yaml"},
      {"echo KEY=x > .env", ".env"},
      {"echo ../other > .git/commondir", ".git/commondir"},
      {"mkdir .github/workflows", ".github/workflows"},
      {"touch a && ln a .bashrc", ".bashrc"},
  }));
  CAPTURE(row.script);
  const auto ran = f.run(row.script + " && while :; do :; done");
  CHECK(ran.finished.end == ProcessEnd::alarmed);
  CHECK(ran.finished.note.find("the command made \"" + row.made + "\" (now \"" + file_name(row.made) + ".held-") == 0);
  CHECK_FALSE(path_exists(f.dir / ("ws/" + row.made)));
  CHECK(f.run("true").finished.end == ProcessEnd::exited);
}

TEST_CASE("second stage: a new repository stays unless it would run something", "[sandbox][inner]") {
  if (!test::can_confine()) return;
  const Confined f;
  const auto plain = f.run("git init -q . && git config user.name me && git remote add o https://example.com/x.git");
  CHECK(plain.finished.end == ProcessEnd::exited);
  CHECK(plain.finished.exit_code == 0);
  CHECK(path_exists(f.dir / "ws/.git/config"));
  const Confined g;
  const auto armed = g.run("git init -q . && echo true > .git/hooks/pre-commit");
  CHECK(armed.finished.end == ProcessEnd::alarmed);
  CHECK_FALSE(path_exists(g.dir / "ws/.git"));
}

TEST_CASE("second stage: repositories that would run something are moved aside, wherever they are made",
          "[sandbox][inner]") {
  if (!test::can_confine()) return;
  const Confined f;
  REQUIRE(
      f.run("git init -q . && git -c user.name=a -c user.email=b commit -q --allow-empty -m x").finished.exit_code ==
      0);
  struct Row {
    std::string script;
    std::string made;
  };
  const auto row = GENERATE(values<Row>({
      {"git init -q sub && git -C sub config core.fsmonitor ./run", "sub/.git"},
      {"git init -q sub && printf '[core] fsmonitor = \"run\" #]\n' >> sub/.git/config", "sub/.git"},
      {"git init -q sub && echo run > sub/.git/hooks/post-checkout", "sub/.git"},
      {"mkdir -p w/objects w/refs && echo x > w/HEAD && printf '[core]\nfsmonitor = run\n' > w/config", "w"},
      {"mkdir objects refs && echo x > HEAD && printf '[core]\nfsmonitor = run\n' > config", "config"},
      {"git worktree add -q wt && echo ../../evil > .git/worktrees/wt/commondir", ".git/worktrees/wt"},
      {"mkdir .git/modules && git init -q --separate-git-dir .git/modules/z zz && git -C zz config core.fsmonitor run",
       ".git/modules/z"},
      {"rm -rf a && git init -q a && rm -rf a/.git && echo 'gitdir: ../evil' > .git/commondir", ".git/commondir"},
      {"mv .git/info .git/old && mkdir .git/info && echo '* filter=x' > .git/info/attributes", ".git/info/attributes"},
      {"echo K=1 > .env.production", ".env.production"},
  }));
  CAPTURE(row.script);
  const auto ran = f.run(row.script);
  CAPTURE(ran.out, ran.finished.note);
  CHECK(ran.finished.end == ProcessEnd::alarmed);
  CHECK(ran.finished.note.find("\"" + row.made + "\" (now \"") != std::string::npos);
  CHECK_FALSE(path_exists(f.dir / ("ws/" + row.made)));
}

TEST_CASE("second stage: a repository without a configuration gets none from a later command", "[sandbox][inner]") {
  if (!test::can_confine()) return;
  const Confined f;
  REQUIRE(f.run("git init -q . && rm .git/config").finished.end == ProcessEnd::exited);
  CHECK(f.run("printf '[core]\nfsmonitor = run\n' > .git/config").finished.end == ProcessEnd::alarmed);
  CHECK_FALSE(path_exists(f.dir / "ws/.git/config"));
}

TEST_CASE("second stage: many files, many directories and depth hide nothing", "[sandbox][inner]") {
  if (!test::can_confine()) return;
  const Confined f;
  test::put(f.dir / "ws/.git/config", "[core]\n");
  test::put(f.dir / "ws/proj/.git/config", "[core]\n");
  test::put(f.dir / "ws/a/b/c/d/e/.git/config", "[core]\n");
  f.run("for ((i = 0; i < 20000; i++)); do : > f$i; done; mkdir d{1..3000}");
  CHECK(f.out("for g in . proj a/b/c/d/e; do (echo x >> $g/.git/config) 2>/dev/null && echo $g; done; "
              "mv .git other 2>/dev/null && echo moved; true") == "");
}

TEST_CASE("second stage: a directory its owner closed can't be opened to change what is guarded in it",
          "[sandbox][inner]") {
  if (!test::can_confine()) return;
  if (::geteuid() != 0) return;  // as root, commands run as the workspace's owner
  Confined f;
  constexpr uid_t other = 4321;
  test::put(f.dir / "ws/.git/config", "[core]\n");
  test::put(f.dir / "ws/.git/HEAD", "ref: refs/heads/main\n");
  for (const auto* path : {"ws", "ws/.git", "ws/.git/config"}) {
    REQUIRE(::chown((f.dir / path).c_str(), other, other) == 0);
  }
  REQUIRE(::chmod(f.dir.path().c_str(), 0755) == 0);
  CHECK(f.out("chmod 0 .git && echo closed") == "closed\n");
  CHECK(f.out("chmod 755 .git 2>/dev/null; (echo x >> .git/config) 2>/dev/null || echo refused") == "refused\n");
  CHECK(test::content_of(f.dir / "ws/.git/config") == "[core]\n");
}

TEST_CASE("second stage: a repository made deeper is guarded from the next command on", "[sandbox][inner]") {
  if (!test::can_confine()) return;
  const Confined f;
  REQUIRE(f.out("true").empty());
  REQUIRE(f.run("mkdir sub && git init -q sub").finished.exit_code == 0);
  CHECK(f.out("(echo x > sub/.git/hooks/pre-commit) 2>/dev/null || echo refused") == "refused\n");
}

TEST_CASE("second stage: root works in somebody else's workspace as that user", "[sandbox][inner]") {
  if (!test::can_confine()) return;
  if (::geteuid() != 0) return;
  Confined f;
  constexpr uid_t other = 4321;
  REQUIRE(::chmod(f.dir.path().c_str(), 0755) == 0);
  REQUIRE(::chown(f.policy.workspace.c_str(), other, other) == 0);
  CHECK(f.out("touch made && echo written; (: > /proc/sys/kernel/core_pattern) 2>/dev/null || echo refused") ==
        "written\nrefused\n");
  struct stat info {};
  REQUIRE(::stat((f.dir / "ws/made").c_str(), &info) == 0);
  CHECK(info.st_uid == other);
}

TEST_CASE("repository: what its configuration may say before it runs something", "[sandbox][inner]") {
  const test::TempDir dir;
  struct Row {
    std::string config;
    bool runs;
  };
  const auto row = GENERATE(values<Row>({
      {"", false},
      {"[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n", false},
      {"[remote \"origin\"]\n\turl = https://example.com/a.git\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n",
       false},
      {"[branch \"main\"]\n\tremote = origin\n\tmerge = refs/heads/main\n[user]\n\tname = A\n", false},
      {"; a comment\n# another\n", false},
      {"[core]\n\tfsmonitor = ./run\n", true},
      {"[core]\n\tbare = false \\\n\tfsmonitor = ./run\n", true},
      {"[CORE]\n\thooksPath = .\n", true},
      {"[core] fsmonitor = ./run\n", true},
      {"[remote \"o\"]\n\turl = ext::sh -c run\n", true},
      {"[include]\n\tpath = ../evil\n", true},
      {"[alias]\n\tst = !run\n", true},
      {"[filter \"x\"]\n\tclean = run\n", true},
      {"[core.x]\n\tbare = 1\n", false},
      {"[core] fsmonitor = \"run\" #]\n", true},
      {"[remote \"a]b\"]\n\turl = https://example.com/a.git\n", false},
      {"[remote \"a\"] url = x ]\n", true},
      {"[remote \"o\"]\n\turl = ext:\":\"sh -c run\n", true},
      {"[pull]\n\trebase = true\n[advice]\n\tdetachedHead = false\n[commit]\n\tgpgsign = false\n", false},
      {"[submodule \"lib\"]\n\turl = https://example.com/lib.git\n\tactive = true\n", false},
      {"[submodule \"lib\"]\n\tupdate = !run\n", true},
  }));
  CAPTURE(row.config);
  test::put(dir / "git/config", row.config);
  CHECK(sandbox::repository_runs_programs(dir / "git") == row.runs);
}
