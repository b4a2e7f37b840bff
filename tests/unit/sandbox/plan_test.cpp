#include "sandbox/plan.hpp"

#include <catch2/catch.hpp>

#include "sandbox/guard.hpp"
#include "support/temp_dir.hpp"
#include "unit/sandbox/files.hpp"

using namespace errand;
using namespace errand::sandbox;

namespace {

std::string_view name_of_kind(MountKind kind) {
  switch (kind) {
    case MountKind::read_only:
      return "ro ";
    case MountKind::writable:
      return "rw ";
    case MountKind::empty_directory:
      return "empty ";
    case MountKind::unreadable_file:
      return "unreadable ";
  }
  return "?";
}

struct Fixture {
  test::TempDir dir;
  SandboxPolicy policy;
  GuardCache guards;

  Fixture() {
    policy.workspace = dir / "ws";
    policy.writable = {policy.workspace};
    test::put(dir / "ws/src/main.cpp", "");
  }

  // "kind path" a line, the temporary directory left out; or the error.
  std::string plan() {
    const auto planned = plan_mounts(policy, find_guarded(policy, guards));
    if (!planned)
      return std::string(errand::name_of(planned.error().kind)) + ": " + short_form(planned.error().message);
    std::string out;
    for (const auto& mount : planned->mounts) {
      out += std::string(name_of_kind(mount.kind)) + short_form(mount.path) + "\n";
      const bool needs_source = mount.kind == MountKind::read_only || mount.kind == MountKind::writable;
      CHECK((mount.source >= 0) == needs_source);
    }
    return out;
  }

  [[nodiscard]] std::string short_form(std::string text) const {
    for (auto at = text.find(dir.path()); at != std::string::npos; at = text.find(dir.path())) {
      text.replace(at, dir.path().size(), "");
    }
    return text;
  }
};

}  // namespace

TEST_CASE("plan: what is guarded is read-only and what is above it can't be renamed", "[sandbox][plan]") {
  Fixture f;
  test::put(f.dir / "ws/.git/config", "");
  test::put(f.dir / "ws/.git/HEAD", "");
  test::put(f.dir / "ws/.github/workflows/ci.yml", "");
  test::put(f.dir / "ws/.env.local", "");
  test::put(f.dir / "ws/agents.yaml", "");
  test::put(f.dir / "ws/src/agents.yaml", "");
  CHECK(f.plan() ==
        "rw /ws\n"
        "ro /ws/.env.local\n"
        "rw /ws/.git\n"
        "ro /ws/.git/config\n"
        "ro /ws/.git/hooks\n"
        "rw /ws/.github\n"
        "ro /ws/.github/workflows\n"
        "ro /ws/agents.yaml\n");
}

TEST_CASE("plan: repositories in the workspace are guarded too, submodules as well", "[sandbox][plan]") {
  Fixture f;
  test::put(f.dir / "ws/third/lib/.git/config", "");
  test::put(f.dir / "ws/sub/.git", "gitdir: ../.git/modules/group/sub");
  test::put(f.dir / "ws/.git/modules/group/sub/HEAD", "");
  test::put(f.dir / "ws/.git/modules/group/sub/config", "");
  test::put(f.dir / "ws/.git/worktrees/one/gitdir", "");
  CHECK(f.plan() ==
        "rw /ws\n"
        "rw /ws/.git\n"
        "ro /ws/.git/hooks\n"
        "rw /ws/.git/modules\n"
        "rw /ws/.git/modules/group\n"
        "rw /ws/.git/modules/group/sub\n"
        "ro /ws/.git/modules/group/sub/config\n"
        "ro /ws/.git/modules/group/sub/hooks\n"
        "rw /ws/.git/worktrees\n"
        "rw /ws/.git/worktrees/one\n"
        "ro /ws/.git/worktrees/one/gitdir\n"
        "rw /ws/sub\n"
        "ro /ws/sub/.git\n"
        "rw /ws/third\n"
        "rw /ws/third/lib\n"
        "rw /ws/third/lib/.git\n"
        "ro /ws/third/lib/.git/config\n"
        "ro /ws/third/lib/.git/hooks\n");
}

TEST_CASE("plan: covers, exceptions and roots lie on each other as the policy nests them", "[sandbox][plan]") {
  Fixture f;
  test::put(f.dir / "ws/a/data/files/s1/x", "");
  test::make_directory(f.dir / "ws/a/data/user/workspace");
  test::put(f.dir / "ws/token", "");
  test::make_directory(f.dir / "ws/docs");
  test::make_directory(f.dir / "other/data");
  f.policy.writable.push_back(f.dir / "ws/a/data/user/workspace");
  f.policy.readable = {f.dir / "ws/docs", f.dir / "not-there"};
  f.policy.hidden = {f.dir / "ws/a/data", f.dir / "ws/token", f.dir / "other/data", f.dir / "ws/none"};
  f.policy.shown = {f.dir / "ws/a/data/files/s1"};
  CHECK(f.plan() ==
        "rw /ws\n"
        "rw /ws/a\n"
        "empty /ws/a/data\n"
        "ro /ws/a/data/files/s1\n"
        "rw /ws/a/data/user/workspace\n"
        "ro /ws/docs\n"
        "unreadable /ws/token\n");
}

TEST_CASE("plan: a read-only workspace needs no guards, and no directory in it becomes writable", "[sandbox][plan]") {
  Fixture f;
  test::put(f.dir / "ws/.git/config", "");
  test::make_directory(f.dir / "ws/a/b/out");
  f.policy.writable = {f.dir / "ws/a/b/out"};
  f.policy.readable = {f.policy.workspace};
  CHECK(f.plan() == "ro /ws\nrw /ws/a/b/out\n");
}

TEST_CASE("plan: a guarded name that is a symbolic link refuses the shell", "[sandbox][plan]") {
  Fixture f;
  test::make_directory(f.dir / "ws/shared");
  const auto name = GENERATE(".vscode", ".git", "src/.claude", ".github", "skills");
  test::link_to(f.dir / "ws/shared", f.dir / "ws/" + name);
  CHECK(f.plan() == "denied: the shell is refused because \"/ws/" + std::string(name) +
                        "\" goes through a symbolic link, which can't be protected");
}

TEST_CASE("plan: a link at .env is let be", "[sandbox][plan]") {
  Fixture f;
  test::link_to("shared.env", f.dir / "ws/.env");
  CHECK(f.plan() == "rw /ws\n");
}

TEST_CASE("plan: what was guarded once and lies behind a link now is not followed", "[sandbox][plan]") {
  Fixture f;
  test::put(f.dir / "ws/sub/.vscode/tasks.json", "");
  CHECK(f.plan() == "rw /ws\nrw /ws/sub\nro /ws/sub/.vscode\n");
  std::filesystem::rename(f.dir / "ws/sub", f.dir / "ws/moved");
  test::link_to("moved", f.dir / "ws/sub");
  CHECK(f.plan() == "rw /ws\nrw /ws/moved\nro /ws/moved/.vscode\n");
}

TEST_CASE("plan: a workspace that is not there, or is a link, is an error", "[sandbox][plan]") {
  Fixture f;
  std::filesystem::rename(f.dir / "ws", f.dir / "real");
  CHECK(f.plan() == "failure: the workspace \"/ws\" is not there");
  test::link_to("real", f.dir / "ws");
  CHECK(f.plan() ==
        "denied: the shell is refused because \"/ws\" goes through a symbolic link, which can't be protected");
}

TEST_CASE("plan: a guarded name that came later is found at the top", "[sandbox][plan]") {
  Fixture f;
  CHECK(f.plan() == "rw /ws\n");
  test::put(f.dir / "ws/.mcp.json", "{}");
  CHECK(f.plan() == "rw /ws\nro /ws/.mcp.json\n");
}

TEST_CASE("plan: a guarded name that came later is found deeper down too", "[sandbox][plan]") {
  Fixture f;
  test::make_directory(f.dir / "ws/a/b");
  CHECK(f.plan() == "rw /ws\n");
  test::put(f.dir / "ws/a/b/.envrc", "");
  CHECK(f.plan() == "rw /ws\nrw /ws/a\nrw /ws/a/b\nro /ws/a/b/.envrc\n");
}
