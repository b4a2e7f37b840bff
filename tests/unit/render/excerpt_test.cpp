#include "render/excerpt.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

using errand::render::Excerpt;
using Lines = std::vector<std::string>;

namespace {

struct Shown {
  Lines first;
  Lines last;
  std::size_t left_out = 0;
  bool operator==(const Shown&) const = default;
};

Shown shown(std::string_view text, std::size_t piece) {
  Excerpt excerpt(2, 2);
  Shown out;
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    for (auto& line : excerpt.feed(text.substr(0, piece))) out.first.push_back(std::move(line));
  }
  out.last = excerpt.finish();
  out.left_out = excerpt.left_out();
  return out;
}

}  // namespace

TEST_CASE("excerpt: the first and the last lines, wherever the pieces are cut", "[render]") {
  const auto piece = GENERATE(range(std::size_t{1}, std::size_t{16}));
  CAPTURE(piece);
  CHECK(shown("", piece) == Shown{});
  CHECK(shown("a\n", piece) == Shown{{"a"}, {}, 0});
  CHECK(shown("a\n\nb", piece) == Shown{{"a", ""}, {"b"}, 0});
  CHECK(shown("1\n2\n3\n4\n", piece) == Shown{{"1", "2"}, {"3", "4"}, 0});
  CHECK(shown("1\n2\n3\n4\n5\n6", piece) == Shown{{"1", "2"}, {"5", "6"}, 2});
}

TEST_CASE("excerpt: the newest lines are those that were not returned, and what is coming in", "[render]") {
  Excerpt excerpt(1, 3);
  excerpt.feed("first\n");
  CHECK(excerpt.newest(2).empty());
  excerpt.feed("a\nb\nhalf");
  CHECK(excerpt.newest(2) == Lines{"b", "half"});
  CHECK(excerpt.newest(9) == Lines{"a", "b", "half"});
  CHECK(excerpt.not_returned() == 3);
  excerpt.feed(" a line\n");
  CHECK(excerpt.newest(1) == Lines{"half a line"});
  CHECK(excerpt.newest(0).empty());
  excerpt.feed("c\nd\n");
  CHECK(excerpt.not_returned() == 5);
  CHECK(excerpt.left_out() == 2);
}

TEST_CASE("excerpt: a line without an end is cut between characters, and costs no more than that", "[render]") {
  Excerpt excerpt(1, 1);
  std::string line(Excerpt::max_line_bytes - 1, 'x');
  for (int i = 0; i < 1000; ++i) excerpt.feed(line + "ä");
  CHECK(excerpt.newest(1) == Lines{line});
  CHECK(excerpt.finish() == Lines{line + "…"});
  CHECK(excerpt.has_cut_lines());
}

TEST_CASE("excerpt: a line that begins again is what was written last, at once and in the end", "[render]") {
  Excerpt excerpt(1, 2);
  CHECK(excerpt.feed("10 %\r20").empty());
  CHECK(excerpt.newest(5) == Lines{"20"});
  CHECK(excerpt.feed(" %\r").empty());
  CHECK(excerpt.newest(5) == Lines{"20 %"});
  CHECK(excerpt.feed("30 %\r\nnext\r") == Lines{"30 %"});
  CHECK(excerpt.feed("n").empty());
  CHECK(excerpt.not_returned() == 1);
  CHECK(excerpt.finish() == Lines{"n"});
}
