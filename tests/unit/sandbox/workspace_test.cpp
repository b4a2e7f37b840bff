#include "sandbox/workspace.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "support/temp_dir.hpp"
#include "unit/sandbox/files.hpp"

using namespace errand;
using namespace errand::sandbox;

namespace {

// A workspace with a read-only root beside it, a hidden directory in it, and a secret outside.
struct Fixture {
  test::TempDir dir;
  SandboxPolicy policy;

  Fixture() {
    test::put(dir / "ws/src/main.cpp", "int main() {}\n");
    test::put(dir / "ws/data/store.db", "rows");
    test::put(dir / "ws/data/files/s1/whole.txt", "whole result");
    test::put(dir / "ws/.git/config", "[core]\n");
    test::put(dir / "docs/guide.md", "guide");
    test::put(dir / "secret", "top secret");
    policy.workspace = dir / "ws";
    policy.writable = {policy.workspace};
    policy.readable = {dir / "docs"};
    policy.hidden = {dir / "ws/data"};
    policy.shown = {dir / "ws/data/files/s1"};
  }

  [[nodiscard]] Resolved resolve(const Workspace& files, const std::string& path) const {
    const auto resolved = files.resolve(path, policy.workspace);
    REQUIRE(resolved);
    return *resolved;
  }

  // The content, or "kind: message" with the temporary directory as "T".
  [[nodiscard]] std::string read(const std::string& path, Leave leave = Leave::roots_only) const {
    const Workspace files(policy);
    const auto opened = files.open_file(resolve(files, path), leave);
    if (!opened) return outcome(opened.error());
    return read_all(opened->fd.get(), 1000).value();
  }

  [[nodiscard]] std::string write(const std::string& path, Leave leave = Leave::roots_only) const {
    const Workspace files(policy);
    const auto written = files.write_file(resolve(files, path), "new", nullptr, leave);
    return written ? "written" : outcome(written.error());
  }

  [[nodiscard]] std::string outcome(const Error& error) const {
    auto message = error.message;
    for (auto at = message.find(dir.path()); at != std::string::npos; at = message.find(dir.path())) {
      message.replace(at, dir.path().size(), "T");
    }
    return std::string(name_of(error.kind)) + ": " + message;
  }
};

}  // namespace

TEST_CASE("workspace: reading follows the place a link ends at", "[sandbox][workspace]") {
  const Fixture f;
  test::link_to(f.dir / "secret", f.dir / "ws/innocent.txt");
  test::link_to("../../docs/guide.md", f.dir / "ws/src/guide.md");
  test::link_to("data", f.dir / "ws/d");
  CHECK(f.read("src/main.cpp") == "int main() {}\n");
  CHECK(f.read("src/guide.md") == "guide");
  CHECK(f.read("innocent.txt") == "denied: \"T/secret\" is outside the workspace, and the user has not allowed it");
  CHECK(f.read("innocent.txt", Leave::outside_too) == "top secret");
  CHECK(f.read(".git/config") == "[core]\n");
  CHECK(f.read("data/files/s1/whole.txt") == "whole result");
  for (const auto leave : {Leave::roots_only, Leave::outside_too}) {
    CHECK(f.read("data/store.db", leave) ==
          "denied: \"data/store.db\" can't be used: it is the program's own data or configuration");
    CHECK(f.read("d/store.db", leave) == f.read("data/store.db", leave));
  }
}

TEST_CASE("workspace: only regular files are opened, and what else it is is named", "[sandbox][workspace]") {
  const Fixture f;
  REQUIRE(::mkfifo((f.dir / "ws/pipe").c_str(), 0600) == 0);
  const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = f.dir / "ws/socket";
  REQUIRE(path.size() < sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);

  CHECK(f.read("src") == "failure: \"src\" is a directory, not a regular file");
  CHECK(f.read("pipe") == "failure: \"pipe\" is a named pipe, not a regular file");
  CHECK(f.read("socket") == "failure: \"socket\" is a socket, not a regular file");
  CHECK(f.read("/dev/zero", Leave::outside_too) == "failure: \"/dev/zero\" is a device, not a regular file");
  CHECK(f.read("/proc/self/environ") == "denied: \"/proc/" + std::to_string(::getpid()) +
                                            "/environ\" is outside the workspace, and the user has not allowed it");
}

TEST_CASE("workspace: a file that is not there names what is", "[sandbox][workspace]") {
  const Fixture f;
  test::put(f.dir / "ws/src/min.cpp", "");
  CHECK(f.read("src/mian.cpp") ==
        "failure: no file \"src/mian.cpp\" in the workspace; similar: src/min.cpp, src/main.cpp");
  CHECK(f.read("scr/main.cpp") == "failure: no file \"scr/main.cpp\" in the workspace; similar: src");
  CHECK(f.read("dada") == "failure: no file \"dada\" in the workspace");
  CHECK(f.read(f.dir / "secre").find("similar") == std::string::npos);
  CHECK(f.read(f.dir / "secre", Leave::outside_too) == "failure: no file \"T/secre\"; similar: T/secret");
}

TEST_CASE("workspace: writing is for writable places and what the user allowed", "[sandbox][workspace]") {
  const Fixture f;
  CHECK(f.write("src/main.cpp") == "written");
  CHECK(test::content_of(f.dir / "ws/src/main.cpp") == "new");
  CHECK(f.write("a/b/c/new.txt") == "written");
  CHECK(test::content_of(f.dir / "ws/a/b/c/new.txt") == "new");
  CHECK(
      f.write(".git/hooks/pre-commit") ==
      "denied: \".git/hooks/pre-commit\" is protected because it steers programs outside the sandbox, and the user has "
      "not allowed to change it");
  CHECK(f.write(".git/config", Leave::outside_too) == "written");
  CHECK(f.write(f.dir / "docs/guide.md") ==
        "denied: \"T/docs/guide.md\" is read-only here, and the user has not allowed to change it");
  CHECK(f.write(f.dir / "secret") == "denied: \"T/secret\" is outside the workspace, and the user has not allowed it");
  CHECK(f.write(f.dir / "elsewhere/x", Leave::outside_too) == "written");
  CHECK(f.write("data/store.db", Leave::outside_too) ==
        "denied: \"data/store.db\" can't be used: it is the program's own data or configuration");
  CHECK(f.write("src") == "failure: \"src\" exists and is not a regular file");
  CHECK(f.write(".") == "failure: \".\" exists and is not a regular file");
}

TEST_CASE("workspace: a write keeps the mode, breaks hard links and leaves no temporary file", "[sandbox][workspace]") {
  const Fixture f;
  const auto tool = f.dir / "ws/tool.sh";
  test::put(tool, "old");
  REQUIRE(::chmod(tool.c_str(), 0751) == 0);
  REQUIRE(::link(tool.c_str(), (f.dir / "other_name").c_str()) == 0);
  CHECK(f.write("tool.sh") == "written");
  struct stat info {};
  REQUIRE(::stat(tool.c_str(), &info) == 0);
  CHECK((info.st_mode & 07777U) == 0751);
  CHECK(test::content_of(f.dir / "other_name") == "old");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(f.policy.workspace)) {
    CHECK(entry.path().filename().string().find(".errand-") == std::string::npos);
  }
}

TEST_CASE("workspace: what changed since it was read is not overwritten", "[sandbox][workspace]") {
  const Fixture f;
  const Workspace files(f.policy);
  const auto file = f.resolve(files, "src/main.cpp");
  const auto seen = files.open_file(file, Leave::roots_only)->info;
  const auto fresh = f.resolve(files, "src/new.cpp");

  REQUIRE(files.write_file(file, "int main() { return 1; }\n", &seen, Leave::roots_only));
  const auto again = files.write_file(file, "lost", &seen, Leave::roots_only);
  REQUIRE_FALSE(again);
  CHECK(f.outcome(again.error()) == "failure: \"src/main.cpp\" changed on disk since it was read; read it again");

  std::filesystem::remove(f.dir / "ws/src/main.cpp");
  const auto removed = files.write_file(file, "lost", &seen, Leave::roots_only);
  REQUIRE_FALSE(removed);
  CHECK(f.outcome(removed.error()) == "failure: \"src/main.cpp\" was removed since it was read; read it again");

  test::put(f.dir / "ws/src/new.cpp", "somebody else's");
  const auto made = files.write_file(fresh, "lost", nullptr, Leave::roots_only);
  REQUIRE_FALSE(made);
  CHECK(f.outcome(made.error()) == "failure: \"src/new.cpp\" was made by another program meanwhile; read it again");
  CHECK(test::content_of(f.dir / "ws/src/new.cpp") == "somebody else's");
}

TEST_CASE("workspace: directories open for listing and show no hidden names", "[sandbox][workspace]") {
  const Fixture f;
  const Workspace files(f.policy);
  CHECK(files.open_directory(f.resolve(files, "src"), Leave::roots_only));
  CHECK(files.open_directory(f.resolve(files, "."), Leave::roots_only));
  const auto file = files.open_directory(f.resolve(files, "src/main.cpp"), Leave::roots_only);
  REQUIRE_FALSE(file);
  CHECK(file.error().message == "\"src/main.cpp\" is not a directory");
  const auto gone = files.open_directory(f.resolve(files, "sources"), Leave::roots_only);
  REQUIRE_FALSE(gone);
  CHECK(gone.error().message == "no directory \"sources\" in the workspace");
  CHECK_FALSE(files.open_directory(f.resolve(files, "data"), Leave::outside_too));
  CHECK_FALSE(files.visible(f.dir / "ws/data"));
  CHECK(files.visible(f.dir / "ws/data/files/s1/whole.txt"));
  CHECK(files.visible(f.dir / "ws/src"));
}

TEST_CASE("workspace: a workspace that was removed and made anew is used anew", "[sandbox][workspace]") {
  const Fixture f;
  const Workspace files(f.policy);
  std::filesystem::remove_all(f.policy.workspace);
  test::put(f.dir / "ws/again.txt", "again");
  const auto opened = files.open_file(f.resolve(files, "again.txt"), Leave::roots_only);
  REQUIRE(opened);
  CHECK(read_all(opened->fd.get(), 100).value() == "again");
}

TEST_CASE("workspace: paths are shown relative to the workspace", "[sandbox][workspace]") {
  SandboxPolicy policy;
  policy.workspace = "/w";
  policy.writable = {"/w"};
  const Workspace files(policy);
  CHECK(files.display("/w") == ".");
  CHECK(files.display("/w/a/b") == "a/b");
  CHECK(files.display("/w2/a") == "/w2/a");
  CHECK(files.display("/w/a\x1b[2Jb").find('\x1b') == std::string::npos);
}
