#include "policy/path_rules.hpp"

#include <catch2/catch.hpp>

using namespace errand;
using namespace errand::policy;

namespace {

const Roots roots{"/home/u/project", "/home/u"};

struct Case {
  std::string pattern;
  std::string path;
  bool strict = false;
  bool wide = false;
};

}  // namespace

TEST_CASE("path rules: patterns start where their first characters say", "[policy][paths]") {
  const std::vector<Case> cases = {
      {"src/**", "/home/u/project/src/a/b.cpp", true, true},
      {"src/**", "/home/u/project/lib/src/a.cpp", false, false},
      {"src/**", "/home/u/projectsrc/a", false, false},
      {"src", "/home/u/project/lib/src/a.cpp", true, true},
      {"src/", "/home/u/project/src/a.cpp", true, true},
      {"build/", "/home/u/project/build", false, true},
      {"*.key", "/home/u/project/deep/er/x.key", true, true},
      {"*.key", "/etc/x.key", false, true},
      {"**/*.key", "/etc/x.key", false, true},
      {"a/*.key", "/etc/a/x.key", false, false},
      {"/top.md", "/home/u/project/top.md", true, true},
      {"/top.md", "/home/u/project/a/top.md", false, false},
      {"./secrets/**", "/home/u/project/secrets/a", true, true},
      {"./secrets/**", "/home/u/project/a/secrets/a", false, false},
      {"./top.md", "/home/u/project/a/top.md", false, false},
      {"../other/**", "/home/u/other/a", true, true},
      {"../other/**", "/home/u/project/other/a", false, false},
      {"../../**", "/home/x", true, true},
      {"//etc/passwd", "/etc/passwd", true, true},
      {"//etc/passwd", "/home/u/project/etc/passwd", false, false},
      {"//etc/../root/**", "/root/x", true, true},
      {"//", "/anything", true, true},
      {"//**", "/anything/at/all", true, true},
      {"~/.ssh/**", "/home/u/.ssh/id_ed25519", true, true},
      {"~/.ssh", "/home/u/.ssh/id_ed25519", true, true},
      {"~", "/home/u/x", true, true},
      {"~", "/home/other/x", false, false},
      {".", "/home/u/project/a/b", true, true},
      {"./", "/home/u/project", true, true},
      {"*", "/home/u/project/a/b", true, true},
      {"*", "/etc/passwd", false, true},
      {"!src/**", "/home/u/project/src/a", false, false},
      {"#x", "/home/u/project/#x", true, true},
      {"src/./a//b", "/home/u/project/src/a/b", true, true},
      {"src/[id].ts", "/home/u/project/src/i.ts", true, true},
      {"src/\\[id].ts", "/home/u/project/src/[id].ts", true, true},
  };
  for (const auto& c : cases) {
    CAPTURE(c.pattern, c.path);
    CHECK(PathPattern(c.pattern, roots).covers(c.path, Reading::strict) == c.strict);
    CHECK(PathPattern(c.pattern, roots).covers(c.path, Reading::wide) == c.wide);
  }
}

TEST_CASE("path rules: the pattern for a path covers it and no other", "[policy][paths]") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"/home/u/project/src/x.cpp", "//home/u/project/src/x.cpp"},
      {"/home/u/project/Makefile", "//home/u/project/Makefile"},
      {"/home/u/project/a/[id] *.ts", "//home/u/project/a/\\[id] \\*.ts"},
      {"/etc/hosts", "//etc/hosts"},
      {"/~/x", "//~/x"},
      {"/!a/b", "//!a/b"},
      {"/#a/b", "//#a/b"},
      {"/ a/b", "// a/b"},
      {"/home/u/project", "//home/u/project"},
      {"/", "//"},
      {"/home/u/project/a\x1b/b", ""},
      {"/home/u/project/a\nb", ""},
      {"/home/u/project/a ", ""},
      {"relative", ""},
  };
  for (const auto& [path, pattern] : cases) {
    CAPTURE(path);
    CHECK(pattern_for(path) == pattern);
    if (pattern.empty()) continue;
    CHECK(PathPattern(pattern, roots).covers(path, Reading::strict));
    CHECK(PathPattern(pattern, {"/elsewhere", "/home/u"}).covers(path, Reading::strict));
  }
  const PathPattern one(pattern_for("/home/u/project/Makefile"), roots);
  CHECK_FALSE(one.covers("/home/u/project/a/Makefile", Reading::strict));
  CHECK_FALSE(one.covers("/elsewhere/Makefile", Reading::strict));
}
