// When no sandbox can be made: nothing runs, and the error says what to do.
#include <filesystem>

#include "contract/sandbox/fixture.hpp"
#include "sandbox/bubblewrap.hpp"

using namespace errand;
using namespace errand::sandbox;
using test::Confined;

namespace {

std::string program(const test::TempDir& dir, const std::string& script) {
  auto path = dir / "bwrap";
  test::put(path, "#!/bin/bash\n" + script + "\n");
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

Result<Finished> run_true(const Sandbox& sandbox, const Confined& f, std::string* out = nullptr) {
  Command command;
  command.argv = {"/bin/bash", "-c", "echo ran; touch ran"};
  command.cwd = f.policy.workspace;
  const auto collect = [&](OutputStream, std::string_view piece) {
    if (out != nullptr) *out += piece;
  };
  return sandbox.run(command, f.policy, collect, {});
}

}  // namespace

TEST_CASE("sandbox: without bubblewrap nothing runs, and the package is named", "[sandbox][failure]") {
  const Confined f;
  const auto sandbox = open_bubblewrap_at({f.dir / "not-there", f.dir.path()});
  const auto ran = run_true(*sandbox, f);
  REQUIRE_FALSE(ran);
  CHECK(ran.error().kind == ErrorKind::denied);
  CHECK(ran.error().message == "no sandbox can be made: bubblewrap is not installed");
  CHECK(ran.error().hint.find("install the package bubblewrap") == 0);
  CHECK(sandbox->level().name == "unavailable");
  CHECK_FALSE(path_exists(f.dir / "ws/ran"));
}

TEST_CASE("sandbox: bubblewrap's own failure is no exit code of the command", "[sandbox][failure]") {
  const Confined f;
  const auto sandbox = open_bubblewrap_at(
      {program(f.dir, "echo 'bwrap: No permissions to create new namespace, likely because …' >&2; exit 1")});
  std::string out;
  const auto ran = run_true(*sandbox, f, &out);
  REQUIRE_FALSE(ran);
  CHECK(ran.error().kind == ErrorKind::denied);
  CHECK(ran.error().message == "no sandbox can be made: this system lets programs make no user namespaces");
  CHECK(out.empty());
  const auto level = sandbox->level();
  CHECK(level.name == "unavailable");
  CHECK(level.why.find("this system lets programs make no user namespaces") != std::string::npos);
}

TEST_CASE("sandbox: a program that pretends to be bubblewrap and exits with 0 ran nothing", "[sandbox][failure]") {
  const Confined f;
  const auto sandbox = open_bubblewrap_at({program(f.dir, "exit 0")});
  const auto ran = run_true(*sandbox, f);
  REQUIRE_FALSE(ran);
  CHECK(ran.error().message == "no sandbox can be made: bubblewrap ended without a word");
}

TEST_CASE("sandbox: an older bubblewrap without --bind-fd works too", "[sandbox][failure]") {
  if (!test::can_confine()) return;
  const Confined f;
  const auto sandbox = open_bubblewrap_at({program(f.dir,
                                                   "if grep -qz -e --bind-fd -e --ro-bind-fd /proc/self/fd/$2; then\n"
                                                   "  echo 'bwrap: Unknown option --bind-fd' >&2; exit 1\n"
                                                   "fi\n"
                                                   "exec /usr/bin/bwrap \"$@\"")});
  for (int i = 0; i < 2; ++i) {
    std::string out;
    const auto ran = run_true(*sandbox, f, &out);
    REQUIRE(ran);
    CHECK(out == "ran\n");
  }
  CHECK(path_exists(f.dir / "ws/ran"));
}

TEST_CASE("sandbox: what can't be shown or started is refused before anything runs", "[sandbox][failure]") {
  if (!test::can_confine()) return;
  Confined f;
  Command command;
  command.argv = {"/bin/true"};
  const auto refusal = [&](const std::string& cwd) {
    command.cwd = cwd;
    const auto ran = test::shared_sandbox().run(command, f.policy, {}, {});
    return ran ? "ran" : std::string(name_of(ran.error().kind)) + ": " + ran.error().message;
  };
  CHECK(refusal("/etc") == "denied: the working directory \"/etc\" is outside the workspace");
  CHECK(refusal(f.dir / "ws/none") == "failure: the working directory \"" + (f.dir / "ws/none") + "\" is not there");
  command.argv = {"/no/such/program"};
  CHECK(refusal(f.policy.workspace) == "failure: can't run /no/such/program in the sandbox: No such file or directory");
  f.policy.writable = {"/"};
  CHECK(refusal("/tmp") == "denied: the shell is refused: \"/\" can't be shown to commands");
  const std::string home = std::getenv("HOME") != nullptr ? std::getenv("HOME") : "/root";
  f.policy.workspace = home;
  f.policy.writable = {home};
  CHECK(refusal(home).find("holds your home directory") != std::string::npos);
}

TEST_CASE("sandbox: switched off by the user, commands run bare with a clean environment", "[sandbox][failure]") {
  Confined f;
  f.policy.enforced = false;
  REQUIRE(::setenv("ERRAND_TEST_SECRET", "hunter2", 1) == 0);
  const auto ran = f.run("pwd; env | grep -c hunter2; cat ../outside; exit 4");
  ::unsetenv("ERRAND_TEST_SECRET");
  CHECK(ran.out == f.policy.workspace + "\n0\noutside");
  CHECK(ran.finished.exit_code == 4);
  CHECK(level_under(test::shared_sandbox(), f.policy).name == "off");
}
