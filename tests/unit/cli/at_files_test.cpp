#include "cli/at_files.hpp"

#include <cstdlib>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "base/text.hpp"
#include "support/temp_dir.hpp"

using namespace errand;
using namespace errand::cli;
using Texts = std::vector<std::string>;

namespace {

// What is told of the words of a prompt; "D" stands for the directory.
Texts told(const test::TempDir& directory, const std::string& prompt) {
  auto out = told_of(at_words(text::replace_all(prompt, "D", directory.path())));
  for (auto& line : out) line = text::replace_all(line, directory.path(), "D");
  return out;
}

}  // namespace

TEST_CASE("at files: what goes along is told with its size, what is not there as what it is", "[cli][chat]") {
  const test::TempDir directory;
  REQUIRE(write_file_atomic(directory / "a.txt", "twelve bytes"));
  REQUIRE(write_file_atomic(directory / "two words.txt", std::string(3000, 'x')));
  REQUIRE(write_file_atomic(directory / "what.", "?"));

  CHECK(told(directory, "see @D/a.txt.") == Texts{"D/a.txt goes along (12 bytes)"});
  CHECK(told(directory, "@D/a.txt and (@D/a.txt)") == Texts{"D/a.txt goes along (12 bytes)"});
  CHECK(told(directory, "@D/what.") == Texts{"D/what. goes along (1 byte)"});
  CHECK(told(directory, "@\"D/two words.txt\" now") == Texts{"D/two words.txt goes along (3 KiB)"});
  CHECK(told(directory, "in @D, look") == Texts{"@D is sent as it is: a directory"});
  CHECK(told(directory, "@D/none.txt?") == Texts{"@D/none.txt is sent as it is: there is no such file"});
  CHECK(told(directory, "@\"no such\"") == Texts{"@\"no such\" is sent as it is: there is no such file"});
}

TEST_CASE("at files: of many that are none a few are told, and each that goes along", "[cli][chat]") {
  const test::TempDir directory;
  REQUIRE(write_file_atomic(directory / "a.txt", "x"));
  std::string prompt;
  for (int i = 0; i < 20; ++i) prompt += "@x/" + std::to_string(i) + " ";
  const auto lines = told(directory, prompt + "@D/a.txt");
  REQUIRE(lines.size() == 7);
  CHECK(lines[0] == "@x/0 is sent as it is: there is no such file");
  CHECK(lines[5] == "D/a.txt goes along (1 byte)");
  CHECK(lines[6] == "and 15 more with an @ are sent as they are");
  CHECK(told(directory, "@x/" + std::string(5000, 'y')).at(0).size() < 250);
}

TEST_CASE("at files: nobody's name and nobody's address is taken for a path", "[cli][chat]") {
  for (const auto* prompt : {"thank @alice", "me@example.com", "@", "@ a.txt", "@.", "@\"", "@\"\"", "@...", "a@b/c"}) {
    CAPTURE(prompt);
    CHECK(at_words(prompt).empty());
  }
}
