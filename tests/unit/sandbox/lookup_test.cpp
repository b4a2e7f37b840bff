#include "sandbox/lookup.hpp"

#include <cerrno>

#include <catch2/catch.hpp>
#include <fcntl.h>

#include "sandbox/beneath.hpp"
#include "support/temp_dir.hpp"
#include "unit/sandbox/files.hpp"

using namespace errand;
using namespace errand::sandbox;

namespace {

std::string path_or_error(std::string_view path, const std::string& cwd) {
  const auto found = look_up(path, cwd, cwd + "/home");
  if (!found) return found.error().message;
  return found->path.substr(std::min(cwd.size(), found->path.size())) + (found->exists ? "" : " (missing)");
}

}  // namespace

TEST_CASE("lookup: links are followed where they lead, what is missing stays as written", "[sandbox][lookup]") {
  const test::TempDir dir;
  test::put(dir / "a/b/file", "");
  test::make_directory(dir / "home/docs");
  test::link_to("b", dir / "a/relative");
  test::link_to(dir / "a/b", dir / "absolute");
  test::link_to("../../nowhere/x", dir / "a/b/dangling");
  test::link_to("absolute/file", dir / "chain");

  struct Case {
    const char* path;
    const char* expected;
  };
  const auto c = GENERATE(values<Case>({
      {"a/./b//file", "/a/b/file"},
      {"a/relative/../b/file", "/a/b/file"},
      {"absolute/..", "/a"},
      {"absolute/../c", "/a/c (missing)"},
      {"chain", "/a/b/file"},
      {"a/b/dangling", "/nowhere/x (missing)"},
      {"new/dir/file", "/new/dir/file (missing)"},
      {"new/../a/b", "/a/b"},
      {"new/deep/../../absolute/file", "/a/b/file"},
      {"~", "/home"},
      {"~/docs", "/home/docs"},
      {"~other/x", "/~other/x (missing)"},
      {".", ""},
      {"a/b/", "/a/b"},
  }));
  CAPTURE(c.path);
  CHECK(path_or_error(c.path, dir.path()) == c.expected);
}

TEST_CASE("lookup: leaving by too many '..' ends at the root", "[sandbox][lookup]") {
  const auto found = look_up("../../../../../../../../../../etc/./passwd", "/usr/lib", "/");
  REQUIRE(found);
  CHECK(found->path == "/etc/passwd");
  CHECK(look_up("/..", "/", "/")->path == "/");
}

TEST_CASE("lookup: /proc's links count as what they point to", "[sandbox][lookup]") {
  CHECK(look_up("/proc/self/root/etc/passwd", "/", "/")->path == "/etc/passwd");
}

TEST_CASE("lookup: what can't be a path is refused in a sentence", "[sandbox][lookup]") {
  const test::TempDir dir;
  test::put(dir / "file", "");
  test::link_to("loop", dir / "loop");
  CHECK(path_or_error("", dir.path()) == "the path is empty");
  CHECK(path_or_error({"a\0b", 3}, dir.path()) == "the path has a NUL byte in it");
  CHECK(path_or_error("file/x", dir.path()) == "\"" + (dir / "file") + "\" is not a directory");
  CHECK(path_or_error("loop/x", dir.path()) == "can't look up \"loop/x\": Too many levels of symbolic links");
  CHECK(path_or_error(std::string(5000, 'a'), dir.path()) == "the path is longer than 4096 bytes");
  CHECK(path_or_error(std::string(256, 'a'), dir.path()).find("longer than 255 bytes") != std::string::npos);
}

TEST_CASE("lookup: a path in a sentence is one harmless line", "[sandbox][lookup]") {
  CHECK(shown_path("a\nb") == "a⏎b");
  CHECK(shown_path("a\x1b]0;x\x07"
                   "b\xff")
            .find('\x1b') == std::string::npos);
  CHECK(shown_path(std::string(5000, 'a')).size() < 400);
}

TEST_CASE("beneath: no link is followed and no '..' leaves, with openat2 and without", "[sandbox][lookup]") {
  const test::TempDir dir;
  test::put(dir / "root/a/file", "in");
  test::put(dir / "secret", "out");
  test::link_to("../secret", dir / "root/link");
  test::link_to("a", dir / "root/linked");
  const Fd root(::open((dir / "root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));

  struct Case {
    const char* path;
    int flags;
    int error;
  };
  const auto walk = GENERATE(Walk::openat2, Walk::components);
  const auto c = GENERATE(values<Case>({
      {"a/file", O_RDONLY, 0},
      {"a/file", O_PATH, 0},
      {"", O_PATH | O_DIRECTORY, 0},
      {"a", O_RDONLY | O_DIRECTORY, 0},
      {"link", O_RDONLY, ELOOP},
      {"link", O_PATH, ELOOP},
      {"linked/file", O_RDONLY, ELOOP},
      {"a/../../secret", O_RDONLY, EXDEV},
      {"missing", O_RDONLY, ENOENT},
      {"a/file", O_RDONLY | O_DIRECTORY, ENOTDIR},
      {"a/file/x", O_RDONLY, ENOTDIR},
  }));
  CAPTURE(c.path, c.flags, walk == Walk::openat2);
  errno = 0;
  const auto fd = open_beneath(root.get(), c.path, c.flags, walk);
  CHECK((fd ? 0 : errno) == c.error);
}
