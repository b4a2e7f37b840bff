// What a slow terminal has not shown yet when the next prompt is there.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <poll.h>
#include <pty.h>
#include <unistd.h>

#include "../render/screen.hpp"
#include "base/fd.hpp"
#include "repl/editor/line_editor.hpp"
#include "terminal/answers.hpp"

using namespace errand;
using namespace errand::repl;
using Lines = std::vector<std::string>;

namespace {

constexpr int rows = 10;
constexpr int lines_of_answer = 400;

// A terminal on a screen, which says that it has shown all only when it is let. For one thread.
class SlowTerminal {
 public:
  SlowTerminal() {
    int keys = -1;
    int screen = -1;
    termios mode{};
    ::cfmakeraw(&mode);
    const winsize size{.ws_row = rows, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
    REQUIRE(::openpty(&keys, &screen, nullptr, &mode, &size) == 0);
    keys_ = Fd(keys);
    screen_ = Fd(screen);
  }

  [[nodiscard]] int fd() const { return screen_.get(); }
  void type(std::string_view keys) const { static_cast<void>(write_all(keys_.get(), keys)); }

  enum class Answers { no, yes };
  // Reads until the screen is as wanted; false when that does not come.
  bool shows(const std::function<bool(const Lines&)>& wanted, Answers answers) {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (!wanted(model_.lines())) {
      if (answers == Answers::yes) answer();
      pollfd readable{keys_.get(), POLLIN, 0};
      if (std::chrono::steady_clock::now() > patience) return false;
      if (::poll(&readable, 1, 50) <= 0) continue;
      char bytes[4096];
      const auto got = ::read(keys_.get(), bytes, sizeof bytes);
      if (got <= 0) return false;
      const std::string_view text(bytes, static_cast<std::size_t>(got));
      shown_ += text;
      model_.write(text);
    }
    return true;
  }

 private:
  void answer() {
    for (auto at = shown_.find(terminal::ask_shown, asked_); at != std::string::npos;
         at = shown_.find(terminal::ask_shown, asked_)) {
      asked_ = at + terminal::ask_shown.size();
      type("\x1b[0n");
    }
  }

  Fd keys_;
  Fd screen_;
  test::VirtualScreen model_{rows, 80};
  std::string shown_;
  std::size_t asked_ = 0;  // up to there its questions are answered
};

bool tells_of_backlog(const Lines& lines) {
  return std::ranges::any_of(lines,
                             [](const auto& line) { return line.ends_with("lines to come, Ctrl-C leaves them out"); });
}

// An editor on it that is attended, with an answer that is more than it shows at once.
class Chat {
 public:
  explicit Chat(const SlowTerminal& slow)
      : bottom_(slow.fd(), {80, rows}, terminal::OnNarrowing::cuts),
        editor_({.in_fd = slow.fd(),
                 .out_fd = slow.fd(),
                 .changes = changes_,
                 .protocols = terminal::Protocols::none,
                 .bottom = &bottom_,
                 .on_interrupt = [] {},
                 .on_resize = {},
                 .edit_outside = {},
                 .show_error = [](const Error&) {}}),
        attention_(editor_.attend()) {
    std::string answer;
    for (int i = 1; i <= lines_of_answer; ++i) answer += line_of_answer(i) + "\n";
    bottom_.print(answer);
  }

  static std::string line_of_answer(int i) { return fmt::format("line {} of an answer that is long", i); }
  ReadLine::End read() { return editor_.read({LineKind::prompt, "> "}, {}).value().end; }
  void leave() { attention_.reset(); }

 private:
  terminal::Changes changes_;
  terminal::Bottom bottom_;
  LineEditor editor_;
  std::unique_ptr<LineReader::Attention> attention_;
};

}  // namespace

TEST_CASE("line editor: what is still to come of an answer is counted, and no more once all is there",
          "[repl][editor]") {
  SlowTerminal slow;
  Chat chat(slow);
  bool counted = false;
  bool gone = false;
  std::atomic<bool> left{false};
  std::jthread person([&] {
    using Answers = SlowTerminal::Answers;
    counted = slow.shows(tells_of_backlog, Answers::no);
    const auto is_all_there = [](const Lines& lines) {
      return lines.size() > 1 && lines.back() == ">" &&
             lines[lines.size() - 2] == Chat::line_of_answer(lines_of_answer);
    };
    gone = slow.shows(is_all_there, Answers::yes);
    slow.type("\r");
    slow.shows([&](const Lines&) { return left.load(); }, Answers::yes);
  });
  CHECK(chat.read() == ReadLine::End::submitted);
  chat.leave();
  left = true;
  person.join();
  CHECK(counted);
  CHECK(gone);
}

TEST_CASE("line editor: who leaves waits for no terminal that is slow, and is told what is not shown",
          "[repl][editor]") {
  SlowTerminal slow;
  Chat chat(slow);
  bool told = false;
  std::atomic<bool> left{false};
  std::jthread person([&] {
    using Answers = SlowTerminal::Answers;
    slow.shows(tells_of_backlog, Answers::no);
    slow.type("\x04");
    const auto is_told = [](const Lines& lines) {
      return lines.size() > 4 && lines[lines.size() - 4].ends_with(" lines left out") &&
             lines[lines.size() - 2] == Chat::line_of_answer(lines_of_answer) && lines.back() == ">" &&
             lines.size() < lines_of_answer;
    };
    told = slow.shows(is_told, Answers::no);
    slow.shows([&](const Lines&) { return left.load(); }, Answers::no);
  });
  CHECK(chat.read() == ReadLine::End::closed);
  chat.leave();
  left = true;
  person.join();
  CHECK(told);
}
