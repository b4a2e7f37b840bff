#include "terminal/painter.hpp"

#include <optional>
#include <string>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/text.hpp"

using namespace errand;
using namespace errand::terminal;

namespace {

// What a painter writes, step by step.
class Bench {
 public:
  explicit Bench(Size size, OnNarrowing on_narrowing = OnNarrowing::wraps)
      : pipe_(make_pipe().value()), painter(pipe_.write_end.get(), size, on_narrowing) {}

  // The bytes since the last call, ESC as "^".
  std::string written() {
    REQUIRE(write_all(pipe_.write_end.get(), "\n\x04"));
    std::string out;
    char c = 0;
    while (::read(pipe_.read_end.get(), &c, 1) == 1 && c != '\x04') out += c == '\x1b' ? '^' : c;
    out.pop_back();
    return out;
  }

 private:
  Pipe pipe_;

 public:
  Painter painter;
};

Row row(const std::string& text) {
  return {text, text.size()};
}

const std::string begin = "^[?2026h^[?25l^[?7l";
// Never all at once from a corner: tmux would keep a copy in its scrollback.
const std::string erase_all = "^[K^[C^[J\r";
const std::string end = "^[?7h^[?25h^[?2026l";

}  // namespace

TEST_CASE("painter: only rows that changed are written, and nothing when nothing changed", "[terminal]") {
  Bench bench({20, 10});
  REQUIRE(bench.painter.paint({{row("> one"), row("  two")}, 1, 5}));
  CHECK(bench.written() == begin + "\r> one^[K\n\r  two^[K\r^[5C" + end);
  REQUIRE(bench.painter.paint({{row("> one"), row("  two")}, 1, 5}));
  CHECK(bench.written().empty());
  REQUIRE(bench.painter.paint({{row("> one"), row("  two")}, 0, 2}));
  CHECK(bench.written() == "^[1A\r^[2C");
  REQUIRE(bench.painter.paint({{row("> one"), row("  2"), row("menu")}, 1, 3}));
  CHECK(bench.written() == begin + "^[1B\r  2^[K\n\rmenu^[K^[1A\r^[3C" + end);
  REQUIRE(bench.painter.paint({{row("> 1")}, 0, 3}));
  CHECK(bench.written() == begin + "^[1A\r> 1^[K^[1B\r^[J^[1A\r^[3C" + end);
  REQUIRE(bench.painter.leave());
  CHECK(bench.written() == "\r\n");
}

TEST_CASE("painter: a region higher than the screen is shown around its cursor", "[terminal]") {
  Bench bench({20, 3});
  const std::vector<Row> rows = {row("a"), row("b"), row("c"), row("d"), row("e")};
  REQUIRE(bench.painter.paint({rows, 4, 1}));
  CHECK(bench.written() == begin + "\rc^[K\n\rd^[K\n\re^[K\r^[1C" + end);
  REQUIRE(bench.painter.paint({rows, 3, 1}));
  CHECK(bench.written() == "^[1A\r^[1C");
  REQUIRE(bench.painter.paint({rows, 1, 1}));
  CHECK(bench.written() == begin + "^[1A\rb^[K^[1B\rc^[K^[1B\rd^[K^[2A\r^[1C" + end);
}

TEST_CASE("painter: after a resize it begins where its first row is now", "[terminal]") {
  const auto [on_narrowing, up] = GENERATE(table<OnNarrowing, std::string>({
      {OnNarrowing::wraps, "^[3A"},  // 16 columns are three rows of 8 or fewer: two, and one before the second row
      {OnNarrowing::cuts, "^[1A"},
  }));
  Bench bench({20, 10}, on_narrowing);
  REQUIRE(bench.painter.paint({{row("0123456789012345"), row("0123456789")}, 1, 9}));
  bench.written();
  REQUIRE(bench.painter.resize({8, 10}));
  CHECK(bench.written() == up + "\r" + erase_all);
  REQUIRE(bench.painter.resize({8, 10}));
  CHECK(bench.written().empty());
}

TEST_CASE("painter: what a terminal did with rows too wide shows in where its cursor is", "[terminal]") {
  struct Told {
    std::optional<std::size_t> column;
    std::string up;
  };
  // Before the cursor one row of 16 columns; it stands in the twelfth column of the next.
  const auto told = GENERATE(values<Told>({{std::nullopt, "^[3A"}, {4U, "^[3A"}, {7U, "^[1A"}}));
  Bench bench({20, 10});
  REQUIRE(bench.painter.paint({{row("0123456789012345"), row("012345678901234"), row("status")}, 1, 12}));
  bench.written();
  REQUIRE(bench.painter.resize({8, 10}, {.cursor_column = told.column}));
  CHECK(bench.written() == told.up + "\r" + erase_all);
}

TEST_CASE("painter: behind the last character of a row that is full now, the cursor stays in it", "[terminal]") {
  const auto [column, up] = GENERATE(table<std::optional<std::size_t>, std::string>({
      {std::nullopt, ""},  // a row too many would be one of the scrollback
      {8U, ""},
      {7U, ""},
      {0U, "^[1A"},
  }));
  Bench bench({20, 10});
  REQUIRE(bench.painter.paint({{row("01234567")}, 0, 8}));
  bench.written();
  REQUIRE(bench.painter.resize({8, 10}, {.cursor_column = column}));
  CHECK(bench.written() == up + "\r" + erase_all);
}

TEST_CASE("painter: rows that came when the window was narrow already were cut, not wrapped", "[terminal]") {
  Bench bench({20, 10});
  const Row old = row("0123456789012345");
  REQUIRE(bench.painter.paint({{old, row("0123456789"), row("> ")}, 2, 2}));
  const auto then = Resized::Clock::now();
  REQUIRE(bench.painter.paint({{old, row("9876543210"), row("> ")}, 2, 2}));
  bench.written();
  REQUIRE(bench.painter.resize({8, 10}, {.cursor_column = 2, .shown_until = then}));
  CHECK(bench.written() == "^[3A\r" + erase_all);  // two rows of the first, one of the second
}

TEST_CASE("painter: no wide character is cut in two where a terminal wraps", "[terminal]") {
  Bench bench({20, 10});
  REQUIRE(bench.painter.paint({{row_of("\x1b[1m漢字漢字漢\x1b[0m"), row("> ")}, 1, 2}));  // 10 columns: 4, 4 and 2 of 5
  bench.written();
  REQUIRE(bench.painter.resize({5, 10}));
  CHECK(bench.written() == "^[3A\r" + erase_all);
}

TEST_CASE("painter: what is printed above goes out before the region, which follows it", "[terminal]") {
  Bench bench({20, 10});
  REQUIRE(bench.painter.paint({{row("> "), row("menu")}, 0, 2}));
  bench.written();
  REQUIRE(bench.painter.print_above({row("done")}, {{row("> "), row("menu")}, 0, 2}));
  CHECK(bench.written() == begin + "\r" + erase_all + "^[?7hdone\n^[?7l\r> ^[K\n\rmenu^[K^[1A\r^[2C" + end);
}

TEST_CASE("painter: of a row that grows only what is new is written, and a full one is not erased at its end",
          "[terminal]") {
  Bench bench({6, 10});
  REQUIRE(bench.painter.paint({{row("> a")}, 0, 3}));
  bench.written();
  REQUIRE(bench.painter.paint({{row("> ab")}, 0, 4}));
  CHECK(bench.written() == begin + "\r^[3Cb\r^[4C" + end);
  REQUIRE(bench.painter.paint({{row_of("> ab\u0301")}, 0, 4}));  // a mark belongs to the letter before it
  CHECK(bench.written() == begin + "\r> ab\u0301^[K\r^[4C" + end);
  REQUIRE(bench.painter.paint({{row("> abcd")}, 0, 5}));
  CHECK(bench.written() == begin + "\r^[2K> abcd\r^[5C" + end);
}

TEST_CASE("painter: what was live and is finished stays where it is", "[terminal]") {
  Bench bench({20, 10});
  REQUIRE(bench.painter.paint({{row("one"), row("> ")}, 1, 2}));
  bench.written();
  REQUIRE(bench.painter.paint({{row("two"), row("> ")}, 1, 2}, {row("one")}));
  CHECK(bench.written() == begin + "\rtwo^[K\n\r> ^[K\r^[2C" + end);
  REQUIRE(bench.painter.paint({}, {row("two")}));
  CHECK(bench.written() == begin + "\r^[K\r" + end);
  REQUIRE(bench.painter.paint({}));
  CHECK(bench.written().empty());
}

TEST_CASE("painter: rows at the end that only move are not written", "[terminal]") {
  const auto input = row("> what is typed is some columns long");
  const auto status = row("helper · a-model · sandbox on");
  Bench bench({60, 10});
  REQUIRE(bench.painter.paint({{row("one"), input, status}, 1, 9}));
  bench.written();
  REQUIRE(bench.painter.paint({{row("two"), row("three"), input, status}, 2, 9}, {row("one")}));
  CHECK(bench.written() == begin + "^[1B\n\n^[3A^[2L\rtwo^[K^[1B\rthree^[K^[1B\r^[9C" + end);
  REQUIRE(bench.painter.paint({{row("3"), input, status}, 1, 9}));
  CHECK(bench.written() == begin + "^[1A^[1M^[1A\r3^[K^[1B\r^[9C" + end);
  REQUIRE(bench.painter.paint({{input, status}, 0, 9}));
  CHECK(bench.written() == begin + "^[1A^[1M\r^[9C" + end);
}

TEST_CASE("painter: a screen that is cleared leaves no copy of the region above", "[terminal]") {
  Bench bench({20, 10});
  REQUIRE(bench.painter.paint({{row("> a"), row("status")}, 0, 3}));
  bench.written();
  REQUIRE(bench.painter.clear_screen());
  CHECK(bench.written() == "\r" + erase_all + "^[H^[2J");
}

TEST_CASE("painter: styles and links take no columns, and what a tab takes nobody knows", "[terminal]") {
  CHECK(row_of("\x1b[1mab\x1b[0m \x1b]8;;https://a.b\x1b\\link\x1b]8;;\x1b\\").width == 7);
  CHECK(row_of("漢字").width == 4);
  CHECK(row_of("a\tb").width == unknown_width);
}
