#include "repl/editor/line_editor.hpp"

#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include <catch2/catch.hpp>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.hpp"

using namespace errand;
using namespace errand::repl;

namespace {

// A terminal in raw mode whose keys are typed by a test.
class Typist {
 public:
  Typist() {
    int keys = -1;
    int screen = -1;
    termios mode{};
    ::cfmakeraw(&mode);
    REQUIRE(::openpty(&keys, &screen, nullptr, &mode, nullptr) == 0);
    keys_ = Fd(keys);
    screen_ = Fd(screen);
  }

  [[nodiscard]] int screen() const { return screen_.get(); }
  // The window has another size from now on.
  void resize(unsigned short columns, terminal::Changes& changes) const {
    const winsize shape{.ws_row = 10, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    if (::ioctl(keys_.get(), TIOCSWINSZ, &shape) != 0) throw std::runtime_error("the terminal keeps its size");
    changes.tell_resized();
  }
  void type(std::string_view keys) const {
    if (!write_all(keys_.get(), keys)) throw std::runtime_error("the terminal takes no keys");
  }
  // Reads what is shown until the text comes, and gives it; nothing more is read once the terminal is closed.
  std::string wait_for(std::string_view text) {
    std::string shown;
    while (shown.find(text) == std::string::npos) {
      char bytes[4096];
      const auto got = ::read(keys_.get(), bytes, sizeof bytes);
      if (got <= 0) break;
      shown.append(bytes, static_cast<std::size_t>(got));
    }
    return shown;
  }

 private:
  Fd keys_;
  Fd screen_;
};

ChoiceRequest approval() {
  return {.kind = LineKind::answer,
          .title = "allow? ",
          .hint = "a letter",
          .choices = {{"once", "", "yes"}, {"never", "", "no"}},
          .typed = ChoiceRequest::Typed::answers,
          .digits = ChoiceRequest::Digits::select};
}

EditorParts parts_on(const Typist& typist, terminal::Changes& changes) {
  return {.in_fd = typist.screen(),
          .out_fd = typist.screen(),
          .changes = changes,
          .protocols = terminal::Protocols::none,
          .on_interrupt = [] {},
          .on_resize = {},
          .edit_outside = {},
          .show_error = [](const Error&) {}};
}

constexpr std::string_view question = "\x1b[6n";

}  // namespace

TEST_CASE("line editor: what was typed before a question is no answer to it, and comes after", "[repl][editor]") {
  const bool is_menu = GENERATE(true, false);
  CAPTURE(is_menu);
  Typist typist;
  terminal::Changes changes;
  LineEditor editor(parts_on(typist, changes));
  typist.type("y\r");  // it lies in the terminal when the question comes
  std::jthread person([&] {
    typist.wait_for("allow? ");
    typist.type("n\r");
  });
  if (is_menu) {
    CHECK(editor.choose(approval(), {}).value() == Picked{Picked::End::picked, {1}, {}});
  } else {
    CHECK(editor.read({LineKind::answer, "allow? "}, {}).value().text == "n");
  }
  person.join();
  const auto next = editor.read({LineKind::prompt, "> "}, {}).value();
  CHECK(next.end == ReadLine::End::submitted);
  CHECK(next.text == "y");
}

TEST_CASE("line editor: where the cursor is after a resize is no typed text, in the middle of it or twice",
          "[repl][editor]") {
  const auto typed = GENERATE(as<std::string>(), "c\x1b[1;5Rd", "cd\x1b[1;5R\x1b[1;5R", "\x1b[1;5Rcd");
  CAPTURE(typed);
  Typist typist;
  terminal::Changes changes;
  LineEditor editor(parts_on(typist, changes));
  std::jthread person([&] {
    typist.wait_for("> ");
    typist.type("ab");
    typist.wait_for("b");
    typist.resize(40, changes);
    typist.wait_for(question);
    typist.type(typed + "\r");
  });
  CHECK(editor.read({LineKind::prompt, "> "}, {}).value().text == "abcd");
}

TEST_CASE("line editor: a terminal that answered too late once is asked again, and its late answer is no typed text",
          "[repl][editor]") {
  Typist typist;
  terminal::Changes changes;
  LineEditor editor(parts_on(typist, changes));
  std::jthread person([&] {
    typist.wait_for("> ");
    typist.type("ab");
    typist.wait_for("b");
    typist.resize(40, changes);
    typist.wait_for(question);
    typist.wait_for("ab");  // painted without an answer
    typist.resize(30, changes);
    typist.wait_for(question);
    typist.type("\x1b[1;5R\x1b[1;5Rc\r");
  });
  CHECK(editor.read({LineKind::prompt, "> "}, {}).value().text == "abc");
}

TEST_CASE("line editor: a terminal that never tells its cursor's place is asked no more after a few times",
          "[repl][editor]") {
  Typist typist;
  terminal::Changes changes;
  LineEditor editor(parts_on(typist, changes));
  std::string shown;
  std::jthread person([&] {
    typist.wait_for("> ");
    typist.type("ab");
    typist.wait_for("b");
    for (const unsigned short columns : std::initializer_list<unsigned short>{40, 30, 50}) {
      typist.resize(columns, changes);
      typist.wait_for(question);
      typist.wait_for("ab");
    }
    typist.resize(20, changes);
    shown = typist.wait_for("ab");
    typist.type("24\r");
  });
  CHECK(editor.read({LineKind::prompt, "> "}, {}).value().text == "ab24");
  person.join();
  CHECK(shown.find(question) == std::string::npos);
}

TEST_CASE("line editor: Ctrl-C and a stop don't wait for the cursor's place", "[repl][editor]") {
  const bool stops = GENERATE(true, false);
  CAPTURE(stops);
  Typist typist;
  terminal::Changes changes;
  LineEditor editor(parts_on(typist, changes));
  std::stop_source stop;
  std::jthread person([&] {
    typist.wait_for("> ");
    typist.resize(40, changes);
    typist.wait_for(question);
    if (stops)
      stop.request_stop();
    else
      typist.type("\x03");
  });
  CHECK(editor.read({LineKind::prompt, "> "}, {.stop = stop.get_token()}).value().end == ReadLine::End::interrupted);
  person.join();
  std::jthread next([&] {
    typist.wait_for("> ");
    typist.resize(30, changes);
    typist.wait_for(question);
    typist.type("\x1b[1;3R\x1b[1;3Rx\r");  // that to the first question too
  });
  CHECK(editor.read({LineKind::prompt, "> "}, {}).value().text == "x");
}
