#include "render/options.hpp"

#include <cstdlib>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.hpp"

using namespace errand;
using namespace errand::render;

TEST_CASE("options: colour follows the flag, then the variables, then the terminal", "[render][options]") {
  struct Case {
    ColorChoice choice;
    ColorVariables variables;
    Medium medium;
    Color expected;
  };
  const auto unset = std::nullopt;
  const std::vector<Case> cases = {
      {ColorChoice::automatic, {unset, unset, "xterm"}, Medium::terminal, Color::on},
      {ColorChoice::automatic, {unset, unset, "xterm"}, Medium::pipe, Color::off},
      {ColorChoice::automatic, {unset, unset, unset}, Medium::terminal, Color::on},
      {ColorChoice::automatic, {unset, unset, "dumb"}, Medium::terminal, Color::off},
      {ColorChoice::automatic, {"1", unset, "xterm"}, Medium::terminal, Color::off},
      {ColorChoice::automatic, {"", unset, "xterm"}, Medium::terminal, Color::on},
      {ColorChoice::automatic, {unset, "1", "xterm"}, Medium::pipe, Color::on},
      {ColorChoice::automatic, {unset, "0", "xterm"}, Medium::pipe, Color::off},
      {ColorChoice::automatic, {"1", "1", "xterm"}, Medium::pipe, Color::off},
      {ColorChoice::always, {"1", unset, "dumb"}, Medium::pipe, Color::on},
      {ColorChoice::never, {unset, "1", "xterm"}, Medium::terminal, Color::off},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    CAPTURE(i);
    CHECK(decide_color(cases[i].choice, cases[i].variables, cases[i].medium) == cases[i].expected);
  }
  CHECK(decide_motion({unset, unset, "dumb"}, Medium::terminal) == Motion::off);
  CHECK(decide_motion({"1", unset, "xterm"}, Medium::terminal) == Motion::on);
  CHECK(decide_motion({unset, "1", "xterm"}, Medium::pipe) == Motion::off);
}

TEST_CASE("options: a choice of colour that is none names those there are", "[render][options]") {
  CHECK(parse_color_choice("auto").value() == ColorChoice::automatic);
  CHECK(parse_color_choice("always").value() == ColorChoice::always);
  CHECK(parse_color_choice("never").value() == ColorChoice::never);
  CHECK(parse_color_choice("yes").error() ==
        Error{ErrorKind::usage, "\"yes\" is no choice of colour", "one of: auto, always, never", {}, {}, false});
}

TEST_CASE("options: a terminal says how wide it is", "[render][options]") {
  const Fd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE(master.valid());
  REQUIRE(::grantpt(master.get()) == 0);
  REQUIRE(::unlockpt(master.get()) == 0);
  const Fd terminal(::open(::ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE(terminal.valid());
  winsize size{};
  size.ws_col = 132;
  REQUIRE(::ioctl(terminal.get(), TIOCSWINSZ, &size) == 0);
  CHECK(medium_of(terminal.get()) == Medium::terminal);
  CHECK(columns_of(terminal.get()) == 132);
  size.ws_col = 3;
  REQUIRE(::ioctl(terminal.get(), TIOCSWINSZ, &size) == 0);
  CHECK(columns_of(terminal.get()) == 20);
}

TEST_CASE("options: a pipe is no terminal", "[render][options]") {
  const auto pipe = make_pipe().value();
  CHECK(medium_of(pipe.write_end.get()) == Medium::pipe);
  CHECK(columns_of(pipe.write_end.get()) >= 20);
}
