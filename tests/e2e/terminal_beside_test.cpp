// What is typed while a run works, and what the bottom of the screen shows then.

#include <string>

#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "support/chat_room.hpp"

using namespace errand;
using namespace errand::test::e2e;
using errand::test::Screen;
using namespace errand::test::e2e::keys;

namespace {

using Room = ScreenRoom;

// A run that works until the file "go" is there, then answers.
constexpr const char* gated = R"({"reply": {"text": "Let me see.", "tool_call": {"name": "Bash",
    "arguments": {"command": "until [ -e go ]; do sleep 0.02; done", "description": "wait"}}}})";

// A chat that tells what it does.
Screen talking(const Room& room, const std::vector<std::string>& more = {"--permission-mode", "auto"}) {
  std::vector<std::string> argv = {binary(), "chat", "-a", "helper"};
  argv.insert(argv.end(), more.begin(), more.end());
  return room.on_screen(std::move(argv), {80, 24});
}

std::string replies(const std::string& more) {
  return std::string("[") + gated + ", " + more + "]";
}

void open_gate(const Room& room) {
  room.world.make_files({{"go", ""}});
}

// A chat that says little, with edit.sh for the person's editor.
Screen with_editor(const Room& room, const std::vector<std::string>& more) {
  std::vector<std::string> argv = {binary(), "chat", "-q", "-a", "helper"};
  argv.insert(argv.end(), more.begin(), more.end());
  return room.on_screen(std::move(argv), {80, 24}, {{"VISUAL", "sh " + room.world.path_of("edit.sh")}});
}

void wait_for_row(Screen& screen, const std::string& wanted, int rows = 12) {
  screen.wait_until(
      [&] {
        for (int row = 0; row < rows; ++row) {
          if (screen.row(row) == wanted) return true;
        }
        return false;
      },
      "a row \"" + wanted + "\"");
}

// A line is begun beside the run of the first prompt, and goes into that editor.
void take_draft_outside(Screen& screen) {
  screen.wait_for(">");
  screen.type("first\r");
  screen.wait_for("Let me see.");
  screen.type("a draft");
  wait_for_row(screen, "+ a draft");
  screen.type("\x07");
}

// An answer stops after "Half"; a line is queued behind it, and the run is cancelled.
void cancel_with_next_queued(Screen& screen) {
  screen.wait_for(">");
  screen.type("first\r");
  screen.wait_for("Half");
  screen.type("next\r");
  wait_for_row(screen, "queued: next");
  screen.type(ctrl_c);
}

}  // namespace

TEST_CASE("beside a run: what is typed is seen below what it says, at any width", "[e2e][terminal][beside]") {
  const auto columns = GENERATE(132, 80, 40, 20);
  CAPTURE(columns);
  const Room room(R"([{"reply": {"text": ["A first paragraph of the answer.\n\nThen ", "a second one that"]},
                       "stall": "text"}])");
  auto screen = room.chat({columns, 14});
  screen.wait_for(">");
  screen.type("first\r");
  screen.wait_for("that");
  screen.type("meanwhile this is typed\rand this too");
  screen.wait_for("queued:");
  screen.wait_for("+ and this too");
  check_golden(screen, "beside_" + std::to_string(columns));
  screen.type(ctrl_c);
  screen.wait_for("> and this too");
  check_golden(screen, "beside_cancelled_" + std::to_string(columns));
  screen.type(ctrl_u);
  leave(screen);
  room.check();
}

TEST_CASE("beside a run: commands that need no turn are answered at once, the others wait and say so",
          "[e2e][terminal][beside]") {
  const Room room(replies(R"({"reply": {"text": "One."}})").c_str());
  auto screen = room.on_screen({binary(), "chat", "-a", "helper", "--permission-mode", "auto"}, {80, 40},
                               {{"PAGER", "sed 's/^/| /'"}});
  screen.wait_for(">");
  screen.type("first\r");
  screen.wait_for("⋯ Bash");
  screen.type("/todos\r");
  screen.wait_for("> /todos\nthere is no todo list\n");
  screen.type("/context\r");
  screen.wait_for("> /context\nanthropic/test-model: ");
  screen.wait_for("tool calls");
  screen.type("/permissions\r");
  screen.wait_for("> /permissions\nmode   auto: ");
  screen.type("/cost\r");
  screen.wait_for("> /cost\n");
  screen.type("/help nonsense\r");
  screen.wait_for("there is no command \"nonsense\"");
  screen.type("/usage\r");
  screen.wait_for("> /usage\n");
  screen.wait_for("test-model");
  screen.type("/output\r");
  screen.wait_for("nothing has printed in this chat");
  screen.type("/model\r");
  screen.wait_for("queued for after the run: /model");
  CHECK(screen.text().find("⋯ Bash") != std::string::npos);
  screen.type(up);
  screen.wait_for("+ /model");
  screen.type(ctrl_u);
  open_gate(room);
  screen.wait_for("One.");
  screen.wait_until([&] { return screen.row(screen.cursor().row) == ">"; }, "the prompt");
  leave(screen);
  room.check();
}

TEST_CASE("beside a run: Shift-Tab changes the mode of the next calls, Ctrl-D leaves with the run",
          "[e2e][terminal][beside]") {
  constexpr std::string_view shift_tab = "\x1b[Z";
  const Room room(replies(R"({"reply": {"tool_call": {"name": "Bash", "arguments": {"command": "touch made.txt"}}}},
                             {"reply": {"text": "One."}})")
                      .c_str());
  auto screen = talking(room);
  screen.wait_for(">");
  screen.type("first\r");
  screen.wait_for("⋯ Bash");
  screen.type(shift_tab);
  screen.wait_for("mode ask: changes and commands are asked about; from the next call on");
  screen.type(ctrl_d);
  screen.wait_for("leaves once the run has ended");
  screen.type(ctrl_d);
  screen.wait_for("stays");
  screen.type(ctrl_d);
  screen.wait_for("leaves once the run has ended");
  open_gate(room);
  screen.wait_for("allow?");
  screen.type("y\r");
  CHECK(screen.wait() == Exit{0, 0});
  CHECK(screen.text().find("One.") != std::string::npos);
  room.check();
}

TEST_CASE("beside a run: lines that wait are asked after it in order, and the newest can be taken back",
          "[e2e][terminal][beside]") {
  const Room room(replies(R"({"reply": {"text": "One."}},
                             {"expect": {"last_message": "second"}, "reply": {"text": "Two."}},
                             {"expect": {"last_message": "third, better"}, "reply": {"text": "Three."}})")
                      .c_str());
  auto screen = talking(room);
  screen.wait_for(">");
  screen.type("first\r");
  screen.wait_for("⋯ Bash");
  screen.type("second\rthird\r");
  wait_for_row(screen, "queued: third");
  screen.type(up);
  wait_for_row(screen, "+ third");
  CHECK(screen.text().find("queued: third") == std::string::npos);
  screen.type(", better\r");
  wait_for_row(screen, "queued: third, better");
  screen.type("a draft");
  open_gate(room);
  screen.wait_for("Three.");
  screen.wait_for("> a draft");
  CHECK(screen.text().find("One.\n> second\nTwo.\n> third, better\nThree.\n> a draft\n") != std::string::npos);
  screen.type(ctrl_u);
  leave(screen);
  room.check();
}

TEST_CASE("beside a run: Up and Down go through what waits, and an edited line keeps its place",
          "[e2e][terminal][beside]") {
  const Room room(replies(R"({"reply": {"text": "One."}},
                             {"expect": {"last_message": "second, better"}, "reply": {"text": "Two."}},
                             {"expect": {"last_message": "third"}, "reply": {"text": "Three."}})")
                      .c_str());
  auto screen = talking(room);
  screen.wait_for(">");
  screen.type("first\r");
  screen.wait_for("⋯ Bash");
  screen.type("second\rthird\r");
  wait_for_row(screen, "queued: third");
  screen.type(up);
  wait_for_row(screen, "+ third");
  screen.type(up);
  wait_for_row(screen, "+ second");
  wait_for_row(screen, "queued: third");
  screen.type(", better\x1b[B");
  wait_for_row(screen, "+ third");
  wait_for_row(screen, "queued: second, better");
  screen.type("\x1b[B");
  wait_for_row(screen, "queued: third");
  open_gate(room);
  screen.wait_for("Three.");
  CHECK(screen.text().find("One.\n> second, better\nTwo.\n> third\nThree.\n") != std::string::npos);
  leave(screen);
  room.check();
}

TEST_CASE("beside a run: a cancelled run asks nothing of what waits until Enter says so", "[e2e][terminal][beside]") {
  const Room room(R"([{"reply": {"text": "Half"}, "stall": "text"},
                      {"expect": {"last_message": "next"}, "reply": {"text": "Next."}}])");
  auto screen = room.chat();
  cancel_with_next_queued(screen);
  wait_for_prompt(screen);
  CHECK(screen.text().find("queued: next\n>") != std::string::npos);
  screen.type(enter);
  screen.wait_for("Next.");
  leave(screen);
  room.check();
}

TEST_CASE("beside a run: two Ctrl-C cancel, keep what was said, and leave nothing live on the screen",
          "[e2e][terminal][beside]") {
  const bool at_once = GENERATE(true, false);
  CAPTURE(at_once);
  const Room room(R"([{"reply": {"text": "Half an answer"}, "stall": "text"}])");
  {
    auto screen = room.chat();
    screen.wait_for(">");
    screen.type("first\r");
    screen.wait_for("Half");
    screen.type("next\rhalf typed");
    screen.wait_for("+ half typed");
    screen.type(ctrl_c);
    if (!at_once) screen.wait_for("> half typed");
    screen.type(ctrl_c);
    CHECK(screen.wait() == Exit{130, 0});
    CHECK(screen.is_cooked());
    CHECK(screen.text().find("\n+ ") == std::string::npos);
  }
  auto screen = talking(room, {"-c"});
  screen.wait_for("Half an answer");
  leave(screen);
}

TEST_CASE("beside a run: two Ctrl-C leave a command that heeds no signal, and what was said is kept",
          "[e2e][terminal][beside]") {
  const Room room(R"([{"reply": {"text": "Let me see.", "tool_call": {"name": "Bash", "arguments": {
      "command": "trap '' INT TERM HUP; touch began; while :; do sleep 0.1; done", "description": "stay"}}}}])");
  {
    auto screen = talking(room);
    screen.wait_for(">");
    screen.type("first\r");
    screen.wait_until([&] { return path_exists(room.world.path_of("began")); }, "a command that runs");
    screen.type(ctrl_c);
    screen.type(ctrl_c);
    CHECK(screen.wait() == Exit{130, 0});
    CHECK(screen.is_cooked());
  }
  auto screen = talking(room, {"-c"});
  screen.wait_for("Let me see.");
  leave(screen);
  room.check();
}

TEST_CASE("beside a run: after a cancel what waits is asked before what is typed then, and a command lets it wait",
          "[e2e][terminal][beside]") {
  const Room room(R"([{"reply": {"text": "Half"}, "stall": "text"},
                      {"expect": {"last_message": "next"}, "reply": {"text": "Next."}},
                      {"expect": {"last_message": "a draft"}, "reply": {"text": "Drafted."}}])");
  auto screen = room.chat();
  cancel_with_next_queued(screen);
  wait_for_prompt(screen);
  screen.type("/todos\r");
  wait_for_prompt(screen);
  wait_for_row(screen, "queued: next");
  screen.type("a draft");
  wait_for_row(screen, "Enter asks what waits, then this");
  screen.type(enter);
  screen.wait_for("Drafted.");
  wait_for_prompt(screen);
  CHECK(screen.text().find("> next\nNext.\n> a draft\nDrafted.\n") != std::string::npos);
  leave(screen);
  room.check();
}

TEST_CASE("beside a run: a command and a prompt that are typed at once are taken in their order",
          "[e2e][terminal][beside]") {
  const Room room(R"([{"reply": {"text": "Half"}, "stall": "text"},
                      {"expect": {"last_message": "next"}, "reply": {"text": "Next."}},
                      {"expect": {"last_message": "a draft"}, "reply": {"text": "Drafted."}}])");
  auto screen = room.chat();
  cancel_with_next_queued(screen);
  wait_for_prompt(screen);
  screen.type("/todos\ra draft\r");
  screen.wait_for("Drafted.");
  wait_for_prompt(screen);
  CHECK(screen.text().find("> next\nNext.\n> a draft\nDrafted.\n") != std::string::npos);
  leave(screen);
  room.check();
}

TEST_CASE("beside a run: what waits is not asked after a command's prompt that failed", "[e2e][terminal][beside]") {
  const Room room(replies(R"({"reply": {"text": "One."}},
                             {"status": 400, "body": {"type": "error", "error": {"type": "invalid_request_error",
                                                      "message": "not today"}}},
                             {"expect": {"last_message": {"text": {"contains": "next"}}}, "reply": {"text": "Next."}})")
                      .c_str());
  auto screen = talking(room);
  screen.wait_for(">");
  screen.type("first\r");
  screen.wait_for("⋯ Bash");
  screen.type("/init\r");
  wait_for_row(screen, "queued for after the run: /init");
  screen.type("next\r");
  wait_for_row(screen, "queued: next");
  open_gate(room);
  screen.wait_for("not today");
  wait_for_prompt(screen);
  CHECK(screen.text().find("queued: next\n>") != std::string::npos);
  screen.type(enter);
  screen.wait_for("Next.");
  leave(screen);
  room.check();
}

TEST_CASE("beside a run: what waits is not asked either when the run is cancelled at a question",
          "[e2e][terminal][beside]") {
  const Room room(replies(R"({"reply": {"tool_call": {"name": "Bash", "arguments": {"command": "touch made"}}}},
                             {"expect": {"last_message": "next"}, "reply": {"text": "Next."}})")
                      .c_str());
  auto screen = talking(room, {});
  screen.wait_for(">");
  screen.type("first\r");
  screen.wait_for("allow?");
  screen.type("y\r");
  screen.wait_for("⋯ Bash");
  screen.type("next\r");
  wait_for_row(screen, "queued: next", 16);
  open_gate(room);
  screen.wait_for("touch made");
  screen.wait_for("other words say why not");  // the menu is there, not only what is said before it
  screen.type(ctrl_c);
  wait_for_prompt(screen);
  CHECK(screen.text().find("queued: next\n>") != std::string::npos);
  screen.type(enter);
  screen.wait_for("Next.");
  leave(screen);
  room.check();
}

TEST_CASE("beside a run: Ctrl-S gives the line to the run in progress, behind the results of its tools",
          "[e2e][terminal][beside]") {
  const Room room(
      replies(R"({"expect": {"messages": [{"user": "first"}, {"assistant": "Let me see."}, {"calls": ["Bash"]},
                                 {"results": [{"$matches": "output"}]}, {"user": "use tabs"}]},
                              "reply": {"text": "With tabs."}})")
          .c_str());
  auto screen = talking(room);
  screen.wait_for(">");
  screen.type("first\r");
  screen.wait_for("⋯ Bash");
  screen.type("use tabs");
  screen.type(ctrl_s);
  wait_for_row(screen, "for this run: use tabs");
  open_gate(room);
  screen.wait_for("With tabs.");
  wait_for_prompt(screen);
  CHECK(screen.text().find("\n> use tabs\nWith tabs.\n") != std::string::npos);
  leave(screen);
  room.check();
}

TEST_CASE("beside a run: what a cancelled run did not take waits", "[e2e][terminal][beside]") {
  const Room room(R"([{"reply": {"text": "Half"}, "stall": "text"},
                      {"expect": {"last_message": "in time"}, "reply": {"text": "Next."}}])");
  auto screen = room.chat();
  screen.wait_for(">");
  screen.type("first\r");
  screen.wait_for("Half");
  screen.type("in time");
  screen.type(ctrl_s);
  wait_for_row(screen, "for this run: in time");
  screen.type(ctrl_c);
  wait_for_prompt(screen);
  wait_for_row(screen, "queued: in time");
  screen.type(enter);
  screen.wait_for("Next.");
  leave(screen);
  room.check();
}

TEST_CASE("beside a run: a question has the terminal to itself, and the line that was typed comes back after",
          "[e2e][terminal][beside]") {
  const Room room(R"([
    {"reply": {"tool_call": {"name": "Bash", "arguments": {"command": "until [ -e go ]; do sleep 0.02; done"}}}},
    {"reply": {"text": "Through."}}])");
  auto screen = talking(room, {});
  screen.wait_for(">");
  screen.type("first\r");
  screen.wait_for("allow?");
  CHECK(screen.text().find("\n+") == std::string::npos);
  screen.type("y\r");
  screen.wait_for("⋯ Bash");
  screen.type("a draft");
  wait_for_row(screen, "+ a draft");
  open_gate(room);
  screen.wait_for("Through.");
  screen.wait_for("> a draft");
  screen.type(ctrl_u);
  leave(screen);
  room.check();
}

TEST_CASE("beside a run: Ctrl-G writes the line in the person's editor, and what the run says then is shown after",
          "[e2e][terminal][beside]") {
  const Room room(R"([
    {"reply": {"text": "Let me see.", "tool_call": {"name": "Bash", "arguments": {"command": "until [ -e opened ]; do sleep 0.02; done"}}}},
    {"reply": {"text": "Said meanwhile.", "tool_call": {"name": "Bash", "arguments": {"command": "touch said; until [ -e go ]; do sleep 0.02; done"}}}},
    {"reply": {"text": "One."}}])",
                  {{"edit.sh",
                    "touch opened; until [ -e said ]; do sleep 0.02; done; echo in the editor; "
                    "sed -i 's,$, outside,' \"$1\"\n"}});
  auto screen = with_editor(room, {"--permission-mode", "auto"});
  take_draft_outside(screen);
  screen.wait_for("Said meanwhile.\n");
  wait_for_row(screen, "+ a draft outside");
  CHECK(screen.text().find("in the editor") < screen.text().find("Said meanwhile."));
  open_gate(room);
  screen.wait_for("One.");
  screen.wait_for("> a draft outside");
  screen.type(ctrl_u);
  leave(screen);
  room.check();
}

TEST_CASE("beside a run: a question waits for the end of the editor, and for what was said while it was open",
          "[e2e][terminal][beside]") {
  const Room room(
      R"([
    {"reply": {"text": "Let me see.", "tool_call": {"name": "Bash", "arguments": {"command": "sh gate.sh"}}}},
    {"reply": {"text": "May I?", "tool_call": {"name": "Bash", "arguments": {"command": "sh told.sh"}}}},
    {"reply": {"tool_call": {"name": "Bash", "arguments": {"command": "touch made"}}}},
    {"reply": {"text": "One."}}])",
      {{"gate.sh", "until [ -e opened ]; do sleep 0.02; done\n"},
       {"told.sh", "touch told\n"},
       {"edit.sh",
        "printf '\\033[?1049h'; touch opened; until [ -e told ]; do sleep 0.02; done; printf '\\033[?1049l'\n"}});
  auto screen = with_editor(room, {"--allow", "Bash(sh *)"});
  take_draft_outside(screen);
  screen.wait_for("other words say why not");
  screen.wait_for("Let me see.\nMay I?\n\nBash wants to run in ");
  screen.type("n\r");
  screen.wait_for("One.");
  screen.wait_for("> a draft");
  screen.type(ctrl_u);
  leave(screen);
  room.check();
}

TEST_CASE("beside a run: a window that changes shows everything once", "[e2e][terminal][beside]") {
  const Room room(
      R"([{"reply": {"text": "An answer that goes on and on for more than forty columns"}, "stall": "text"}])");
  auto screen = room.chat({80, 12});
  screen.wait_for(">");
  screen.type("first\r");
  screen.wait_for("columns");
  screen.type("a line\rand a draft");
  screen.wait_for("+ and a draft");
  screen.resize({40, 12});
  screen.wait_until([&] { return screen.row(3) == "queued: a line" && screen.row(4) == "+ and a draft"; },
                    "two rows of answer");
  check_golden(screen, "beside_resized_40");
  screen.resize({80, 12});
  screen.wait_until([&] { return screen.row(2) == "queued: a line" && screen.row(3) == "+ and a draft"; },
                    "one row of answer");
  check_golden(screen, "beside_resized_80");
  screen.type(ctrl_c);
  screen.wait_for("> and a draft");
  screen.type(ctrl_u);
  leave(screen);
}

TEST_CASE("beside a run: Ctrl-Z leaves the whole lines of what was said, and no line is there twice",
          "[e2e][terminal][beside]") {
  const std::string draft = GENERATE("", "a draft");
  const Room room(R"([{"reply": {"text": ["- one\n- two\n- three", " and a half"]}, "stall": "text"}])");
  auto screen = room.on_screen({"/bin/bash", "--norc", "-i"}, {60, 16}, {{"PS1", "$ "}});
  wait_for_row(screen, "$");
  screen.type(binary() + " chat -q -a helper\r");
  wait_for_row(screen, ">");
  screen.type("first\r");
  screen.wait_for("and a half");
  if (!draft.empty()) screen.type(draft);
  const auto below = draft.empty() ? std::string("+") : "+ " + draft;
  screen.wait_for("> first\n• one\n• two\n• three and a half\n" + below + "\n");
  screen.type("\x1a");
  screen.wait_for("> first\n• one\n• two\n\n[1]+  Stopped");
  screen.type("fg\r");
  screen.wait_for("\n• three and a half\n" + below + "\n");
  screen.type(ctrl_u);
  screen.type(ctrl_c);
  wait_for_prompt(screen);
  CHECK(screen.text().find("> first\n• one\n• two\n\n[1]+  Stopped") != std::string::npos);
  CHECK(screen.text().find("\n• three and a half\nthe answer is partial\n>") != std::string::npos);
  screen.type("\x04");
  screen.wait_until([&] { return screen.row(screen.cursor().row) == "$"; }, "the shell's prompt");
  screen.type("exit\r");
  CHECK(screen.wait() == Exit{0, 0});
  room.check();
}

TEST_CASE("beside a run: the todo list is there while it works, and what is left of it after",
          "[e2e][terminal][beside]") {
  const Room room((std::string(R"([{"reply": {"tool_call": {"name": "TodoWrite", "arguments": {"todos": [
      {"content": "Look", "status": "completed", "activeForm": "Looking"},
      {"content": "Write", "status": "in_progress", "activeForm": "Writing"},
      {"content": "Test", "status": "pending", "activeForm": "Testing"}]}}}}, )") +
                   gated + R"(, {"reply": {"text": "Not all."}}])")
                      .c_str());
  auto screen = talking(room);
  screen.wait_for(">");
  screen.type("first\r");
  screen.wait_for("⋯ Bash");
  screen.wait_for("☑ Look\n▶ Writing\n☐ Test\n+");
  open_gate(room);
  screen.wait_for("Not all.\n☑ Look\n▷ Write (not finished)\n☐ Test\n>");
  leave(screen);
  room.check();
}

TEST_CASE("beside a run: a status says who answers, as far as there is room", "[e2e][terminal][beside]") {
  const auto [columns, expected] = GENERATE(table<int, std::string>({
      {80, "helper · anthropic/test-model · sandbox off · auto"},
      {45, "helper · anthropic/test-model · sandbox off"},
      {40, "helper · anthropic/test-model"},
      {39, ""},
  }));
  CAPTURE(columns);
  const Room room(R"([{"reply": {"text": "Short."}}])");
  auto screen = room.on_screen({binary(), "chat", "-a", "helper", "--sandbox", "off", "--permission-mode", "auto"},
                               {columns, 20});
  screen.wait_for(">");
  const auto below = [&, &expected = expected] { return screen.row(screen.cursor().row + 1) == expected; };
  if (!expected.empty()) screen.wait_until(below, expected);
  screen.type("first\r");
  screen.wait_for("Short.");
  wait_for_prompt(screen);
  if (expected.empty()) {
    CHECK(screen.text().find("sandbox") == std::string::npos);
  } else {
    screen.wait_until(below, expected);
  }
  leave(screen);
  room.check();
}
