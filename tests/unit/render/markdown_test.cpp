#include "render/markdown.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/unicode.hpp"

using namespace errand;
using namespace errand::render;

namespace {

using Lines = std::vector<std::string>;

void add(Lines& out, Lines more) {
  for (auto& line : more) out.push_back(std::move(line));
}

// What is finished at the end of `text`, which comes in pieces that `next_size` names.
template <class NextSize>
Lines rendered(std::string_view text, const Canvas& canvas, NextSize next_size) {
  Markdown markdown(canvas);
  Lines out;
  const auto looks = 1 + text.size() / 60;
  for (std::size_t i = 0; !text.empty(); ++i) {
    const auto size = std::min<std::size_t>(next_size(), text.size());
    markdown.feed(text.substr(0, size));
    add(out, markdown.take());
    if (i % looks == 0) (void)markdown.tail();  // looking changes nothing
    text.remove_prefix(size);
  }
  markdown.finish();
  add(out, markdown.take());
  return out;
}

Lines rendered(std::string_view text, const Canvas& canvas) {
  return rendered(text, canvas, [&] { return text.size(); });
}

Canvas canvas_of(std::size_t columns, ColorDepth depth = ColorDepth::none, Hyperlinks links = Hyperlinks::off) {
  return {Theme(depth, Background::dark), links, columns};
}

// A line without control sequences.
std::string plain(std::string_view line) {
  std::string out;
  while (!line.empty()) {
    if (line.starts_with("\x1b[")) {
      line.remove_prefix(line.find('m') + 1);
    } else if (line.starts_with("\x1b]")) {
      line.remove_prefix(line.find("\x1b\\") + 2);
    } else {
      out += line[0];
      line.remove_prefix(1);
    }
  }
  return out;
}

std::string page(const Lines& lines) {
  std::string out;
  for (const auto& line : lines) out += text::replace_all(line, "\x1b", "␛") + "\n";
  return out;
}

struct Face {
  std::string name;
  Canvas canvas;
};

std::vector<Face> faces() {
  return {{"80 columns", canvas_of(80)},
          {"40 columns", canvas_of(40)},
          {"20 columns", canvas_of(20)},
          {"80 columns, 16 colours", canvas_of(80, ColorDepth::ansi16)},
          {"40 columns, 256 colours, links", canvas_of(40, ColorDepth::ansi256, Hyperlinks::on)}};
}

std::vector<std::filesystem::path> inputs() {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator(ERRAND_SOURCE_DIR "/tests/golden/markdown")) {
    if (entry.path().extension() == ".md") out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("markdown: texts look as the golden files say, wherever the deltas are cut", "[render][markdown]") {
  const auto files = inputs();
  REQUIRE(files.size() > 8);
  for (const auto& file : files) {
    const auto text = read_file(file.string()).value();
    CAPTURE(file.string());
    std::string all;
    for (const auto& face : faces()) {
      CAPTURE(face.name);
      const auto whole = rendered(text, face.canvas);
      all += "=== " + face.name + "\n" + page(whole);
      CHECK(rendered(text, face.canvas, [] { return 1; }) == whole);
      std::mt19937 random(42);
      for (int i = 0; i < 2; ++i) {
        CHECK(rendered(text, face.canvas, [&] { return random() % 23 + 1; }) == whole);
      }
      for (const auto& line : whole) {
        CAPTURE(line);
        CHECK(unicode::width(plain(line)) <= face.canvas.columns);
      }
    }
    auto golden = file;
    golden.replace_extension(".txt");
    if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(golden) << all;
    CHECK(read_file(golden.string()).value() == all);
  }
}

TEST_CASE("markdown: a line is finished when nothing that follows can change it", "[render][markdown]") {
  Markdown markdown(canvas_of(40));
  const auto step = [&](std::string_view delta) {
    markdown.feed(delta);
    auto finished = markdown.take();
    return std::pair(finished, markdown.tail());
  };
  using Step = std::pair<Lines, Lines>;
  CHECK(step("One **bo") == Step{{}, {"One bo"}});
  CHECK(step("ld** word\n") == Step{{}, {"One bold word"}});
  CHECK(step("-") == Step{{}, {"One bold word"}});  // an item, a rule or an underline
  CHECK(step(" item [a](ht") == Step{{}, {"One bold word", "• item a"}});
  CHECK(step("tp://b)\n```py\n") == Step{{"One bold word", "• item a (http://b)"}, {}});
  CHECK(step("x = 1\ny") == Step{{"  x = 1"}, {"  y"}});
  CHECK(step(" = 2\n``") == Step{{"  y = 2"}, {}});
  CHECK(step("`\n\n| a | b |\n|--") == Step{{}, {"", "| a | b |"}});
  CHECK(step("|--|\n| 1") == Step{{}, {"", "a │ b", "──┼──"}});
  CHECK(step(" | 2 |\n\n") == Step{{"", "a │ b", "──┼──", "1 │ 2"}, {}});
}

TEST_CASE("markdown: what stays unfinished is bounded, whatever comes", "[render][markdown]") {
  const std::vector<std::string> floods = {repeated("word ", 6000),
                                           repeated("word **bold\n", 6000),
                                           repeated("x", 20000),
                                           repeated("日本語", 6000),
                                           "```\n" + repeated("int x; ", 6000),
                                           "    " + repeated("code\n    ", 6000),
                                           "| a | b |\n|--|--|\n" + repeated("| 1 | 2 |\n", 5000),
                                           repeated("> ", 8000),
                                           repeated("- ", 8000),
                                           repeated("[", 8000),
                                           repeated("`", 8000),
                                           repeated("**a ", 6000),
                                           repeated("\x1b[", 6000),
                                           repeated("\x80", 20000),
                                           repeated("- a\n", 6000),
                                           repeated("<b>x\n", 6000),
                                           repeated("\\(", 6000),
                                           repeated("![", 6000)};
  for (const auto& flood : floods) {
    CAPTURE(flood.substr(0, 40));
    Markdown markdown(canvas_of(80));
    std::size_t most = 0;
    std::string_view rest = flood;
    while (!rest.empty()) {
      const auto size = std::min<std::size_t>(rest.size(), 3001);
      markdown.feed(rest.substr(0, size));
      (void)markdown.take();
      most = std::max(most, markdown.tail().size());
      rest.remove_prefix(size);
    }
    CHECK(most < 200);
  }
}

TEST_CASE("markdown: no control character of the text gets out, and no address but those that can be followed",
          "[render][markdown]") {
  const std::string hostile =
      "a \x1b[2J b \x1b]0;title\a c \xC2\x9B 31m\n\n[x](javascript:alert) [y](http://h/\x1b]8;;http://evil) "
      "[https://bank.example](https://evil.example) &#27;[31m &#x202E; "
      "<b>\x07</b>\n\n`\x1b[1m`\n\n```\n\x1b[31mred\n```\n"
      "![\x1b](http://i/\x01) [z](<http://h/a b\x02>)\x01\x02";
  for (const auto& face : faces()) {
    CAPTURE(face.name);
    for (const auto& line : rendered(hostile, face.canvas)) {
      CAPTURE(line);
      CHECK(plain(line).find_first_of(std::string_view("\0\x01\x02\x03\x07\x08\x0b\x1b\x7f", 9)) == std::string::npos);
      CHECK(line.find("]8;;javascript") == std::string::npos);
    }
  }
  const auto link = [](std::string_view text) {
    return rendered(text, canvas_of(80, ColorDepth::none, Hyperlinks::on));
  };
  CHECK(link("[a](http://b/ü%20c)") == Lines{"\x1b]8;;http://b/%C3%BC%20c\x1b\\a\x1b]8;;\x1b\\"});
  CHECK(link("[a](file:///etc/passwd)") == Lines{"a (file:///etc/passwd)"});
  CHECK(link("[https://bank.example](https://evil.example)") ==
        Lines{"\x1b]8;;https://evil.example\x1b\\https://bank.example\x1b]8;;\x1b\\ (https://evil.example)"});
}

TEST_CASE("markdown: a width that changes holds for what comes after", "[render][markdown]") {
  Markdown markdown(canvas_of(40));
  markdown.feed("one two three four five\n\n");
  CHECK(markdown.take() == Lines{"one two three four five"});
  markdown.feed("one two three four five");
  markdown.set_columns(20);
  CHECK(markdown.tail() == Lines{"", "one two three four", "five"});
}
