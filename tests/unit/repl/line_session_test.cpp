#include "repl/editor/line_session.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "terminal/decoder.hpp"

using namespace errand::repl;

namespace {

const std::vector<std::string>& history() {
  static const std::vector<std::string> lines = {"make test", "explain the parser", "make\nall", "git log"};
  return lines;
}

Candidates complete(std::string_view text, std::size_t cursor) {
  Candidates out;
  for (const std::string name : {"alpha", "alphabet", "beta"}) {
    if (name.starts_with(text.substr(0, cursor))) out.all.push_back({name + " ", name, ""});
  }
  return out;
}

// With vi's keys an ESC is a key by itself, as it is where time passes after it, but for one before "[".
std::vector<errand::terminal::Key> keys_in(std::string_view bytes, Keys keys) {
  errand::terminal::KeyDecoder decoder;
  std::vector<errand::terminal::Key> out;
  const auto take = [&](std::vector<errand::terminal::Key> more) { out.insert(out.end(), more.begin(), more.end()); };
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    take(decoder.feed(bytes.substr(i, 1)));
    if (keys == Keys::vi && bytes[i] == '\x1b' && !bytes.substr(i + 1).starts_with('[')) take(decoder.expire());
  }
  take(decoder.expire());
  return out;
}

// What a line is after keys, as a terminal sends them; "|" is the cursor. A submitted line has none.
std::string after(std::string_view bytes, Keys keys = Keys::emacs, LineKind kind = LineKind::prompt) {
  LineSession session(history(), complete, keys);
  session.begin({kind, "> "});
  const auto pressed = keys_in(bytes, keys);
  for (const auto& key : pressed) {
    switch (session.press(key)) {
      case Outcome::go_on:
        break;
      case Outcome::submitted:
        return session.text();
      case Outcome::interrupted:
        return "interrupted: " + session.text();
      case Outcome::closed:
        return "closed";
      default:
        return "elsewhere";
    }
  }
  const auto view = session.view(LineSession::Looks::live);
  auto out = view.text;
  out.insert(view.cursor, "|");
  if (!view.ghost.empty()) out += "(" + view.ghost + ")";
  if (!view.status.empty() && keys == Keys::emacs) out += " [" + view.status + "]";
  return out;
}

struct Case {
  std::string keys;
  std::string line;
};

void check(const std::vector<Case>& cases, Keys keys = Keys::emacs) {
  for (const auto& one : cases) {
    CAPTURE(one.keys);
    CHECK(after(one.keys, keys) == one.line);
  }
}

}  // namespace

TEST_CASE("line session: emacs keys", "[repl][editor]") {
  check({
      {"", "|"},
      {"\x04", "closed"},
      {"ab\x01\x04", "|b"},
      {"ab\x03", "interrupted: ab"},
      {"one two\x1b"
       "bx",
       "one x|two"},
      {"one two\x01\x1b"
       "fx",
       "onex| two"},
      {"one two-three\x17", "one |"},
      {"one two-three\x1b\x7f", "one two-|"},
      {"one two\x01\x1b"
       "d",
       "| two"},
      {"one two\x01\x0b\x19\x19", "one twoone two|"},
      {"one\x15"
       "two\x15\x19\x1by",
       "one|"},
      {"one two\x17\x17\x19", "one two|"},  // kills that follow each other are one
      {"a b\x17\x02\x17\x19\x1by", "b| "},
      {"one two three\x1f", "one two|"},
      {"one two three\x1f\x1f\x1b_", "one two|"},
      {"one\x1f\x1f\x1f", "|"},
      {"abc\x14", "acb|"},
      {"abc\x02\x02\x14", "ba|c"},
      {"one two\x1bt", "two one|"},
      {"one two\x02\x1bt", "two one|"},
      {"straße x\x01\x1b"
       "c\x1bu",
       "Straße X|"},
      {"e\xcc\x81漢👩‍👩‍👧x\x02\x02\x02\x02", "|e\xcc\x81漢👩‍👩‍👧x"},
      {"e\xcc\x81漢👩‍👩‍👧\x7f\x7f", "e\xcc\x81|"},
      {"a\\\rb\x1b\rc\x1b[13;2ud\ne\r", "a\nb\nc\nd\ne"},
      {"long one\nx\nanother\x1b[A\x1b[A!", "long on!|e\nx\nanother"},
      {"one\n\x7f\x7f", "on|"},
      {"\x1b[200~a\nb\x1b[201~\x1b[200~" + std::string(1001, 'x') + "\x1b[201~\r", "a\nb" + std::string(1001, 'x')},
      {"\xf4\x8f\x80\x80", "\xEF\xBF\xBD|"},  // what stands for a paste can't be typed
      {"\x18\x15", "|"},
      {"\x07", "elsewhere"},
      {"\x1b.", "log|"},
      {"x \x1b.\x1b.", "x all|"},
      {"x \x1b.\x1b.\x1b.!", "x parser!|"},
      {"x \x1b.\x1f", "x |"},
  });
}

TEST_CASE("line session: earlier lines come back by their beginning, as a ghost, and by search", "[repl][editor]") {
  check({
      {"\x1b[A", "git log|"},
      {"\x1b[A\x1b[A", "make\nall|"},
      {"ma\x1b[A", "make\nall|"},
      {"make t\x1b[A\x1b[A\x1b[B", "make t|(est)"},
      {"zzz\x1b[A", "zzz|"},
      {"draft\x1b[B", "draft|"},
      {"exp", "exp|(lain the parser)"},
      {"exp\x05", "explain the parser|"},
      {"exp\x1b[C!", "explain the parser!|"},
      {"exp\x02\x05", "exp|(lain the parser)"},
      {"\x12"
       "ma",
       "|make\nall [search: ma]"},
      {"\x12"
       "ma\x12",
       "|make test [search: ma]"},
      {"\x12"
       "ma\x12\x12",
       "|make test [nothing found; search: ma]"},
      {"\x12"
       "ma\x12\x13",
       "|make\nall [search: ma]"},
      {"\x12"
       "pars\r",
       "explain the parser"},
      {"x\x12"
       "pars\x07",
       "x|"},
      {"\x12"
       "ma\x07\x12\x12",
       "|make\nall [search: ma]"},
      {"x\x12"
       "pars\x1b",
       "explain the |parser"},
  });
}

TEST_CASE("line session: a line comes back as it was typed, with marks for what was pasted", "[repl][editor]") {
  std::vector<std::string> lines = {"1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11"};
  LineSession session(lines, complete, Keys::emacs);
  session.begin({LineKind::prompt, "> "});
  const auto press = [&](std::string_view bytes) {
    for (const auto& key : keys_in(bytes, Keys::emacs)) session.press(key);
  };
  press("\x1b[A");
  CHECK(session.view(LineSession::Looks::left).text == lines.front());
  CHECK(session.view(LineSession::Looks::left).pastes.empty());

  const std::string pasted = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk";
  session.begin({LineKind::prompt, "> "});
  press("why? \x1b[200~" + pasted + "\x1b[201~ really");
  lines.push_back(session.text());
  session.begin({LineKind::prompt, "> "});
  press("\x1b[A");
  CHECK(session.text() == "why? " + pasted + " really");
  CHECK(session.view(LineSession::Looks::left).pastes == std::vector<std::string>{"[pasted 11 lines]"});
  CHECK(session.view(LineSession::Looks::left).text.starts_with("why? "));
  CHECK(session.view(LineSession::Looks::left).text.ends_with(" really"));

  lines.emplace_back(200, '\n');  // of another chat
  session.begin({LineKind::prompt, "> "});
  press("\x1b[A");
  CHECK(session.view(LineSession::Looks::left).pastes == std::vector<std::string>{"[pasted 200 lines]"});
  CHECK(session.text() == lines.back());
}

TEST_CASE("line session: what is pasted may stand in a prompt as a word, and not in a command", "[repl][editor]") {
  struct Case {
    std::string pressed;
    std::string text;
    LineKind kind = LineKind::prompt;
  };
  const std::string image = "\x1b[200~an image\x1b[201~";
  const auto c = GENERATE_COPY(values<Case>({{image + "what?", "@image what?"},
                                             {"see" + image, "see @image "},
                                             {"see " + image, "see @image "},
                                             {"see\n" + image, "see\n@image "},
                                             {image + image, "@image @image "},
                                             {"/image " + image, "/image an image"},
                                             {"!open " + image, "!open an image"},
                                             {"\x1b[200~another\x1b[201~", "another"},
                                             {image + "\x1f", ""},
                                             {image, "an image", LineKind::answer}}));
  CAPTURE(c.pressed);
  LineSession session(history(), complete, Keys::emacs);
  session.use_paste_reader([](const std::string& pasted) {
    return pasted == "an image" ? std::optional<std::string>("@image ") : std::nullopt;
  });
  session.begin({c.kind, "> "});
  for (const auto& key : keys_in(c.pressed, Keys::emacs)) session.press(key);
  CHECK(session.text() == c.text);
}

TEST_CASE("line session: Tab puts what all candidates begin with, then a menu", "[repl][editor]") {
  check({
      {"b\t", "beta |"},
      {"al\t", "alpha|"},
      {"al\t\r", "alpha |"},
      {"al\t\t\r", "alphabet |"},
      {"al\t\x1b[Z\r", "alphabet |"},
      {"al\tb\r", "alphabet |"},
      {"al\tz\r", "alphaz"},
      {"al\t\x1b", "alpha|"},
      {"zz\t", "zz|"},
  });
}

TEST_CASE("line session: vi keys", "[repl][editor]") {
  check(
      {
          {"one two\x1b"
           "0x",
           "|ne two"},
          {"one two three\x1b"
           "02dw",
           "|three"},
          {"one two\x1b"
           "0cwthree\x1b",
           "thre|e two"},
          {"a b\x1b"
           "0cwx",
           "x| b"},
          {"one two three\x1b"
           "0ec2wx",
           "onx| three"},
          {"one  two\x1b"
           "0el"
           "cWx",
           "onex|two"},
          {"a\x1b$cwx", "x|"},
          {"one two\x1b"
           "ddp",
           "|one two"},
          {"one\x1bIx\x1b"
           "A!",
           "xone!|"},
          {"one two\x1b"
           "bD",
           "one| "},
          {"one\x1bu", "|"},
          {"one\x1bk", "on|e"},
          {"one\x1b\r", "one"},
      },
      Keys::vi);
}

TEST_CASE("line session: one press of vi's u takes back one change, however it was made", "[repl][editor]") {
  check(
      {
          {"one two\x1b"
           "0ciwthree four\x1bu",
           "|one two"},
          {"one two\x1b"
           "0cwa\x7f"
           "b c\x1bu",
           "|one two"},
          {"one\x1b"
           "A two three\x1bu",
           "on|e"},
          {"one\x1b"
           "otwo\x1bu",
           "on|e"},
          {"one two\x1b"
           "0cwx\x1bw.u",
           "x |two"},
          {"one two\x1b"
           "0cwx\x1bu\x12",
           "|x two"},
          {"a b\x1b"
           "0xxu",
           "| b"},
          {"a b\x1b"
           "0xxuu",
           "|a b"},
          {"a b\x1b"
           "02xu",
           "|a b"},
          {"one two three\x1bu", "|"},        // all that was typed before the first Esc
          {"one\x1b[D\x1b[Dx\x1bu", "o|ne"},  // a motion ends a change
      },
      Keys::vi);
}

TEST_CASE("line session: vi's commands for lines take them whole", "[repl][editor]") {
  const auto in_lines = [](const std::string& keys) { return after("one\ntwo\n three\x1b" + keys, Keys::vi); };
  CHECK(in_lines("ggdd") == "|two\n three");
  CHECK(in_lines("dd") == "one\n|two");
  CHECK(in_lines("gg2ddp") == " three\n|one\ntwo");
  CHECK(in_lines("ggdj") == " |three");
  CHECK(in_lines("dk") == "|one");
  CHECK(in_lines("ggdk") == "|one\ntwo\n three");
  CHECK(in_lines("2Gdgg") == " |three");
  CHECK(in_lines("ggdG") == "|");
  CHECK(in_lines("ggdGp") == "|one\ntwo\n three");
  CHECK(in_lines("ggyyp") == "one\n|one\ntwo\n three");
  CHECK(in_lines("ggyyGP") == "one\ntwo\n|one\n three");
  CHECK(in_lines("ggyy2p") == "one\n|one\none\ntwo\n three");
  CHECK(in_lines("2Gccx\x1b") == "one\n|x\n three");
  CHECK(in_lines("2GD") == "one\n|\n three");
  CHECK(in_lines("2G$x") == "one\nt|w\n three");
  CHECK(in_lines("gg$j") == "one\ntw|o\n three");
  CHECK(in_lines("1Gx") == "|ne\ntwo\n three");
  CHECK(in_lines("gg2j^x") == "one\ntwo\n |hree");
  CHECK(after("one two\x1byyp", Keys::vi) == "one two\n|one two");
}

TEST_CASE("line session: in vi's normal mode the cursor is on a character, and what is put ends there",
          "[repl][editor]") {
  check(
      {
          {"abc\x1b$x", "a|b"},
          {"abc\x1b$xx", "|a"},
          {"abc\x1b"
           "0xp",
           "b|ac"},
          {"abc\x1b"
           "0x3p",
           "baa|ac"},
          {"one two\x1bgex", "on| two"},
          {"a.b c\x1bgEx", "a.| c"},
          {"one two\x1b\x1b[C\x1b[Cx", "one t|w"},
          {"\x1b/pars\rx", "explain the |arser"},
          {"\x1b/ma\rn", "|make test"},
          {"\x1b/ma\rnN", "|make\nall"},
      },
      Keys::vi);
}

TEST_CASE("line session: the cursor stands where the next character will be, also where that is too wide for the row",
          "[repl][editor]") {
  const auto cursor = [](const std::string& text, std::size_t at) {
    const auto frame = frame_of({.prompt = "> ", .text = text, .cursor = at}, 6, Styles::none);
    return std::pair(frame.cursor_row, frame.cursor_column);
  };
  using At = std::pair<std::size_t, std::size_t>;
  CHECK(cursor("abc漢", 3) == At{1, 0});
  CHECK(cursor("abc漢", 6) == At{1, 2});
  CHECK(cursor("ab漢x", 2) == At{0, 4});
  CHECK(cursor("ab漢x", 5) == At{1, 0});
  CHECK(cursor("abc🇩🇪", 3) == At{1, 0});
  CHECK(cursor("abc\nd", 3) == At{0, 5});
  CHECK(cursor("abcd\ne", 4) == At{1, 0});
}

TEST_CASE("line session: vi's searches in a line", "[repl][editor]") {
  const auto in_line = [](const std::string& keys) { return after("a,b,c,d\x1b" + keys, Keys::vi); };
  CHECK(in_line("0f,") == "a|,b,c,d");
  CHECK(in_line("03f,") == "a,b,c|,d");
  CHECK(in_line("09f,") == "|a,b,c,d");  // not so many
  CHECK(in_line("0t,;") == "a,|b,c,d");
  CHECK(in_line("0f,;;,") == "a,b|,c,d");
  CHECK(in_line("F,") == "a,b,c|,d");
  CHECK(in_line("2T,") == "a,b,|c,d");
  CHECK(in_line("T,;") == "a,b,|c,d");
  CHECK(in_line("F,,") == "a,b,c|,d");  // there is none behind
  CHECK(in_line("0df,") == "|b,c,d");
  CHECK(in_line("0dt,") == "|,b,c,d");
  CHECK(in_line("dF,") == "a,b,c|d");
  CHECK(in_line("0d3f,") == "|d");
  CHECK(after("漢字é\x1b"
              "0fé",
              Keys::vi) == "漢字|é");
  CHECK(in_line(";x") == "a,b,c|,");  // nothing was searched for
}

TEST_CASE("line session: vi's . does the last change again", "[repl][editor]") {
  check(
      {
          {"one two three\x1b"
           "0dw.",
           "|three"},
          {"aaaa\x1b"
           "0x..",
           "|a"},
          {"aaaa\x1b"
           "0x2.",
           "|a"},
          {"one two\x1b"
           "0cwx\x1bw.",
           "x |x"},
          {"a b c\x1b"
           "0rx2l.u",
           "x |b c"},
          {"one two\x1b"
           "0dwu.",
           "|two"},
          {"ab\x1b"
           "Ac\x1b.",
           "abc|c"},
          {"ab\x1b.", "a|b"},
          {"\x1b"
           "ial\t\x1b\x1buuu.x",
           "alp|h"},
          {"\x1b"
           "ial\t\t\r\x1buuu.x",
           "alphabe|t"},
      },
      Keys::vi);
}

TEST_CASE("line session: vi's characters, case and text objects", "[repl][editor]") {
  check(
      {
          {"abc\x1b"
           "0rx",
           "|xbc"},
          {"abc\x1b"
           "02ré",
           "é|éc"},
          {"abc\x1b"
           "09rx",
           "|abc"},
          {"aBc\x1b"
           "03~",
           "Ab|C"},
          {"one two-three four\x1b"
           "0wdiw",
           "one |-three four"},
          {"one two-three four\x1b"
           "0wdaW",
           "one |four"},
          {"one two\x1b"
           "daw",
           "on|e"},
          {"say \"a b\" now\x1b"
           "0ci\"x\x1b",
           "say \"|x\" now"},
          {"say \"a b\" now\x1b"
           "0fada\"",
           "say | now"},
          {"f(a, g(b), c)\x1b"
           "0fadi(",
           "f(|)"},
          {"f(a, g(b), c)\x1b"
           "0fbda)",
           "f(a, g|, c)"},
          {"a\x1b"
           "di(",
           "|a"},
          {"one two\x1b"
           "0yiwwP",
           "one on|etwo"},
          {"one.two x\x1b"
           "0wx",
           "one|two x"},
          {"one.two x\x1b"
           "0Wx",
           "one.two| "},
          {"one two three\x1b"
           "02cwx\x1b",
           "|x three"},
          {"a b c d e\x1b"
           "02d2w",
           "|e"},
          {"one\nx\x1b"
           "ggdw",
           "|\nx"},
      },
      Keys::vi);
}

TEST_CASE("line session: a vi command that is none takes no more keys", "[repl][editor]") {
  check(
      {
          {"abc\x1b"
           "0dzx",
           "|bc"},
          {"abc\x1b"
           "0gzx",
           "|bc"},
          {"abc\x1b"
           "0dizx",
           "|bc"},
          {"abc\x1b"
           "0d\x1b[Cx",
           "a|c"},
          {"abc\x1b"
           "0déx",
           "|bc"},
          {"abc\x1b"
           "02\x1bx",
           "|bc"},
          {"abc\x1b"
           "0f\x1bx",
           "|bc"},
          {"abc\x1b"
           "0zx",
           "|bc"},
      },
      Keys::vi);
}

TEST_CASE("line session: an answer is one line, without menus and history", "[repl][editor]") {
  CHECK(after("\x1b[A\t\x12"
              "al\x1b[200~a\nb\x1b[201~\r",
              Keys::emacs, LineKind::answer) == "ala b");
  CHECK(after("exp", Keys::emacs, LineKind::answer) == "exp|");
}
