#include "base/glob.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "base/process.hpp"
#include "base/text.hpp"
#include "support/temp_dir.hpp"

using namespace errand;
using namespace errand::glob;

namespace {

const std::vector<std::string> tree_files = {
    "a",
    "a.txt",
    "b/a",
    "b/a.txt",
    "b/c/a",
    "b/c/a.txt",
    "b/c/d/e.cpp",
    "foo/bar",
    "foo/x/bar",
    "foo/x/y/bar",
    "foobar",
    "foo*bar",
    ".hidden",
    "b/.hidden/x",
    "src/main.cpp",
    "src/main.h",
    "src/[id].ts",
    "src/i.ts",
    "build/o.o",
    "b/build/o.o",
    "#hash",
    "!bang",
    "trail ",
    "UP/Case.TXT",
    "n1",
    "n22",
    "x-y",
    "back\\slash",
    "deep/a/b/c/d/e/f/g",
};

const std::vector<std::string> ignore_lines = {
    "a",
    "/a",
    "a.txt",
    "*.txt",
    "/*.txt",
    "b/",
    "b",
    "/b/a",
    "b/*",
    "b/**",
    "b/*/a",
    "b/**/a",
    "**/a",
    "**/c/a",
    "**",
    "*",
    "foo/**/bar",
    "foo/*/bar",
    "foo/bar/",
    "foo*bar",
    "foo\\*bar",
    "foo?bar",
    ".hidden",
    ".*",
    "src/*.[ch]",
    "src/*.[!h]*",
    "src/[id].ts",
    "src/\\[id].ts",
    "build/",
    "/build",
    "b/build/",
    "\\#hash",
    "#hash",
    "\\!bang",
    "!bang",
    "trail",
    "trail\\ ",
    "trail   ",
    "[A-Z]*",
    "n[0-9]",
    "n[[:digit:]]*",
    "x[-_]y",
    "[x]-y",
    "*/",
    "/*/",
    "**/x/**",
    "deep/**/f/g",
    "deep/**/b/**/g",
    "de**p",
    "a/**",
    "/",
    "//",
    "./a",
    "src/",
    "src/main",
    "main.*",
    "**/**/a",
    "a[]]b",
    "back\\\\slash",
    "b/c/",
    "c/d",
    "/c",
    "*o*b*r",
    "f*o/**",
    "src/main.cpp\r",
    "[[:upper:]]*",
    "[^a-z]*",
    "*[!a-z]",
    "?",
    "??",
};

std::string run(const std::string& directory, const std::string& script) {
  ProcessSpec spec;
  spec.argv = {"/bin/sh", "-c", script};
  spec.env = {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1"};
  spec.directory = directory;
  std::string out;
  const auto finished = run_process(
      spec, [&](OutputStream, std::string_view s) { out += s; }, Call{});
  REQUIRE(finished);
  return out;
}

void write(const std::string& path, const std::string& content) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path) << content;
}

std::vector<std::string> covered_by(const std::string& line) {
  std::vector<std::string> out;
  const auto pattern = IgnorePattern::parse(line);
  if (!pattern || pattern->negated()) return out;
  for (const auto& file : tree_files) {
    if (pattern->covers(file, EntryKind::file)) out.push_back(file);
  }
  return out;
}

}  // namespace

TEST_CASE("glob: an ignore pattern covers the files that git says it covers", "[base][glob]") {
  const test::TempDir repository;
  run(repository.path(), "git init -q .");
  if (!std::filesystem::exists(repository / ".git")) {
    WARN("git is not installed: not compared");
    return;
  }
  for (const auto& file : tree_files) write(repository / file, "");
  std::string listed;
  for (const auto& file : tree_files) listed += file + '\0';
  write(repository / ".git/list", listed);

  for (const auto& line : ignore_lines) {
    write(repository / ".gitignore", line + "\n");
    auto by_git = text::split(run(repository.path(), "git check-ignore --no-index -z --stdin < .git/list"), '\0');
    by_git.pop_back();
    CAPTURE(line);
    CHECK(covered_by(line) == by_git);
  }
}

TEST_CASE("glob: many stars take no more than a moment", "[base][glob]") {
  std::string stars;
  std::string depths;
  std::string path;
  for (int i = 0; i < 50; ++i) {
    stars += "*a";
    depths += "**/a/";
    path += "a/";
  }
  CHECK_FALSE(Pattern(stars + "b").matches(std::string(5000, 'a')));
  CHECK_FALSE(Pattern(depths + "b").matches(path + path + path + "a"));
  CHECK(Pattern(depths + "**").matches(path + path + path + "a"));
}

TEST_CASE("glob: '?' and sets take a character, a broken set is text", "[base][glob]") {
  CHECK(Pattern("?.txt").matches("ä.txt"));
  CHECK(Pattern("[à-ü].txt").matches("ä.txt"));
  CHECK_FALSE(Pattern("[!ä].txt").matches("ä.txt"));
  CHECK(Pattern("a[b").matches("a[b"));
  CHECK(Pattern("a\\").matches("a\\"));
  CHECK(Pattern("\xFF?").matches("\xFF\xFE"));
  CHECK_FALSE(Pattern("").matches("a"));
  CHECK_FALSE(Pattern("*").matches("a/b"));
}

TEST_CASE("glob: a walk enters only what can hold a match", "[base][glob]") {
  const Pattern pattern("src/*/x/**/*.cpp");
  for (const auto* directory : {"", "src", "src/a", "src/a/x", "src/a/x/deep/er"}) {
    CAPTURE(directory);
    CHECK(pattern.may_match_below(directory));
  }
  for (const auto* directory : {"lib", "src/a/y", "s"}) {
    CAPTURE(directory);
    CHECK_FALSE(pattern.may_match_below(directory));
  }
  CHECK_FALSE(Pattern("*.cpp").may_match_below("src"));
}

TEST_CASE("glob: braces are the patterns they stand for, in order", "[base][glob]") {
  using Strings = std::vector<std::string>;
  CHECK(expand_braces("*.{cpp,hpp}").value() == Strings{"*.cpp", "*.hpp"});
  CHECK(expand_braces("{a,b{c,d},}x{1,2}").value() ==
        Strings{"ax1", "ax2", "bcx1", "bcx2", "bdx1", "bdx2", "x1", "x2"});
  for (const auto* literal : {"{a}", "{a,b", "a}b", "\\{a,b}", "[{]a,b}", ""}) {
    CAPTURE(literal);
    CHECK(expand_braces(literal).value() == Strings{literal});
  }
  std::string bomb;
  for (int i = 0; i < 40; ++i) bomb += "{a,b}";
  CHECK(expand_braces(bomb).error().kind == ErrorKind::failure);
}

TEST_CASE("glob: in an ignore file the last match decides", "[base][glob]") {
  const auto list = IgnoreList::parse("\xEF\xBB\xBF*.log\r\n\n# text\n!keep.log\nout/\n");
  using Verdict = IgnoreList::Verdict;
  CHECK(list.verdict("a.log", EntryKind::file) == Verdict::ignored);
  CHECK(list.verdict("x/keep.log", EntryKind::file) == Verdict::kept);
  CHECK(list.verdict("out", EntryKind::directory) == Verdict::ignored);
  CHECK(list.verdict("out", EntryKind::file) == Verdict::unmentioned);
}
