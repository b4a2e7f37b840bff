#include "repl/editor/pasted_image.hpp"

#include <optional>
#include <string>

#include <catch2/catch.hpp>
#include <stdlib.h>

#include "base/file.hpp"
#include "support/temp_dir.hpp"

using namespace errand;
using namespace errand::repl;

namespace {

void make(const std::string& path) {
  REQUIRE(write_file_atomic(path, "bytes", 0600));
}

}  // namespace

TEST_CASE("pasted image: the path of an image, as terminals write it, is a word that attaches it", "[repl][editor]") {
  const test::TempDir dir;
  make(dir / "red.png");
  make(dir / "my shot (2).JPG");
  make(dir / "it's.webp");
  const auto plain = "@" + dir.path() + "/red.png ";
  const auto blanks = "@\"" + dir.path() + "/my shot (2).JPG\" ";
  CHECK(image_word(dir / "red.png") == plain);
  CHECK(image_word(" " + (dir / "red.png") + " \n") == plain);
  CHECK(image_word("'" + (dir / "red.png") + "'") == plain);
  CHECK(image_word("\"" + (dir / "red.png") + "\"") == plain);
  CHECK(image_word("file://" + (dir / "red.png")) == plain);
  CHECK(image_word("file://localhost" + (dir / "red.png")) == plain);
  CHECK(image_word(dir / "my shot (2).JPG") == blanks);
  CHECK(image_word(dir / "my\\ shot\\ \\(2\\).JPG") == blanks);
  CHECK(image_word("'" + (dir / "my shot (2).JPG") + "'") == blanks);
  CHECK(image_word("file://" + (dir / "my%20shot%20(2).JPG")) == blanks);
  CHECK(image_word("'" + (dir / "it'\\''s.webp") + "'") == "@" + dir.path() + "/it's.webp ");
}

TEST_CASE("pasted image: all else is text", "[repl][editor]") {
  const test::TempDir dir;
  make(dir / "red.png");
  make(dir / "notes.txt");
  make(dir / "quo\"te d.png");
  make(dir / "two\nlines.png");
  REQUIRE(make_directories(dir / "folder.png", 0700));
  const auto path = dir / "red.png";
  for (const auto& pasted :
       {std::string(), dir / "notes.txt", dir / "gone.png", dir / "folder.png", dir / "quo\"te d.png",
        dir / "two\nlines.png", path + " " + path, path + "\n" + path, "see " + path, std::string("red.png"),
        std::string("file://"), std::string("file://host") + path, "/" + std::string(5000, 'a') + ".png",
        path + std::string("\0.png", 5)}) {
    CAPTURE(pasted);
    CHECK(image_word(pasted) == std::nullopt);
  }
}
