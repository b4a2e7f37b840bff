#include "render/theme.hpp"

#include <catch2/catch.hpp>

#include "render/highlight.hpp"
#include "render/line.hpp"

using namespace errand::render;

TEST_CASE("theme: the depth is what the terminal says, and nothing where there is no colour", "[render][theme]") {
  struct Case {
    const char* term;
    const char* colorterm;
    ColorDepth depth;
  };
  const std::vector<Case> cases = {{"xterm", "", ColorDepth::ansi16},
                                   {"linux", "", ColorDepth::ansi16},
                                   {"screen-256color", "", ColorDepth::ansi256},
                                   {"xterm-kitty", "", ColorDepth::ansi256},
                                   {"xterm", "truecolor", ColorDepth::truecolor},
                                   {"xterm", "24bit", ColorDepth::truecolor},
                                   {"xterm-direct", "", ColorDepth::truecolor}};
  for (const auto& c : cases) {
    TerminalVariables variables;
    variables.term = c.term;
    variables.colorterm = c.colorterm;
    CAPTURE(c.term, c.colorterm);
    CHECK(decide_depth(Color::on, variables) == c.depth);
    CHECK(decide_depth(Color::off, variables) == ColorDepth::none);
  }
}

TEST_CASE("theme: hyperlinks only where they are known to work", "[render][theme]") {
  const auto with = [](auto set) {
    TerminalVariables variables;
    variables.term = "xterm-256color";
    set(variables);
    return decide_hyperlinks(Motion::on, variables);
  };
  CHECK(with([](auto&) {}) == Hyperlinks::off);
  CHECK(with([](auto& v) { v.vte_version = "6003"; }) == Hyperlinks::on);
  CHECK(with([](auto& v) { v.vte_version = "4205"; }) == Hyperlinks::off);
  CHECK(with([](auto& v) { v.term_program = "WezTerm"; }) == Hyperlinks::on);
  CHECK(with([](auto& v) { v.term = "foot"; }) == Hyperlinks::on);
  CHECK(with([](auto& v) { v.vte_version = "6003", v.inside_multiplexer = "/tmp/tmux"; }) == Hyperlinks::off);
  TerminalVariables capable;
  capable.term = "foot";
  CHECK(decide_hyperlinks(Motion::off, capable) == Hyperlinks::off);
}

TEST_CASE("theme: each depth has its own sequences, and none has none", "[render][theme]") {
  CHECK(Theme().paint("x", Style::heading, mark::bold) == "x");
  CHECK(Theme(ColorDepth::ansi16, Background::dark).paint("x", Style::keyword) == "\x1b[35mx\x1b[0m");
  CHECK(Theme(ColorDepth::ansi256, Background::light).paint("x", Style::keyword) == "\x1b[38;5;90mx\x1b[0m");
  CHECK(Theme(ColorDepth::truecolor, Background::dark).paint("x", Style::keyword, mark::italic) ==
        "\x1b[3;38;2;215;135;215mx\x1b[0m");
  CHECK(Theme(ColorDepth::ansi16, Background::dark).paint("x", Style::text) == "x");
}

TEST_CASE("highlight: a line is coloured by what came before it, and stays the same text", "[render][theme]") {
  struct Case {
    const char* language;
    std::vector<const char*> lines;
    const char* styles;  ///< of the last line: a letter for each byte
  };
  // k keyword, s string, c comment, n number, . text
  const std::vector<Case> cases = {{"cpp", {"/* a", "b */ int x = 1; // y"}, "cccc.kkk.....n..cccc"},
                                   {"py", {"def f():", "  \"\"\"a", "b\"\"\" # c"}, "ssss.ccc"},
                                   {"json", {R"("a": ["b", -1.5e3, true])"}, "kkk...sss...nnnnn..kkkk."},
                                   {"yaml", {"key: it's a # b"}, "kkk.........ccc"},
                                   {"sh", {"echo \"a b\" $# don't"}, "kkkk.sssss........."},
                                   {"sql", {"Select 'a''b' -- c"}, "kkkkkk.ssssss.cccc"},
                                   {"js", {"`a", "b` + 'c\\'d'"}, "ss...ssssss"},
                                   {"nothing", {"int x"}, "....."}};
  for (const auto& c : cases) {
    CAPTURE(c.language);
    Highlighter highlighter(c.language);
    Line last;
    for (const auto* line : c.lines) last = highlighter.line(line);
    std::string text;
    std::string styles;
    for (const auto& run : last) {
      text += run.text;
      const auto style = run.look.style;
      const char letter = style == Style::keyword   ? 'k'
                          : style == Style::string  ? 's'
                          : style == Style::comment ? 'c'
                          : style == Style::number  ? 'n'
                                                    : '.';
      styles.append(run.text.size(), letter);
    }
    CHECK(text == c.lines.back());
    CHECK(styles == c.styles);
  }
}
