#include <fstream>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "support/tool_bench.hpp"

namespace errand::tool {
namespace {

using namespace std::string_literals;

TEST_CASE("Read: what the model sees of a file", "[tool][read]") {
  test::ToolBench bench;
  bench.write("a.txt", "one\ntwo\nthree\n");
  bench.write("empty", "");
  bench.write("bom.txt",
              "\xEF\xBB\xBF"
              "first\r\nsecond\r\n");
  bench.write("wide.txt", "\xFF\xFEh\0i\0\n\0"s);
  bench.write("data.gz", "\x1F\x8B\x08\0\0"s);
  bench.write("dir/x", "");
  struct Row {
    Json input;
    std::string text;
  };
  const std::vector<Row> rows = {
      {{{"file_path", "a.txt"}, {"offset", 2}, {"limit", 1}}, "     2\ttwo\n[lines 2-2 of 3; go on with offset=3]\n"},
      {{{"file_path", "a.txt"}}, "     1\tone\n     2\ttwo\n     3\tthree\n"},
      {{{"file_path", "a.txt"}, {"offset", 9}}, "error: \"a.txt\" has 3 lines; offset 9 is behind its end"},
      {{{"file_path", "empty"}}, "[the file \"empty\" is empty]"},
      {{{"file_path", "bom.txt"}}, "     1\tfirst\n     2\tsecond\n"},
      {{{"file_path", "wide.txt"}}, "     1\thi\n[the file is UTF-16, shown as UTF-8]\n"},
      {{{"file_path", "data.gz"}}, "error: \"data.gz\" is gzip data (5 bytes), not text"},
      {{{"file_path", "dir"}}, "error: \"dir\" is a directory, not a regular file"},
      {{{"file_path", "a.tx"}}, "error: no file \"a.tx\" in the workspace; similar: a.txt"},
      {{{"file_path", "/etc/passwd"}},
       "error: \"/etc/passwd\" is outside the workspace, and the user has not allowed it"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.input.dump());
    CHECK(bench.text("Read", row.input) == row.text);
  }
}

TEST_CASE("Read: a long file comes in parts that join to the whole", "[tool][read]") {
  test::ToolBench bench;
  std::string content;
  for (int i = 1; i <= 5000; ++i) content += fmt::format("line {} of the long file\n", i);
  bench.write("long.txt", content);
  std::string joined;
  int parts = 0;
  for (std::size_t offset = 1; offset <= 5000; ++parts) {
    auto text = bench.text("Read", {{"file_path", "long.txt"}, {"offset", offset}});
    REQUIRE(text.size() < 30'000);
    if (const auto note = text.rfind("[lines"); note != std::string::npos) text.resize(note);
    std::size_t lines = 0;
    for (std::size_t at = 0; at < text.size(); ++lines) {
      const auto end = text.find('\n', at) + 1;
      joined += text.substr(at + 7, end - at - 7);
      at = end;
    }
    offset += lines;
  }
  CHECK(joined == content);
  CHECK(parts > 3);
}

TEST_CASE("Read: images and PDF come as blocks, byte for byte", "[tool][read]") {
  test::ToolBench bench;
  const auto png = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\x1b[31m"s;
  bench.write("p.png", png);
  bench.write("d/doc.pdf", "%PDF-1.7\n%\xFF\xFF");
  const auto image = bench.call("Read", {{"file_path", "p.png"}});
  REQUIRE(image);
  CHECK(image->content == std::vector<chat::UserBlock>{chat::Image{"image/png", png}});
  const auto document = bench.call("Read", {{"file_path", "d/doc.pdf"}});
  REQUIRE(document);
  CHECK(document->content ==
        std::vector<chat::UserBlock>{chat::Document{"application/pdf", "doc.pdf", "%PDF-1.7\n%\xFF\xFF"}});
  bench.write("big.png", png + std::string(4'000'000, 'x'));
  CHECK(
      bench.text("Read", {{"file_path", "big.png"}}) ==
      "error: \"big.png\" (image/png) has 4000021 bytes; at most 3900000 can be shown: make it smaller with a program");
}

TEST_CASE("Read: of a huge file only the part that is wanted is looked at", "[tool][read]") {
  test::ToolBench bench;
  const auto path = bench.write("sparse", "first\n" + std::string(10'000, 'x') + "\n");
  std::filesystem::resize_file(path, std::uintmax_t{1} << 36U);
  const auto text = bench.text("Read", {{"file_path", "sparse"}, {"limit", 1}});
  CHECK(text == "     1\tfirst\n[lines 1-1 of more than 2; go on with offset=2]\n");
}

TEST_CASE("Read: paths are shown as the model can write them back", "[tool][read]") {
  test::ToolBench bench;
  bench.write("sub/a.bin", "\0"s);
  bench.write("b.bin", "\0"s);
  bench.cwd = bench.root() + "/sub";
  CHECK(bench.text("Read", {{"file_path", "a.bin"}}) == "error: \"a.bin\" is binary data (1 bytes), not text");
  CHECK(bench.text("Read", {{"file_path", "../b.bin"}}) ==
        "error: \"" + bench.root() + "/b.bin\" is binary data (1 bytes), not text");
}

}  // namespace
}  // namespace errand::tool
