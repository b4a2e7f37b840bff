#include "terminal/bottom.hpp"

#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../render/capture.hpp"
#include "../render/screen.hpp"
#include "base/fd.hpp"
#include "terminal/answers.hpp"

using namespace errand;
using namespace errand::terminal;
using Lines = std::vector<std::string>;
using When = Bottom::When;

namespace {

// A bottom on a virtual screen.
class Stage {
 public:
  explicit Stage(Size size)
      : screen_(static_cast<int>(size.rows), static_cast<int>(size.columns)),
        bottom(file_.fd(), size, OnNarrowing::wraps) {}

  // What was written since the last call.
  std::string written() {
    const auto all = file_.text();
    auto out = all.substr(written_);
    screen_.write(out);
    written_ = all.size();
    return out;
  }
  // Others do.
  void write(const std::string& text) {
    written();
    screen_.write(text);
  }
  // Without the empty lines at the end.
  Lines lines() {
    written();
    return screen_.lines();
  }

 private:
  test::Capture file_;
  test::VirtualScreen screen_;
  std::size_t written_ = 0;

 public:
  Bottom bottom;
};

std::vector<Row> rows(const Lines& lines) {
  std::vector<Row> out;
  for (const auto& line : lines) out.push_back(row_of(line));
  return out;
}

Frame typed(const std::string& text) {
  return {.rows = rows({text}), .cursor_row = 0, .cursor_column = text.size()};
}

}  // namespace

TEST_CASE("bottom: the screen holds what is finished, what is live and what is typed, after each of many updates",
          "[terminal][bottom]") {
  std::mt19937 random(7);
  const auto some = [&](std::size_t most) { return random() % (most + 1); };
  for (int round = 0; round < 20; ++round) {
    const Size size{20, 4 + some(6)};
    Stage stage(size);
    Lines above;
    Lines shown;
    std::string input = "> ";
    for (int step = 0; step < 60; ++step) {
      Lines finished;
      // Often what was live becomes finished, as it is or with a change.
      const auto taken = some(shown.size());
      for (std::size_t i = 0; i < taken; ++i) finished.push_back(some(5) == 0 ? "changed" : shown[i]);
      if (some(7) == 0) finished.emplace_back("a line that the terminal has to wrap");
      Lines next(shown.begin() + static_cast<std::ptrdiff_t>(taken), shown.end());
      if (!next.empty() && some(1) == 0) next.back() += "+";
      while (some(2) == 0) next.push_back("line " + std::to_string(random() % 1000));
      if (some(9) == 0) next.clear();
      for (auto& line : next) line.resize(std::min<std::size_t>(line.size(), 19));
      if (some(2) == 0) input = "> " + std::to_string(random() % 1000);
      stage.bottom.show_run(rows(finished), rows(next));
      REQUIRE(stage.bottom.show_input(typed(input), some(1) == 0 ? When::always : When::beside_run));
      for (const auto& line : finished) {
        above.push_back(line.substr(0, 20));
        if (line.size() > 20) above.push_back(line.substr(20));
      }
      shown = next;
      auto expected = above;
      const auto hidden = next.size() >= size.rows ? next.size() - (size.rows - 1) : 0;
      expected.insert(expected.end(), next.begin() + static_cast<std::ptrdiff_t>(hidden), next.end());
      expected.push_back(input == "> " ? ">" : input);
      CAPTURE(round, step, size.rows);
      REQUIRE(stage.lines() == expected);
    }
  }
}

TEST_CASE("bottom: what is typed beside a run is seen as long as it goes on", "[terminal][bottom]") {
  Stage stage({40, 10});
  REQUIRE(stage.bottom.show_input(typed("+ next"), When::beside_run));
  CHECK(stage.written().empty());
  stage.bottom.show_run(rows({"finished"}), rows({"live"}));
  REQUIRE(stage.bottom.flush());
  CHECK(stage.lines() == Lines{"finished", "live", "+ next"});
  REQUIRE(stage.bottom.flush());
  CHECK(stage.written().empty());
  stage.bottom.print("said");
  REQUIRE(stage.bottom.end_run());
  CHECK(stage.lines() == Lines{"finished", "said"});
  REQUIRE(stage.bottom.show_input(typed("> next"), When::always));
  CHECK(stage.lines() == Lines{"finished", "said", "> next"});
  REQUIRE(stage.bottom.leave_input(rows({"> next!"})));
  CHECK(stage.lines() == Lines{"finished", "said", "> next!"});
}

TEST_CASE("bottom: while it is held only the one who asks is shown, and all else comes after", "[terminal][bottom]") {
  Stage stage({40, 10});
  stage.bottom.show_run({}, rows({"live"}));
  REQUIRE(stage.bottom.show_input(typed("+ draft"), When::beside_run));
  REQUIRE(stage.bottom.hold());
  CHECK(stage.lines().empty());
  stage.bottom.print("another agent");
  stage.bottom.show_run(rows({"finished"}), rows({"live 2"}));
  REQUIRE(stage.bottom.flush());
  CHECK(stage.lines().empty());
  REQUIRE(stage.bottom.show_input(typed("allow? "), When::always));
  CHECK(stage.lines() == Lines{"allow?"});
  REQUIRE(stage.bottom.leave_input(rows({"allow? y"})));
  CHECK(stage.lines() == Lines{"allow? y"});
  REQUIRE(stage.bottom.show_input(typed("+ draft"), When::beside_run));
  REQUIRE(stage.bottom.release());
  CHECK(stage.lines() == Lines{"allow? y", "another agent", "finished", "live 2", "+ draft"});
}

TEST_CASE("bottom: of what is live, what is whole stays when others write, and is not shown again after",
          "[terminal][bottom]") {
  const bool grew = GENERATE(false, true);  // before the terminal came back
  Stage stage({60, 6});
  stage.bottom.set_status([](std::size_t) { return row_of("helper · context 12 %"); });
  stage.bottom.show_run(rows({"finished"}), rows({"half a", "paragraph", "⋯ Bash make (3s)"}), 2);
  REQUIRE(stage.bottom.show_input(typed("+ draft"), When::beside_run));
  REQUIRE(stage.bottom.hold_with_what_is_whole());
  REQUIRE(stage.bottom.flush());
  CHECK(stage.lines() == Lines{"finished", "half a"});
  stage.write("$ fg\n");
  if (grew) stage.bottom.show_run({}, rows({"half a", "paragraph more", "and more"}), 1);
  REQUIRE(stage.bottom.come_back());
  REQUIRE(stage.bottom.release());
  const auto live = grew ? Lines{"paragraph more", "and more"} : Lines{"paragraph", "⋯ Bash make (3s)"};
  CHECK(stage.lines() == Lines{"finished", "half a", "$ fg", live[0], live[1], "+ draft", "helper · context 12 %"});

  stage.bottom.show_run(rows({"half a", "paragraph more", "and more."}), rows({"half a"}), 1);
  REQUIRE(stage.bottom.flush());
  CHECK(stage.lines() == Lines{"finished", "half a", "$ fg", "paragraph more", "and more.", "half a", "+ draft",
                               "helper · context 12 %"});
}

TEST_CASE("bottom: what stayed and is another row by now is shown again from there on", "[terminal][bottom]") {
  Stage stage({60, 12});
  stage.bottom.show_run({}, rows({"one", "two", "three", "four"}), 1);
  REQUIRE(stage.bottom.hold_with_what_is_whole());
  REQUIRE(stage.bottom.release());
  CHECK(stage.lines() == Lines{"one", "two", "three", "four"});
  stage.bottom.show_run(rows({"one", "2"}), rows({"three", "four"}), 1);
  REQUIRE(stage.bottom.flush());
  CHECK(stage.lines() == Lines{"one", "two", "three", "2", "three", "four"});
}

TEST_CASE("bottom: of what is live, rows that had no room on the screen stay as well", "[terminal][bottom]") {
  Stage stage({60, 3});
  stage.bottom.show_run({}, rows({"one", "two", "three", "four", "five"}), 1);
  REQUIRE(stage.bottom.flush());
  CHECK(stage.lines() == Lines{"three", "four", "five"});
  REQUIRE(stage.bottom.hold_with_what_is_whole());
  CHECK(stage.lines() == Lines{"one", "two", "three", "four"});
}

TEST_CASE("bottom: a status stands below what is typed, where there is room for it", "[terminal][bottom]") {
  const auto [columns, height, expected] = GENERATE(table<std::size_t, std::size_t, Lines>({
      {40, 3, {"live", "> a", "40 columns"}},
      {40, 2, {"live", "> a"}},
      {39, 3, {"live", "> a"}},
  }));
  Stage stage({columns, height});
  stage.bottom.set_status([](std::size_t width) { return row_of(std::to_string(width) + " columns"); });
  stage.bottom.show_run({}, rows({"live"}));
  REQUIRE(stage.bottom.flush());
  CHECK(stage.lines() == Lines{"live"});
  REQUIRE(stage.bottom.show_input(typed("> a"), When::always));
  CHECK(stage.lines() == expected);
}

TEST_CASE("bottom: an answer that grows by a line costs little more than that line", "[terminal][bottom]") {
  Stage stage({80, 10});
  stage.bottom.set_status(
      [](std::size_t) { return row_of("helper · some-model · context 12 % · $0.10 · sandbox on"); });
  REQUIRE(stage.bottom.show_input(typed("+ a draft of some length that stays as it is"), When::beside_run));
  stage.bottom.show_run({}, rows({"line 0"}));
  REQUIRE(stage.bottom.flush());
  stage.written();
  std::size_t bytes = 0;
  constexpr std::size_t lines = 100;
  for (std::size_t i = 0; i < lines; ++i) {
    stage.bottom.show_run(rows({"line " + std::to_string(i)}), rows({"line " + std::to_string(i + 1)}));
    REQUIRE(stage.bottom.flush());
    bytes += stage.written().size();
  }
  CAPTURE(bytes);
  CHECK(bytes < lines * 100);  // with what is typed and the status it would be 170
  CHECK(stage.lines().at(lines) == "line 100");
}

TEST_CASE("bottom: a terminal that takes nothing is given no frames, and then the newest alone", "[terminal][bottom]") {
  auto pipe = make_pipe().value();
  REQUIRE(::fcntl(pipe.write_end.get(), F_SETFL, O_NONBLOCK) == 0);
  const std::string page(4096, 'x');
  while (::write(pipe.write_end.get(), page.data(), page.size()) > 0) {
  }
  Bottom bottom(pipe.write_end.get(), {40, 10}, OnNarrowing::wraps);
  for (int i = 0; i < 1000; ++i) {
    bottom.show_run(rows({"line " + std::to_string(i)}), rows({"live " + std::to_string(i)}));
    REQUIRE(bottom.flush());
    REQUIRE(bottom.show_input(typed("+ draft " + std::to_string(i)), When::beside_run));
  }
  CHECK(bottom.is_behind());
  const auto read = [&] {
    std::string out(std::size_t{1} << 20U, '\0');
    const auto got = ::read(pipe.read_end.get(), out.data(), out.size());
    out.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return out;
  };
  const auto stale = read();
  CHECK(stale.find_first_not_of('x') == std::string::npos);
  std::string shown;
  std::size_t frames = 0;
  while (bottom.is_behind()) {
    REQUIRE(bottom.flush());
    const auto frame = read();
    CHECK(frame.size() < 8192);  // whoever types waits for no more
    shown += frame;
    ++frames;
  }
  CHECK(frames == 5);
  CHECK(shown.find("line 0") != std::string::npos);  // what is finished is never lost
  CHECK(shown.find("line 999") != std::string::npos);
  CHECK(shown.find("live 998") == std::string::npos);
  CHECK(shown.find("live 999") != std::string::npos);
  CHECK(shown.find("draft 999") != std::string::npos);
}

TEST_CASE("bottom: of a lot no more is written ahead than the terminal says that it has shown", "[terminal][bottom]") {
  const auto pipe = make_pipe().value();
  Bottom bottom(pipe.write_end.get(), {40, 10}, OnNarrowing::wraps);
  std::size_t asked = 0;
  bottom.pace_by([&] { ++asked; });
  const auto read = [&] {
    pollfd readable{pipe.read_end.get(), POLLIN, 0};
    std::string out(std::size_t{64} << 10U, '\0');
    const auto got = ::poll(&readable, 1, 0) == 1 ? ::read(pipe.read_end.get(), out.data(), out.size()) : 0;
    out.resize(static_cast<std::size_t>(got));
    return out;
  };
  constexpr std::size_t lines = 2000;
  for (std::size_t i = 0; i < lines; ++i) bottom.show_run(rows({"line " + std::to_string(i) + "."}), {});
  REQUIRE(bottom.show_input(typed("> "), When::always));
  REQUIRE(bottom.end_run());
  auto shown = read();
  CHECK(shown.size() < 2 * Pace::first_ahead);
  CHECK(bottom.is_behind());
  CHECK(bottom.waiting_rows() > lines / 2);
  while (bottom.is_behind()) {
    REQUIRE(bottom.show_input(typed("> typed"), When::always));
    const auto more = read();
    const auto answered = static_cast<std::size_t>(shown.ends_with(ask_shown));
    CHECK(more.size() < Pace::most_ahead);
    if (answered == 0) CHECK_FALSE(more.empty());
    shown += more;
    bottom.shown();
  }
  shown += read();
  CHECK(asked > 2);
  std::size_t at = 0;
  for (std::size_t i = 0; i < lines; ++i) {
    const auto found = shown.find("line " + std::to_string(i) + ".", at);
    REQUIRE(found != std::string::npos);
    at = found;
  }
  CHECK(shown.find("> typed") != std::string::npos);
}

TEST_CASE("bottom: what waits can be left out, and what must be there now does not wait", "[terminal][bottom]") {
  const auto pipe = make_pipe().value();
  Bottom bottom(pipe.write_end.get(), {40, 10}, OnNarrowing::wraps);
  bottom.pace_by([] {});
  Lines many(1000, "a row of some columns");
  many.emplace_back("the last");
  bottom.show_run(rows(many), {});
  REQUIRE(bottom.end_run());
  const auto waiting = bottom.waiting_rows();
  REQUIRE(waiting > 100);
  bottom.leave_out_waiting(1, row_of("… left out"));
  CHECK(bottom.waiting_rows() == 2);
  REQUIRE(bottom.settle());
  CHECK(bottom.waiting_rows() == 0);
  std::string shown(std::size_t{64} << 10U, '\0');
  const auto got = ::read(pipe.read_end.get(), shown.data(), shown.size());
  shown.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  CHECK(shown.ends_with("… left out\nthe last\n"));
}

TEST_CASE("bottom: once somebody tells of another size, nothing is painted for it before", "[terminal][bottom]") {
  int terminal = -1;
  int program = -1;
  winsize shape{.ws_row = 10, .ws_col = 60, .ws_xpixel = 0, .ws_ypixel = 0};
  REQUIRE(::openpty(&terminal, &program, nullptr, nullptr, &shape) == 0);
  const Fd terminal_side(terminal);
  const Fd program_side(program);
  const auto shown = [&] {
    std::string out(4096, '\0');
    ::fcntl(terminal, F_SETFL, O_NONBLOCK);
    const auto got = ::read(terminal, out.data(), out.size());
    out.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return out;
  };
  // What is written passes through the kernel in its own time.
  const auto comes = [&](std::string_view text) {
    std::string out;
    pollfd readable{terminal, POLLIN, 0};
    while (out.find(text) == std::string::npos && ::poll(&readable, 1, 10'000) == 1) out += shown();
    return out.find(text) != std::string::npos;
  };
  Bottom bottom(program, {}, OnNarrowing::wraps);
  bottom.wait_for_resized(Bottom::Waits::yes);
  bottom.show_run({}, rows({"live"}));
  REQUIRE(bottom.flush());
  CHECK(comes("live"));
  shape.ws_col = 50;
  REQUIRE(::ioctl(terminal, TIOCSWINSZ, &shape) == 0);
  bottom.show_run({}, rows({"more"}));
  REQUIRE(bottom.flush());
  CHECK(bottom.is_behind());
  CHECK(shown().empty());
  REQUIRE(bottom.resized(4, {}));
  REQUIRE(bottom.flush());
  CHECK(comes("more"));
}
