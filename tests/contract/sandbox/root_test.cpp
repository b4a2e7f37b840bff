// Root at work in root's own workspace: commands are nobody to the kernel where mounts can be id-mapped.
#include <algorithm>
#include <filesystem>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "contract/sandbox/fixture.hpp"
#include "sandbox/bubblewrap.hpp"
#include "sandbox/id_map.hpp"

using namespace errand;
using test::Confined;

namespace {

bool can_map() {
  if (!test::can_confine()) return false;
  for (const auto& mechanism : test::shared_sandbox().level().mechanisms) {
    if (mechanism.name == "unprivileged user" && mechanism.on) return true;
  }
  WARN("skipped, not root or no id-mapped mounts here");
  return false;
}

// Whose is root's own program to a command: nobody's, unless the command is root.
constexpr auto owner_of_system = "stat -c %u /usr/bin/env; ";

struct ProcMount {
  std::string path;
  bool made = false;
  explicit ProcMount(std::string where) : path(std::move(where)) {
    test::make_directory(path);
    made = ::mount("proc", path.c_str(), "proc", 0, nullptr) == 0;
  }
  ProcMount(const ProcMount&) = delete;
  ProcMount& operator=(const ProcMount&) = delete;
  ~ProcMount() {
    if (made) ::umount2(path.c_str(), MNT_DETACH);
  }
};

}  // namespace

TEST_CASE("sandbox: root's command is nobody to the kernel, and owns root's files", "[sandbox][root]") {
  if (!can_map()) return;
  Confined f;
  test::put(f.dir / "ws/private", "mine\n");
  test::make_directory(f.dir / "ws/closed");
  test::put(f.dir / "ws/closed/.env", "A=1\n");
  test::put(f.dir / "ws/theirs", "not ours\n");
  test::make_directory(f.dir / "second");
  test::make_directory(f.dir / "read");
  test::put(f.dir / "read/private", "to be read\n");
  f.policy.writable.push_back(f.dir / "second");
  f.policy.readable.push_back(f.dir / "read");
  for (const char* path : {"ws/private", "ws/closed/.env", "read/private"}) ::chmod((f.dir / path).c_str(), 0600);
  ::chmod((f.dir / "ws/closed").c_str(), 0700);
  REQUIRE(::chown((f.dir / "ws/theirs").c_str(), 1234, 1234) == 0);

  const auto out = f.out(std::string(owner_of_system) +
                         "stat -c %u:%g private; cat private closed/.env ../read/private\n"
                         "echo made > made; echo also > ../second/also; mkdir -p closed/d; ln -s made link\n"
                         "stat -c %u:%g made closed/d\n"
                         "(echo x >> closed/.env) 2>/dev/null || echo guarded\n"
                         "(echo x >> ../read/private) 2>/dev/null || echo read-only\n"
                         "(echo x >> theirs) 2>/dev/null || echo theirs\n"
                         "rm -f theirs && echo removed\n"
                         "chmod g+s made 2>/dev/null || echo 'no set-id'\n");
  CHECK(out ==
        "65534\n1000:1000\nmine\nA=1\nto be read\n1000:1000\n1000:1000\nguarded\nread-only\ntheirs\nremoved\nno "
        "set-id\n");
  for (const char* path : {"ws/made", "second/also", "ws/closed/d", "ws/link"}) {
    struct stat info {};
    REQUIRE(::lstat((f.dir / path).c_str(), &info) == 0);
    CAPTURE(path);
    CHECK(info.st_uid == 0);
    CHECK(info.st_gid == 0);
  }
}

TEST_CASE("sandbox: commands make files with the user's mask", "[sandbox][root]") {
  if (!test::can_confine()) return;
  const Confined f;
  const auto before = ::umask(027);
  const auto out = f.out("umask; echo x > made; stat -c %a made");
  ::umask(before);
  CHECK(out == "0027\n640\n");
}

TEST_CASE("sandbox: where a workspace can't be id-mapped root's commands run without", "[sandbox][root]") {
  if (!can_map()) return;
  const Confined f;
  const ProcMount proc(f.dir / "ws/p");
  if (!proc.made) return;
  CHECK(f.out(std::string(owner_of_system) + "echo made > made && stat -c %u made") == "1000\n1000\n");
}

TEST_CASE("sandbox: a bubblewrap that nobody may start is started as root", "[sandbox][root]") {
  if (!can_map()) return;
  Confined f;
  const auto bwrap = f.dir / "bwrap";
  REQUIRE(std::filesystem::copy_file("/usr/bin/bwrap", bwrap));
  REQUIRE(::chmod(bwrap.c_str(), 0700) == 0);
  const auto box = sandbox::open_bubblewrap_at({bwrap});
  sandbox::Command command;
  command.argv = {"/bin/stat", "-c", "%u", "/usr/bin/env"};
  command.cwd = f.policy.workspace;
  std::string out;
  const auto ran = box->run(command, f.policy, [&](OutputStream, std::string_view piece) { out += piece; }, {});
  REQUIRE(ran);
  CHECK(out == "1000\n");
  const auto level = box->level();
  const auto found = std::ranges::find(level.mechanisms, std::string("unprivileged user"), &sandbox::Mechanism::name);
  REQUIRE(found != level.mechanisms.end());
  CHECK_FALSE(found->on);
}

TEST_CASE("id map: a mount that can't be mapped is named, and nothing is changed", "[sandbox][root]") {
  if (!can_map()) return;
  sandbox::IdMap map;
  const auto mapping = map.mapping();
  REQUIRE(mapping);
  const Fd tmp(::open("/tmp", O_PATH | O_CLOEXEC));
  const Fd proc(::open("/proc", O_PATH | O_CLOEXEC));
  const std::vector<sandbox::Mount> before = {{"/proc", sandbox::MountKind::read_only, proc.get()},
                                              {"/tmp", sandbox::MountKind::writable, tmp.get()},
                                              {"/tmp/cover", sandbox::MountKind::empty_directory, -1}};
  auto mounts = before;
  const auto refused = sandbox::MappedMounts::make(*mapping, mounts);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("\"/proc\" can't be id-mapped") == 0);
  CHECK(mounts == before);

  mounts = {{"/tmp", sandbox::MountKind::writable, proc.get()}};
  const auto replaced = sandbox::MappedMounts::make(*mapping, mounts);
  REQUIRE_FALSE(replaced);
}

TEST_CASE("id map: is given up once, and not after it worked", "[sandbox][root]") {
  if (!can_map()) return;
  sandbox::IdMap fails;
  REQUIRE(fails.mapping());
  CHECK(fails.give_up());
  CHECK_FALSE(fails.mapping());
  CHECK_FALSE(fails.give_up());
  CHECK_FALSE(fails.refusal().empty());
  fails.take_up();
  CHECK(fails.mapping());

  sandbox::IdMap works;
  REQUIRE(works.mapping());
  works.worked();
  CHECK_FALSE(works.give_up());
  CHECK(works.mapping());
}
