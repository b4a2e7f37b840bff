#include "store/memory.hpp"

#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sys/stat.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "support/temp_dir.hpp"

using namespace errand;
using namespace errand::store;
using namespace errand::test;

TEST_CASE("memory: what several writers note at once is all there", "[store][memory]") {
  const TempDir directory;
  const auto memory = memories_of(directory.path(), "ada", "/home/ada/w").project;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; i < 10; ++i) {
        if (!memory.add(fmt::format("note {} of {}", i, writer))) std::abort();
      }
    });
  }
  for (auto& writer : writers) writer.join();
  CHECK(text::lines(memory.read().value()).size() == 40);
  struct stat info {};
  REQUIRE(::stat(memory.path().c_str(), &info) == 0);
  CHECK((info.st_mode & 0777U) == 0600);
}

TEST_CASE("memory: a note is one line, kept once, and what a person wrote stays", "[store][memory]") {
  const TempDir directory;
  const auto memory = memories_of(directory.path(), "ada", "/w").user;
  CHECK(memory.read().value().empty());
  REQUIRE(memory.write("# Mine\n\nspeak French"));
  REQUIRE(memory.add("two\nlines\x1b[2J"));
  REQUIRE(memory.add("- speak French"));
  CHECK(memory.read().value().starts_with("# Mine\n\nspeak French\n- two lines"));
  CHECK(text::lines(memory.read().value()).size() == 4);
  CHECK(memory.read().value().find('\x1b') == std::string::npos);
  CHECK(memory.add(" \n ").error().kind == ErrorKind::failure);
}

TEST_CASE("memory: a note is removed when it is clear which one is meant", "[store][memory]") {
  const TempDir directory;
  const auto memory = memories_of(directory.path(), "ada", "/w").user;
  REQUIRE(memory.write("- use tabs\n- use tabs in C\nplain line\n"));
  CHECK(memory.remove("tabs").error().message == fmt::format("2 notes in {} hold \"tabs\"", memory.path()));
  CHECK(memory.remove("spaces").error().kind == ErrorKind::failure);
  REQUIRE(memory.remove("use tabs"));
  CHECK(memory.read().value() == "- use tabs in C\nplain line\n");
  REQUIRE(memory.remove("plain"));
  CHECK(memory.read().value() == "- use tabs in C\n");
}

TEST_CASE("memory: it does not grow beyond what fits a prompt", "[store][memory]") {
  const TempDir directory;
  const auto memory = memories_of(directory.path(), "ada", "/w").user;
  REQUIRE(memory.write(std::string(max_memory_bytes - 10, 'x') + "\n"));
  CHECK(memory.add("one more note").error().kind == ErrorKind::failure);
  CHECK(memory.read().value().size() == max_memory_bytes - 9);
}

TEST_CASE("memory: projects of one name have memories of their own", "[store][memory]") {
  const auto one = memories_of("/d", "ada", "/a/my tool").project.path();
  const auto other = memories_of("/d", "ada", "/b/my tool").project.path();
  CHECK(one != other);
  CHECK(one.starts_with("/d/ada/memory/projects/my_tool-"));
}
