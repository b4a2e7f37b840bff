#include "base/rewrites.hpp"

#include <algorithm>
#include <string>

#include <catch2/catch.hpp>

using namespace errand;

namespace {

struct Row {
  std::string printed;
  std::string shown;
};

template <class Stream>
std::string in_pieces(std::string_view text, std::size_t piece) {
  Stream stream;
  std::string out;
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) out += stream.feed(text.substr(0, piece));
  return out + stream.finish();
}

}  // namespace

TEST_CASE("rewrites: of a line that begins again what was written last is shown, however it comes", "[base]") {
  const auto row = GENERATE(values<Row>({
      {"a\r\nb\r\r\n\r\nc", "a\nb\n\nc"},
      {"10 %\r50 %\r100 %\nnext\n", "100 %\nnext\n"},
      {"one\r10 %\r20 %", "20 %"},
      {"\r10 %\r", "10 %"},
      {"long line\rshort\n", "short\n"},
      {"\r\r\n", "\n"},
      {"none\n", "none\n"},
      {"", ""},
  }));
  CAPTURE(row.printed);
  CHECK(text::last_rewrites(row.printed) == row.shown);
  const auto piece = GENERATE(1U, 2U, 3U, 100U);
  CHECK(in_pieces<text::RewrittenLines>(row.printed, piece) == row.shown);
}

TEST_CASE("rewrites: what is made harmless keeps where a line begins again, and no other control", "[base]") {
  const auto row = GENERATE(values<Row>({
      {"a\r\nb\r\r\n", "a\nb\n"},
      {"10 %\r\r20 %\r", "10 %\r20 %"},
      {"\r10 %\r\x1b[K20 %\a\n", "\r10 %\r⟦escape⟧20 %⟦control⟧\n"},
      {"cut \x1b[3\r1m", "cut ⟦escape⟧\r1m"},
      {"\xE2\x82\xAC\r\xE2\x82\xAC", "€\r€"},
  }));
  CAPTURE(row.printed);
  const auto piece = GENERATE(1U, 2U, 3U, 100U);
  CHECK(in_pieces<unicode::RewritesSanitizer>(row.printed, piece) == row.shown);
}
