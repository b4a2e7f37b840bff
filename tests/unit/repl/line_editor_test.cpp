#include "repl/editor/line_editor.hpp"

#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include <catch2/catch.hpp>
#include <pty.h>
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
  void type(std::string_view keys) const {
    if (!write_all(keys_.get(), keys)) throw std::runtime_error("the terminal takes no keys");
  }
  // Reads what is shown until the text comes; nothing more is read once the terminal is closed.
  void wait_for(std::string_view text) {
    std::string shown;
    while (shown.find(text) == std::string::npos) {
      char bytes[4096];
      const auto got = ::read(keys_.get(), bytes, sizeof bytes);
      if (got <= 0) return;
      shown.append(bytes, static_cast<std::size_t>(got));
    }
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

}  // namespace

TEST_CASE("line editor: what was typed before a question is no answer to it, and comes after", "[repl][editor]") {
  const bool is_menu = GENERATE(true, false);
  CAPTURE(is_menu);
  Typist typist;
  terminal::Changes changes;
  LineEditor editor({.in_fd = typist.screen(),
                     .out_fd = typist.screen(),
                     .changes = changes,
                     .protocols = terminal::Protocols::none,
                     .on_interrupt = [] {},
                     .on_resize = {},
                     .edit_outside = {},
                     .show_error = [](const Error&) {}});
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
