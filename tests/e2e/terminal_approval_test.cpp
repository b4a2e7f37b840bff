// What stands on the screen while somebody is asked.

#include <string>

#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "support/chat_room.hpp"

using namespace errand;
using namespace errand::test::e2e;
using errand::test::Screen;
using namespace errand::test::e2e::keys;

namespace {

constexpr std::string_view down = "\x1b[B";
constexpr std::string_view escape = "\x1b";
constexpr std::string_view ctrl_z = "\x1a";

using Room = ScreenRoom;

void wait_for_row(Screen& screen, const std::string& row) {
  screen.wait_until([&] { return screen.row(screen.cursor().row) == row; }, "the cursor's row: " + row);
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t out = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++out;
  return out;
}

const std::string bash = R"([
  {"reply": {"tool_call": {"name": "Bash", "arguments": {"command": "touch made.txt && echo a long way to say it"}}}},
  {"reply": {"text": "Fine."}}])";

// A file whose fifth line is changed, once it was read.
const std::string edit = R"([
  {"reply": {"tool_call": {"name": "Read", "arguments": {"file_path": "a.txt"}}}},
  {"reply": {"tool_call": {"name": "Edit", "arguments":
     {"file_path": "a.txt", "old_string": "five", "new_string": "5"}}}},
  {"reply": {"text": "Fine."}}])";

const std::string nine = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n";

std::string lines(int count) {
  std::string out;
  for (int i = 1; i <= count; ++i) out += "echo line " + std::to_string(i) + "\\n";
  return out;
}

}  // namespace

TEST_CASE("approval: what will happen is there again at every size of the window", "[e2e][terminal][approval]") {
  const Room room(bash);
  auto screen = room.chat({80, 24});
  wait_for_row(screen, ">");
  screen.type("make it\r");
  screen.wait_for("touch made.txt && echo a long way to say it");
  wait_for_row(screen, "  allow?");
  screen.resize({20, 24});
  screen.wait_for("    touch made.txt &\n    & echo a long wa\n    y to say it\n");
  screen.resize({80, 24});
  screen.wait_for("    touch made.txt && echo a long way to say it\n");
  wait_for_row(screen, "  allow?");
  screen.resize({80, 8});
  screen.wait_for("    touch made.txt && echo a long way to say it\n");
  screen.type("n\r");
  screen.wait_for("Fine.");
  CHECK(count(screen.text(), "    touch made.txt") == 1);
  leave(screen);
  room.check();
}

TEST_CASE("approval: what will happen is there again after a stop", "[e2e][terminal][approval]") {
  const Room room(bash);
  auto screen = room.chat({80, 24});
  wait_for_row(screen, ">");
  screen.type("make it\r");
  wait_for_row(screen, "  allow?");
  CHECK(count(screen.text(), "    touch made.txt") == 1);
  screen.type(ctrl_z);
  screen.wait_until([&] { return count(screen.text(), "    touch made.txt") == 2; }, "the command twice");
  wait_for_row(screen, "  allow?");
  screen.type("y\r");
  screen.wait_for("Fine.");
  leave(screen);
  CHECK(path_exists(room.world.path_of("made.txt")));
  room.check();
}

TEST_CASE("approval: an edit has its lines' numbers, and the lines around it", "[e2e][terminal][approval]") {
  const Room room(edit, {{"a.txt", nine}});
  auto screen = room.chat({80, 24});
  wait_for_row(screen, ">");
  screen.type("change it\r");
  screen.wait_for("  @@ -2,7 +2,7 @@\n   two\n   three\n   four\n  -five\n  +5\n   six\n   seven\n   eight\n");
  wait_for_row(screen, "  allow?");
  screen.type("\x0c");
  screen.wait_until([&] { return screen.row(0).empty() && screen.row(1).starts_with("Edit wants to change a.txt"); },
                    "the question at the top");
  screen.type("y\r");
  screen.wait_for("Fine.");
  leave(screen);
  room.check();
}

TEST_CASE("approval: a long command loses its middle, and \"v\" shows it", "[e2e][terminal][approval]") {
  const Room room(R"([{"reply": {"tool_call": {"name": "Bash", "arguments": {"command": ")" + lines(60) +
                  R"("}}}}, {"reply": {"text": "Fine."}}])");
  auto screen = room.chat({80, 24});
  wait_for_row(screen, ">");
  screen.type("make it\r");
  wait_for_row(screen, "  allow?");
  screen.wait_for("lines that count too are not shown here; \"v\" shows all 60");
  screen.wait_for("    echo line 1\n");
  screen.wait_for("    echo line 60\n");
  screen.wait_for("  v. view all of it");
  CHECK(screen.text().find("echo line 30\n") == std::string::npos);
  screen.type("v\r");
  const auto seen = [&] {
    std::string out;
    for (const auto& row : screen.scrollback()) out += row + "\n";
    return out + screen.text();
  };
  screen.wait_until([&] { return seen().find("    echo line 30\n") != std::string::npos; }, "all of it");
  wait_for_row(screen, "  allow?");
  screen.wait_for("    echo line 60\n");  // it is in view while it is decided upon
  screen.type(ctrl_z);
  screen.wait_for("(all 60 lines stand above; \"v\" shows them again)");
  wait_for_row(screen, "  allow?");
  screen.wait_for("    echo line 60\n");
  screen.type("n\r");
  screen.wait_for("Fine.");
  leave(screen);
  room.check();
}

TEST_CASE("approval: a letter that other approvals have is no reason to deny", "[e2e][terminal][approval]") {
  const Room room(R"([{"reply": {"tool_call": {"name": "Bash", "arguments": {"command": "sleep 0; touch made.txt"}}}},
                      {"reply": {"text": "Fine."}}])");
  auto screen = room.chat({80, 24});
  wait_for_row(screen, ">");
  screen.type("make it\r");
  wait_for_row(screen, "  allow?");
  CHECK(screen.text().find("  s. yes, in this session") == std::string::npos);
  screen.type("s\r");
  screen.wait_for("\"s\" is not offered here, only y, n, w");
  wait_for_row(screen, "  allow? s");
  screen.type(std::string(ctrl_u) + "y\r");
  screen.wait_for("Fine.");
  leave(screen);
  CHECK(path_exists(room.world.path_of("made.txt")));
  room.check();
}

TEST_CASE("approval: Esc goes back from the reason, and a command is none", "[e2e][terminal][approval]") {
  const Room room(R"([
    {"reply": {"tool_call": {"name": "Bash", "arguments": {"command": "touch made.txt"}}}},
    {"expect": {"last_message": {"tool_error": {"contains": "the user said no: not now"}}}, "reply": {"text": "Fine."}}])");
  auto screen = room.chat({80, 24});
  wait_for_row(screen, ">");
  screen.type("make it\r");
  wait_for_row(screen, "  allow?");
  screen.type("/exit\r");
  screen.wait_for("\"/exit\" is a command: those wait until this is answered");
  wait_for_row(screen, "  allow? /exit");
  screen.type(ctrl_u);
  screen.type("w\r");
  wait_for_row(screen, "  why not?");
  screen.wait_for("Enter sends it, Esc goes back");
  screen.wait_for("    touch made.txt\n");
  screen.type(escape);
  wait_for_row(screen, "  allow?");
  screen.wait_for("> w. no, and say why");
  screen.type("\r");
  wait_for_row(screen, "  why not?");
  screen.type("not now\r");
  screen.wait_for("Fine.");
  screen.wait_for("allow? not now");
  leave(screen);
  room.check();
}

TEST_CASE("approval: nothing that can't work is asked about", "[e2e][terminal][approval]") {
  const Room room(R"([
    {"reply": {"tool_call": {"name": "Write", "arguments": {"file_path": "a.txt", "content": "new"}}}},
    {"expect": {"last_message": {"tool_error": {"contains": "has not been read yet"}}}, "reply": {"text": "Fine."}}])",
                  {{"a.txt", nine}});
  auto screen = room.chat({80, 24});
  wait_for_row(screen, ">");
  screen.type("change it\r");
  screen.wait_for("Fine.");
  CHECK(screen.bytes().find("allow?") == std::string::npos);
  leave(screen);
  room.check();
}

TEST_CASE("approval: of several answers none is taken that was not marked", "[e2e][terminal][approval]") {
  const Room room(R"([
    {"reply": {"tool_call": {"name": "AskUserQuestion", "arguments": {"questions": [
       {"question": "Which sides?", "multiSelect": true, "options": [{"label": "Front"}, {"label": "Back"}]}]}}}},
    {"expect": {"last_message": {"tool_result": "Which sides?\n-> Back\n"}}, "reply": {"text": "Painted."}}])");
  auto screen = room.chat({80, 24});
  wait_for_row(screen, ">");
  screen.type("paint it\r");
  wait_for_row(screen, "answer:");
  screen.type("\r");
  screen.wait_for("nothing is marked: Space marks");
  screen.type(down);
  screen.type(" \r");
  screen.wait_for("Painted.");
  leave(screen);
  room.check();
}

TEST_CASE("approval: Ctrl-C at a question says that the run was cancelled, and nothing of a denial",
          "[e2e][terminal][approval]") {
  const Room room(R"([{"reply": {"tool_call": {"name": "Bash", "arguments": {"command": "touch made.txt"}}}}])");
  auto screen = room.on_screen({binary(), "chat", "-a", "helper"}, {80, 24});
  wait_for_row(screen, ">");
  screen.type("make it\r");
  wait_for_row(screen, "  allow?");
  screen.type(ctrl_c);
  screen.wait_for("cancelled");
  leave(screen);
  CHECK(screen.bytes().find("could not be answered") == std::string::npos);
  CHECK(screen.bytes().find("denied") == std::string::npos);
  room.check();
}

TEST_CASE("approval: in a small window the lines that change are seen", "[e2e][terminal][approval]") {
  const Room room(edit, {{"a.txt", nine}});
  auto screen = room.chat({40, 15});
  wait_for_row(screen, ">");
  screen.type("mend it\r");
  wait_for_row(screen, "  allow?");
  CHECK(screen.text().find("\n  -five\n  +5\n") != std::string::npos);
  screen.type("n\r");
  wait_for_row(screen, ">");
  leave(screen);
}

TEST_CASE("approval: /permissions shows what holds, and changes the mode of the session", "[e2e][terminal][approval]") {
  const Room room(R"([
    {"reply": {"tool_call": {"name": "Bash", "arguments": {"command": "touch one.txt"}}}},
    {"reply": {"text": "One."}},
    {"expect": {"has_tools": ["ExitPlanMode"]}, "reply": {"text": "Two."}},
    {"expect": {"lacks_tools": ["ExitPlanMode"]},
     "reply": {"tool_call": {"name": "Bash", "arguments": {"command": "touch two.txt"}}}},
    {"reply": {"text": "Three."}}])");
  auto screen = room.chat({80, 40}, {"--deny", "Bash(rm *)"});
  wait_for_row(screen, ">");
  screen.type("make it\r");
  wait_for_row(screen, "  allow?");
  screen.type("s\r");
  screen.wait_for("One.");
  wait_for_row(screen, ">");
  screen.type("/permissions\r");
  screen.wait_for(
      "mode   ask: changes and commands are asked about\n"
      "deny   Bash(rm *)  (--deny)\n"
      "allow  Bash(touch one.txt)  (this session)\n");
  wait_for_row(screen, ">");
  screen.type("/permissions plan\r");
  screen.wait_for("mode   plan: nothing changes until you approve a plan");
  wait_for_row(screen, ">");
  screen.type("and?\r");
  screen.wait_for("Two.");
  wait_for_row(screen, ">");
  screen.type("/permissions bypass\r");
  screen.wait_for("Use it in this session?");
  screen.type("\r");
  screen.wait_until([&] { return count(screen.text(), "mode   plan: ") == 2; }, "plan mode stays");
  wait_for_row(screen, ">");
  screen.type("/permissions auto\r");
  screen.wait_for("mode   auto: ");
  wait_for_row(screen, ">");
  screen.type("go on\r");
  screen.wait_for("Three.");
  leave(screen);
  CHECK(path_exists(room.world.path_of("two.txt")));
  room.check();
}

TEST_CASE("approval: Shift-Tab goes round the modes between runs, and in a list of candidates moves back",
          "[e2e][terminal][approval]") {
  constexpr std::string_view shift_tab = "\x1b[Z";
  const Room room(R"([
    {"reply": {"tool_call": {"name": "Bash", "arguments": {"command": "touch one.txt"}}}},
    {"reply": {"text": "One."}},
    {"expect": {"has_tools": ["ExitPlanMode"]}, "reply": {"text": "Two."}}])");
  auto screen = room.chat({80, 24});
  wait_for_row(screen, ">");
  screen.type("make it");
  screen.type(shift_tab);
  screen.wait_for("> make it\nmode auto: what the sandbox contains runs without asking\n");
  screen.type("\r");
  screen.wait_for("One.");
  wait_for_row(screen, ">");
  CHECK(screen.text().find("mode auto") == std::string::npos);
  screen.type(shift_tab);
  screen.wait_for("mode plan: ");
  screen.type("and?\r");
  screen.wait_for("Two.");
  wait_for_row(screen, ">");
  screen.type("/permissions \t");
  screen.type(shift_tab);
  screen.type("\r");
  wait_for_row(screen, "> /permissions bypass");
  screen.type(ctrl_u);
  screen.type(shift_tab);
  screen.wait_for("mode ask: ");
  leave(screen);
  CHECK(path_exists(room.world.path_of("one.txt")));
  room.check();
}
