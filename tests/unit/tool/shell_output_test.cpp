#include "tool/shell_output.hpp"

#include <mutex>

#include <catch2/catch.hpp>

namespace errand::tool {
namespace {

using namespace std::string_literals;

TEST_CASE("note filter: the note leaves the output however the bytes arrive", "[tool][bash]") {
  const auto body = "out\0put \0key and \0key:/some/dir\0after\0key:/last\0end\0"s;
  const auto piece = GENERATE_COPY(range(std::size_t{1}, body.size() + 1));
  NoteFilter filter("key");
  std::string out;
  for (std::size_t i = 0; i < body.size(); i += piece) out += filter.feed(std::string_view(body).substr(i, piece));
  out += filter.finish();
  CHECK(out == "out\0put \0key and afterend\0"s);
  CHECK(filter.note() == "/last");
}

TEST_CASE("note filter: a note that never ends is output", "[tool][bash]") {
  const auto body = "\0key:"s + std::string(NoteFilter::max_note_bytes + 10, 'x');
  NoteFilter filter("key");
  auto out = filter.feed(body);
  out += filter.finish();
  CHECK(out == body);
  CHECK_FALSE(filter.note());
}

TEST_CASE("live output: where a line begins again is passed on", "[tool][bash]") {
  std::string passed;
  {
    LiveOutput live([&](const std::string& piece) { passed += piece; }, std::size_t{1} << 20U);
    for (const auto* piece : {"one\r", "\n10 %\r", "20 %\r\r", "\x1b[K30 %\r\n"}) live.feed(piece);
  }
  CHECK(passed == "one\n10 %\r20 %\r⟦escape⟧30 %\n");
}

TEST_CASE("live output: everything is passed on, in order, harmless, in few pieces", "[tool][bash]") {
  std::string passed;
  int pieces = 0;
  {
    LiveOutput live(
        [&](std::string piece) {
          passed += piece;
          ++pieces;
        },
        std::size_t{1} << 20U);
    for (int i = 0; i < 2000; ++i) {
      live.feed("x\x1b[3");
      live.feed("1m");
    }
  }
  std::string expected;
  for (int i = 0; i < 2000; ++i) expected += "x⟦escape⟧";
  CHECK((passed == expected));
  CHECK(pieces < 1000);
}

TEST_CASE("live output: beyond its limit nothing more is passed on", "[tool][bash]") {
  std::size_t passed = 0;
  {
    LiveOutput live([&](const std::string& piece) { passed += piece.size(); }, 1'000'001);
    for (int i = 0; i < 40; ++i) live.feed(std::string(100'000, 'x'));
  }
  CHECK(passed == 1'000'001);
}

}  // namespace
}  // namespace errand::tool
