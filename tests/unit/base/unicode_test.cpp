#include "base/unicode.hpp"

#include <catch2/catch.hpp>

using namespace errand;

TEST_CASE("unicode: control sequences, bidi, tags and zero-width runs leave a mark and nothing else",
          "[base][unicode]") {
  CHECK(unicode::sanitize("a\x1b[31mred\x1b[0m") == "a⟦escape⟧red⟦escape⟧");
  CHECK(unicode::sanitize("\x1b]52;c;ZXZpbA==\x07ok") == "⟦escape⟧ok");
  CHECK(unicode::sanitize("\x1b]0;title\x1b\\ok") == "⟦escape⟧ok");
  CHECK(unicode::sanitize("a\u202Eb\u2066c") == "a⟦invisible⟧b⟦invisible⟧c");
  CHECK(unicode::sanitize("x\U000E0041\U000E0042y") == "x⟦invisible⟧y");
  CHECK(unicode::sanitize("x\u200B\u200B\u200By") == "x⟦invisible⟧y");
  CHECK(unicode::sanitize("bell\a") == "bell⟦control⟧");
  CHECK(unicode::sanitize("\xC2\x9B"
                          "31m") == "⟦control⟧31m");
}

TEST_CASE("unicode: ordinary text, line ends, tabs and emoji pass", "[base][unicode]") {
  CHECK(unicode::sanitize("tab\tline\r\nend\n") == "tab\tline\nend\n");
  CHECK(unicode::sanitize("progress 1\rprogress 2") == "progress 1⟦control⟧progress 2");
  const std::string family = "👩\u200D👩\u200D👧 ❤\uFE0F 日本語 مرحبا";
  CHECK(unicode::sanitize(family) == family);
}

TEST_CASE("unicode: bytes that are no UTF-8 become U+FFFD", "[base][unicode]") {
  CHECK(unicode::sanitize("a\xFFz") == "a\uFFFDz");
  CHECK(unicode::to_valid_utf8("\xE2\x82") == "\uFFFD\uFFFD");
  CHECK_FALSE(unicode::is_valid_utf8("\xC0\x80"));
}

TEST_CASE("unicode: sanitising does not depend on where the bytes are cut", "[base][unicode]") {
  const std::string hostile = "a\x1b[1;31mé日\x1b]8;;http://x\x1b\\k\r\n\u200B👩\u200D👧\xFF end";
  const auto whole = unicode::sanitize(hostile);
  const auto piece = GENERATE(1U, 2U, 3U, 5U, 7U);
  unicode::StreamSanitizer sanitizer;
  std::string out;
  for (std::size_t i = 0; i < hostile.size(); i += piece) out += sanitizer.feed(hostile.substr(i, piece));
  out += sanitizer.finish();
  // A mark may stand twice where a run was cut, but nothing hostile passes and no text is lost.
  CHECK(unicode::sanitize(out) == out);
  CHECK(out.find("é日") != std::string::npos);
  CHECK(out.find(" end") != std::string::npos);
  if (piece > 1) CHECK(out.size() >= whole.size());
}

TEST_CASE("unicode: width counts columns", "[base][unicode]") {
  CHECK(unicode::width("abc") == 3);
  CHECK(unicode::width("日本") == 4);
  CHECK(unicode::width("e\u0301") == 1);
}

TEST_CASE("unicode: for a pipe only what a terminal would obey is marked, the rest stays byte for byte",
          "[base][unicode]") {
  CHECK(unicode::without_controls("a\x1b]52;c;eA==\x07z\a\x7F") == "a⟦escape⟧z⟦control⟧");
  CHECK(unicode::without_controls("\xC2\x9B"
                                  "31m") == "⟦control⟧31m");
  const std::string kept = "tab\tcrlf\r\n\uFEFFzero\u200Bwidth \u202Ebidi é \xFF\n";
  CHECK(unicode::without_controls(kept) == kept);
}

TEST_CASE("unicode: a joiner that spells a word stays, a run of them does not", "[base][unicode]") {
  const std::string persian = "می\u200Cخواهم";
  CHECK(unicode::sanitize(persian) == persian);
  CHECK(unicode::sanitize("م\u200C\u200C\u200Cخ") == "م\u200C⟦invisible⟧خ");
  CHECK(unicode::sanitize("a\u200Cb") == "a⟦invisible⟧b");
}

TEST_CASE("unicode: a code point is encoded at each border of UTF-8", "[base][unicode]") {
  std::string out;
  for (const char32_t c : {U'\x7F', U'\x80', U'\x7FF', U'\x800', U'\xFFFD', U'\U00010000', U'\U0010FFFF'}) {
    unicode::append_utf8(out, c);
  }
  CHECK(out ==
        "\x7F"
        "\xC2\x80"
        "\xDF\xBF"
        "\xE0\xA0\x80"
        "\xEF\xBF\xBD"
        "\xF0\x90\x80\x80"
        "\xF4\x8F\xBF\xBF");
  CHECK(unicode::is_valid_utf8(out));
}
