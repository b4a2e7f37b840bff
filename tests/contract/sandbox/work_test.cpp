// The work people do: it must not be in the sandbox's way.
#include <sys/stat.h>
#include <unistd.h>

#include "contract/sandbox/fixture.hpp"

using namespace errand;
using test::Confined;

namespace {

bool has_program(const char* path) {
  if (::access(path, X_OK) == 0) return true;
  WARN("skipped, not installed: " << path);
  return false;
}

}  // namespace

TEST_CASE("sandbox: files are written to the workspace with the user's rights", "[sandbox][work]") {
  if (!test::can_confine()) return;
  const Confined f;
  CHECK(f.out("mkdir -p a/b && echo text > a/b/file && mv a/b/file c && ln c d && rm c && cat d") == "text\n");
  CHECK(test::content_of(f.dir / "ws/d") == "text\n");
  struct stat info {};
  REQUIRE(::stat((f.dir / "ws/d").c_str(), &info) == 0);
  CHECK(info.st_uid == ::geteuid());
}

TEST_CASE("sandbox: /tmp and the home directory can be used and are private", "[sandbox][work]") {
  if (!test::can_confine()) return;
  const Confined f;
  CHECK(
      f.out("echo x > /tmp/errand-x && echo y > ~/errand-y && mktemp >/dev/null && cat /var/tmp/errand-x ~/errand-y") ==
      "x\ny\n");
  CHECK_FALSE(path_exists("/tmp/errand-x"));
  CHECK(f.out("ls /tmp/errand-x 2>/dev/null").empty());
}

TEST_CASE("sandbox: text is UTF-8", "[sandbox][work]") {
  if (!test::can_confine()) return;
  const Confined f;
  CHECK(f.out("printf 'äöü' | wc -m; touch 'naïve file'; ls") == "3\nnaïve file\n");
}

TEST_CASE("sandbox: a repository can be committed to", "[sandbox][work]") {
  if (!test::can_confine() || !has_program("/usr/bin/git")) return;
  Confined f;
  f.policy.env = {{"GIT_AUTHOR_NAME", "A"},
                  {"GIT_AUTHOR_EMAIL", "a@example.com"},
                  {"GIT_COMMITTER_NAME", "A"},
                  {"GIT_COMMITTER_EMAIL", "a@example.com"}};
  REQUIRE(f.run("git init -q .").finished.exit_code == 0);
  // The second command finds the hooks and the configuration guarded.
  CHECK(
      f.out("echo one > file && git add file && git commit -q -m first && git log --format=%s && git status --short &&"
            " git checkout -q -b other && git stash list && git gc -q && git fsck 2>&1") == "first\n");
}

TEST_CASE("sandbox: programs can be compiled, in parallel, and run", "[sandbox][work]") {
  if (!test::can_confine() || !has_program("/usr/bin/gcc") || !has_program("/usr/bin/make")) return;
  const Confined f;
  test::put(f.dir / "ws/Makefile", "all: a b\n\t./a; ./b\n%: %.c\n\tgcc -o $@ $<\n.SILENT:\n");
  for (const auto* name : {"a", "b"}) {
    test::put(f.dir / "ws/" + name + ".c",
              "#include <stdio.h>\nint main(void) { return puts(\"" + std::string(name) + "\") < 0; }\n");
  }
  CHECK(f.out("make -j2") == "a\nb\n");
}

TEST_CASE("sandbox: Python runs, with its processes and shared memory", "[sandbox][work]") {
  if (!test::can_confine() || !has_program("/usr/bin/python3")) return;
  const Confined f;
  test::put(f.dir / "ws/pool.py",
            "import multiprocessing\n"
            "if __name__ == '__main__':\n"
            "    with multiprocessing.Pool(2) as pool: print(sum(pool.map(abs, [-1, -2, 3])))\n");
  CHECK(f.out("python3 pool.py") == "6\n");
}
