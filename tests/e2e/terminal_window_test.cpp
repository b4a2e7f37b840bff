// A window that changes its size while an answer floods: nothing of it is lost, and nothing is there twice.

#include <chrono>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "support/chat_room.hpp"

using namespace errand;
using namespace errand::test::e2e;
using errand::test::Screen;
using namespace errand::test::e2e::keys;

namespace {

constexpr int lines = 1500;

std::string answer() {
  std::string out;
  for (int i = 0; i < lines; ++i) out += fmt::format("- line {} of many\\n", i);
  return out;
}

// An answer, then a tool that tells of it and works until the file "go" is there.
std::string flood() {
  return R"([{"reply": {"text": ")" + answer() + R"(", "tool_call": {"name": "Bash",
      "arguments": {"command": "touch flooded; until [ -e go ]; do sleep 0.02; done", "description": "wait"}}}},
      {"reply": {"text": "Done."}}])";
}

Screen chat(const ScreenRoom& room) {
  return room.on_screen({binary(), "chat", "-q", "-a", "helper", "--permission-mode", "auto"}, {60, 20});
}

// Nothing is read from the terminal meanwhile.
void wait_for_file(const ScreenRoom& room, const std::string& name) {
  const auto deadline = std::chrono::steady_clock::now() + Screen::patience;
  while (!path_exists(room.world.path_of(name))) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("no file " + name);
    std::this_thread::yield();
  }
}

void note_number(std::vector<int>& out, const std::string& row) {
  constexpr std::string_view before = "line ";
  const auto at = row.find(before);
  if (at == std::string::npos || row.find(" of") == std::string::npos) return;
  out.push_back(std::stoi(row.substr(at + before.size())));
}

std::vector<int> numbers_shown(const Screen& screen) {
  std::vector<int> out;
  for (const auto& row : screen.scrollback()) note_number(out, row);
  for (const auto& row : text::lines(screen.text())) note_number(out, row);
  return out;
}

std::vector<int> all_numbers() {
  std::vector<int> out(lines);
  std::iota(out.begin(), out.end(), 0);
  return out;
}

void finish(const ScreenRoom& room, Screen& screen) {
  room.world.make_files({{"go", ""}});
  screen.wait_for("Done.");
  screen.wait_for("> a draft");
  // What is unfinished can be seen before all that goes before it was sent.
  screen.wait_until([&] { return numbers_shown(screen).size() >= lines; }, "all lines");
  CHECK(numbers_shown(screen) == all_numbers());
  screen.type(ctrl_u);
  leave(screen);
  room.check();
}

}  // namespace

TEST_CASE("window: a terminal that takes nothing while it changes its size shows each line once",
          "[e2e][terminal][window]") {
  const ScreenRoom room(flood());
  auto screen = chat(room);
  screen.wait_for(">");
  screen.type("first\r");
  wait_for_file(room, "flooded");
  screen.type("a ");
  for (const int columns : {40, 30, 70}) screen.resize({columns, 16});
  screen.type("draft");
  finish(room, screen);
}

TEST_CASE("window: one that is dragged while an answer floods shows each line once", "[e2e][terminal][window]") {
  const auto seed = GENERATE(range(1U, 6U));
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto between = [&](int least, int most) {
    return least + static_cast<int>(random() % static_cast<unsigned>(most - least + 1));
  };
  const ScreenRoom room(flood());
  auto screen = chat(room);
  screen.wait_for(">");
  screen.type("first\ra draft");
  for (int i = 0; i < 5; ++i) {
    for (int step = between(1, 4); step > 0; --step) screen.resize({between(30, 90), between(8, 30)});
    const auto seen = screen.scrollback().size();
    screen.wait_until(
        [&] { return screen.scrollback().size() > seen + 20 || screen.text().find("⋯ Bash") != std::string::npos; },
        "more of the answer");
  }
  finish(room, screen);
}
