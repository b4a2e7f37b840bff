#include "terminal/decoder.hpp"

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "terminal/background.hpp"

using namespace errand::terminal;

namespace errand::terminal {

std::ostream& operator<<(std::ostream& out, const Key& key) {
  return out << "{" << static_cast<int>(key.code) << " \"" << key.text << "\" " << key.number
             << (key.with.shift ? " shift" : "") << (key.with.alt ? " alt" : "") << (key.with.ctrl ? " ctrl" : "")
             << "}";
}

}  // namespace errand::terminal

namespace {

constexpr Modifiers none{};
constexpr Modifiers shift{.shift = true};
constexpr Modifiers alt{.alt = true};
constexpr Modifiers ctrl{.ctrl = true};

Key text(std::string what, Modifiers with = none) {
  return {.code = KeyCode::text, .with = with, .text = std::move(what)};
}
Key key(KeyCode code, Modifiers with = none) {
  return {.code = code, .with = with};
}
Key function(int number, Modifiers with = none) {
  return {.code = KeyCode::function, .with = with, .number = number};
}
Key reply(std::string what) {
  return {.code = KeyCode::reply, .text = std::move(what)};
}
Key paste(std::string what) {
  return {.code = KeyCode::paste, .text = std::move(what)};
}

std::vector<Key> keys_of(std::string_view bytes, std::size_t piece) {
  KeyDecoder decoder;
  std::vector<Key> out;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    for (auto& one : decoder.feed(bytes.substr(at, piece))) out.push_back(std::move(one));
  }
  for (auto& one : decoder.expire()) out.push_back(std::move(one));
  return out;
}

struct Case {
  std::string bytes;
  std::vector<Key> keys;
};

std::string zero(std::string text) {
  return text + '\0';
}

std::vector<Case> cases() {
  return {
      {"aé漢👍\xff", {text("a"), text("é"), text("漢"), text("👍"), text("\xEF\xBF\xBD")}},
      {"\xe6\xbc", {text("\xEF\xBF\xBD")}},  // half a character, and no more
      {"\xe6"
       "a\xc0\x80",
       {text("\xEF\xBF\xBD"), text("a"), text("\xEF\xBF\xBD"), text("\xEF\xBF\xBD")}},
      {"\r\t\x7f\x08\n\x03\x1f",
       {key(KeyCode::enter), key(KeyCode::tab), key(KeyCode::backspace), text("h", ctrl), text("j", ctrl),
        text("c", ctrl), text("_", ctrl)}},
      {zero(""), {text(" ", ctrl)}},
      {"\x1b", {key(KeyCode::escape)}},
      {"\x1b\x1b", {key(KeyCode::escape, alt)}},
      {"\x1b[", {text("[", alt)}},
      {"\x1bP", {text("P", alt)}},
      {"\x1b[1;2", {}},  // never finished
      {"\x1b"
       "f\x1b\r\x1b\x7f\x1b漢",
       {text("f", alt), key(KeyCode::enter, alt), key(KeyCode::backspace, alt), text("漢", alt)}},
      {"\x1b[A\x1bOB\x1b[1;5C\x1b[1;3D\x1b\x1b[A",
       {key(KeyCode::up), key(KeyCode::down), key(KeyCode::right, ctrl), key(KeyCode::left, alt),
        key(KeyCode::up, alt)}},
      {"\x1b[H\x1b[F\x1b[1~\x1b[4~\x1b[3~\x1b[3;5~\x1b[5~\x1b[6~\x1b[2~\x1b[Z",
       {key(KeyCode::home), key(KeyCode::end), key(KeyCode::home), key(KeyCode::end), key(KeyCode::remove),
        key(KeyCode::remove, ctrl), key(KeyCode::page_up), key(KeyCode::page_down), key(KeyCode::insert),
        key(KeyCode::tab, shift)}},
      {"\x1bOP\x1b[15~\x1b[24;2~\x1b[[A\x1b[1;5S",
       {function(1), function(5), function(12, shift), function(1), function(4, ctrl)}},
      {"\x1b[13;2u\x1b[27;2;13~\x1b[99;5u\x1b[97;2u\x1b[27u\x1b[57414u\x1b[233;1u",
       {key(KeyCode::enter, shift), key(KeyCode::enter, shift), text("c", ctrl), text("A"), key(KeyCode::escape),
        key(KeyCode::enter), text("é")}},
      {"\x1b[97;5:3u\x1b[57441u", {}},  // a key that is let go, Shift alone
      {"\x1b[I\x1b[O", {key(KeyCode::focus_in), key(KeyCode::focus_out)}},
      {"\x1b[?62;22c\x1b[3;7R\x1b]11;rgb:0000/1111/2222\a\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[?2026;2$y\x1b[?1u",
       {reply("[?62;22c"), reply("[3;7R"), reply("]11;rgb:0000/1111/2222"), reply("]11;rgb:ffff/ffff/ffff"),
        reply("[?2026;2$y"), reply("[?1u")}},
      {"\x1b[38;5;1X\x1b[>0;276;0z\x1b[999~x", {text("x")}},  // swallowed whole
      {"\x1b[12\x1b[Ax", {key(KeyCode::up), text("x")}},      // broken off by another
      {"\x1b[200~one\r\ntwo\rthree\nfour\x1b[31m\x07\xc2\x9b"
       "5\x1b[201~!",
       {paste("one\ntwo\nthree\nfour⟦escape⟧⟦control⟧5"), text("!")}},
      {"\x1b[200~\x03\x04\x1b[A\x1b[201\x1b[201~", {paste("⟦control⟧⟦escape⟧")}},
      {"\x1b[200~\x1b[201~\x1b[201~", {paste("")}},
  };
}

}  // namespace

TEST_CASE("decoder: keys do not depend on where the bytes are cut", "[terminal]") {
  for (const auto& one : cases()) {
    CAPTURE(one.bytes);
    for (std::size_t piece = 1; piece <= one.bytes.size(); ++piece) {
      CAPTURE(piece);
      CHECK(keys_of(one.bytes, piece) == one.keys);
    }
  }
}

TEST_CASE("decoder: a paste waits for its end, an escape does not", "[terminal]") {
  KeyDecoder decoder;
  CHECK(decoder.feed("\x1b[200~abc\x1b").empty());
  CHECK_FALSE(decoder.is_waiting());
  CHECK(decoder.expire().empty());
  CHECK(decoder.feed("[201~") == std::vector<Key>{paste("abc")});
  CHECK(decoder.feed("\x1b").empty());
  CHECK(decoder.is_waiting());
  CHECK(decoder.feed("[A") == std::vector<Key>{key(KeyCode::up)});
  CHECK_FALSE(decoder.is_waiting());
}

TEST_CASE("decoder: a sequence without an end does not hold up what is typed for ever", "[terminal]") {
  const auto keys = keys_of("\x1b[" + std::string(200, '1') + "x\x1b]" + std::string(5000, '\x02') + "y", 7);
  REQUIRE(keys.size() > 2);
  CHECK(keys.back() == text("y"));
}

TEST_CASE("decoder: of an endless paste so much is kept as fits", "[terminal]") {
  KeyDecoder decoder;
  const std::string piece(std::size_t{1} << 20U, 'a');
  CHECK(decoder.feed("\x1b[200~").empty());
  for (int i = 0; i < 20; ++i) CHECK(decoder.feed(piece).empty());
  const auto keys = decoder.feed("\x1b[201~");
  REQUIRE(keys.size() == 1);
  CHECK(keys[0].text.size() == KeyDecoder::max_paste_bytes);
}

TEST_CASE("decoder: an answer that is expected is no typed text, wherever it is cut and whenever its rest comes",
          "[terminal]") {
  const std::string answer = GENERATE("\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\", "\x1b]11;rgb:ff/ff/ff\a");
  const auto said = reply(answer.substr(1, answer.find_first_of("\a\x1b", 1) - 1));
  const int waits = GENERATE(1, KeyDecoder::answer_patience - 1, 3 * KeyDecoder::answer_patience);
  for (std::size_t cut = 1; cut < answer.size(); ++cut) {
    CAPTURE(answer, waits, cut);
    KeyDecoder decoder;
    decoder.expect(Answer::background);
    auto keys = decoder.feed("a" + answer.substr(0, cut));
    for (int i = 0; i < waits; ++i) {
      for (auto& one : decoder.expire()) keys.push_back(std::move(one));
    }
    for (auto& one : decoder.feed(answer.substr(cut) + "b")) keys.push_back(std::move(one));
    std::vector<Key> expected = {text("a"), said, text("b")};
    if (cut == 1) expected.insert(expected.begin() + 1, key(KeyCode::escape));  // nothing says that it was none
    if (cut == 2 && waits > KeyDecoder::answer_patience) expected.insert(expected.begin() + 1, text("]", alt));
    CHECK(keys == expected);
    CHECK_FALSE(decoder.expects(Answer::background));
  }
}

TEST_CASE("decoder: an answer that comes byte by byte, each late, leaves no more than an Escape", "[terminal]") {
  const std::string answer = "\x1b]11;rgb:0000/8080/ffff\x1b\\";
  KeyDecoder decoder;
  decoder.expect(Answer::background);
  std::vector<Key> keys;
  for (const char byte : answer) {
    for (auto& one : decoder.feed(std::string(1, byte))) keys.push_back(std::move(one));
    for (auto& one : decoder.expire()) keys.push_back(std::move(one));
  }
  CHECK(keys == std::vector{key(KeyCode::escape), reply("]11;rgb:0000/8080/ffff")});
}

TEST_CASE("decoder: while an answer is expected, what is typed stays what it is", "[terminal]") {
  struct Typed {
    std::string first;
    std::string then;
    std::vector<Key> keys;
  };
  const auto one = GENERATE(values<Typed>({{"\x1b", "x", {key(KeyCode::escape), text("x")}},
                                           {"\x1b", "]x", {key(KeyCode::escape), text("]"), text("x")}},
                                           {"\x1b", "\x1b[A", {key(KeyCode::escape), key(KeyCode::up)}},
                                           {"\x1b", "\r", {key(KeyCode::escape), key(KeyCode::enter)}},
                                           {"\x1b]", "", {text("]", alt)}},
                                           {"\x1b]", "é", {text("]", alt), text("é")}},
                                           {"\x1b[", "B", {text("[", alt), text("B")}}}));
  CAPTURE(one.first, one.then);
  KeyDecoder decoder;
  decoder.expect(Answer::background);
  auto keys = decoder.feed(one.first);
  const auto wait = [&] {
    for (int i = 0; i < 2 * KeyDecoder::answer_patience; ++i) {
      for (auto& late : decoder.expire()) keys.push_back(std::move(late));
    }
  };
  wait();
  for (auto& later : decoder.feed(one.then)) keys.push_back(std::move(later));
  wait();
  CHECK(keys == one.keys);
}

TEST_CASE("decoder: where the cursor is, is no key, however late its bytes come", "[terminal]") {
  const std::string answer = "\x1b[24;180R";
  for (std::size_t cut = 1; cut < answer.size(); ++cut) {
    for (const int waits : {0, 2 * KeyDecoder::answer_patience}) {
      CAPTURE(cut, waits);
      KeyDecoder decoder;
      decoder.expect(Answer::place);
      decoder.expect(Answer::background);
      auto keys = decoder.feed(answer.substr(0, cut));
      for (int i = 0; i < waits; ++i) {
        for (auto& one : decoder.expire()) keys.push_back(std::move(one));
      }
      for (auto& one : decoder.feed(answer.substr(cut) + "b")) keys.push_back(std::move(one));
      std::vector<Key> expected = {reply("[24;180R"), text("b")};
      if (cut == 1 && waits > 0) expected.insert(expected.begin(), key(KeyCode::escape));
      if (cut == 2 && waits > 0) expected.insert(expected.begin(), text("[", alt));
      CHECK(keys == expected);
      CHECK_FALSE(decoder.expects(Answer::place));
      CHECK(decoder.expects(Answer::background));
    }
  }
}

TEST_CASE("decoder: asked twice, a terminal answers twice, and neither is typed text", "[terminal]") {
  KeyDecoder decoder;
  decoder.expect(Answer::place);
  decoder.expect(Answer::place);
  CHECK(decoder.feed("\x1b[1;2R") == std::vector{reply("[1;2R")});
  CHECK(decoder.expects(Answer::place));
  CHECK(decoder.feed("\x1b[1").empty());
  CHECK(decoder.expire().empty());
  CHECK(decoder.feed(";3Rb") == std::vector{reply("[1;3R"), text("b")});
  CHECK_FALSE(decoder.expects(Answer::place));
}

TEST_CASE("decoder: an Escape that was pressed before an answer came is that key, however both are cut", "[terminal]") {
  const std::string answer = "\x1b[0n";
  for (std::size_t cut = 1; cut <= answer.size(); ++cut) {
    CAPTURE(cut);
    KeyDecoder decoder;
    decoder.expect(Answer::shown);
    auto keys = decoder.feed("\x1b" + answer.substr(0, cut));
    for (auto& one : decoder.feed(answer.substr(cut) + "b")) keys.push_back(std::move(one));
    CHECK(keys == std::vector<Key>{{.code = KeyCode::escape}, reply("[0n"), text("b")});
    CHECK_FALSE(decoder.expects(Answer::shown));
  }
}

TEST_CASE("decoder: digits are typed text where a place is expected that never comes", "[terminal]") {
  KeyDecoder decoder;
  decoder.expect(Answer::place);
  std::vector<Key> keys;
  for (const std::string_view typed : {"\x1b[", "2", "4"}) {
    for (auto& one : decoder.feed(typed)) keys.push_back(std::move(one));
    for (int i = 0; i <= KeyDecoder::answer_patience; ++i) {
      for (auto& one : decoder.expire()) keys.push_back(std::move(one));
    }
  }
  CHECK(keys == std::vector{text("[", alt), text("2"), text("4")});
  decoder.give_up(Answer::place);
  CHECK(decoder.feed("5") == std::vector{text("5")});
}

TEST_CASE("decoder: Alt before a character of which the rest never comes is no broken text", "[terminal]") {
  KeyDecoder decoder;
  CHECK(decoder.feed("\x1b\xD9").empty());
  CHECK(decoder.expire() == std::vector{text("\xEF\xBF\xBD", alt)});
}

TEST_CASE("answers: the cursor's place is told from 1", "[terminal]") {
  CHECK(place_in(reply("[24;80R")) == Place{23, 79});
  for (const auto* other : {"[24R", "[0;1R", "[1;0R", "[;R", "[1;R", "[1;2;3R", "[a;bR", "[?62c", "]11;rgb:0/0/0", ""})
    CHECK(place_in(reply(other)) == std::nullopt);
}

TEST_CASE("background: what a terminal answers, or COLORFGBG says, is dark or light", "[terminal]") {
  const auto said = [](const std::string& answer) { return background_in(reply(answer)); };
  CHECK(said("]11;rgb:0000/0000/0000") == Shade::dark);
  CHECK(said("]11;rgb:ffff/ffff/ffff") == Shade::light);
  CHECK(said("]11;rgb:f/f/f") == Shade::light);
  CHECK(said("]11;rgba:fdfd/f6f6/e3e3/ffff") == Shade::light);
  CHECK(said("]11;rgb:0000/0000/ffff") == Shade::dark);  // blue is dark
  for (const auto* other :
       {"]11;rgb:", "]11;rgb:1/2", "]11;rgb:1/2/g", "]11;rgb:12345/1/1", "]10;rgb:f/f/f", "[?62c", ""})
    CHECK(said(other) == std::nullopt);
  CHECK(background_in("15;0") == Shade::dark);
  CHECK(background_in("0;default;15") == Shade::light);
  CHECK(background_in("0;7") == Shade::light);
  CHECK(background_in("7;8") == Shade::dark);
  for (const auto* other : {"", "15", "15;", "15;default", "0;16", "0;-1"}) CHECK(background_in(other) == std::nullopt);
}
