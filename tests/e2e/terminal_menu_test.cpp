#include <algorithm>
#include <string>
#include <vector>

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

using Room = ScreenRoom;

void wait_for_row(Screen& screen, const std::string& row) {
  screen.wait_until([&] { return screen.row(screen.cursor().row) == row; }, "the cursor's row: " + row);
}

void ask(Screen& screen, const std::string& prompt, const std::string& answer) {
  wait_for_row(screen, ">");
  screen.type(prompt + "\r");
  screen.wait_for(answer);
}

// What is above names a directory that is another one each time.
std::string below_question(const Screen& screen) {
  const auto text = screen.text();
  const auto begin = std::min(text.find("  allow?"), text.size());
  return text.substr(begin, text.rfind("cursor ") - begin);
}

std::string bash(const std::string& command) {
  return R"({"reply": {"tool_call": {"name": "Bash", "arguments": {"command": ")" + command + R"("}}}})";
}

}  // namespace

TEST_CASE("menu: an approval shows what will happen, and a stray Enter or letter allows nothing",
          "[e2e][terminal][menu]") {
  const auto columns = GENERATE(132, 80, 40, 20);
  CAPTURE(columns);
  const Room room("[" + bash("touch made.txt") +
                  R"(, {"expect": {"last_message": {"tool_error": {"contains": "the user said no: use make"}}},
                        "reply": {"text": "Fine."}}])");
  auto screen = room.chat({columns, 24});
  wait_for_row(screen, ">");
  screen.type("make it\r");
  wait_for_row(screen, "  allow?");
  screen.type("\r\ry");
  wait_for_row(screen, "  allow? y");
  screen.wait_for("> y. yes, this once");
  screen.type("\x7f");
  wait_for_row(screen, "  allow?");
  screen.type(down);
  screen.type(down);
  screen.wait_for("> s.");
  check_golden(screen, "menu_approval_" + std::to_string(columns), [&] { return below_question(screen); });
  screen.type("use");
  screen.wait_for("> w.");
  screen.type(" make");
  wait_for_row(screen, "  allow? use make");
  screen.type("\r");
  screen.wait_for("Fine.");
  leave(screen);
  CHECK_FALSE(path_exists(room.world.path_of("made.txt")));
  room.check();
}

TEST_CASE("menu: a change of a file is asked about as a diff, in colour where there is any", "[e2e][terminal][menu]") {
  const Room room(R"([
    {"reply": {"tool_call": {"name": "Read", "arguments": {"file_path": "a.txt"}}}},
    {"reply": {"tool_call": {"name": "Edit", "arguments":
       {"file_path": "a.txt", "old_string": "one\ntwo\n", "new_string": "one\n2\n"}}}},
    {"expect": {"last_message": {"tool_result": {"contains": "updated"}}}, "reply": {"text": "Changed."}}])");
  room.world.make_files({{"a.txt", "one\ntwo\nthree\n"}});
  auto screen = room.chat({60, 20});
  wait_for_row(screen, ">");
  screen.type("change it\r");
  screen.wait_for("Edit wants to change a.txt");
  screen.wait_for("-two");
  screen.wait_for("+2");
  wait_for_row(screen, "  allow?");
  CHECK(screen.bytes().find("\x1b[0m") != std::string::npos);
  screen.type(down);
  screen.wait_for("> y. yes, this once");
  screen.type("\r");
  screen.wait_for("Changed.");
  screen.wait_for("allow? yes, this once");
  leave(screen);
  CHECK(read_file(room.world.path_of("a.txt")).value() == "one\n2\nthree\n");
  room.check();
}

TEST_CASE("menu: Ctrl-C in an approval cancels the run, Esc says no", "[e2e][terminal][menu]") {
  const Room room("[" + bash("touch one.txt") +
                  R"(, {"expect": {"last_message": {"tool_error": {"contains": "the user said no"}}},
                        "reply": {"text": "Fine."}}, )" +
                  bash("touch two.txt") + "]");
  auto screen = room.chat({60, 24});
  wait_for_row(screen, ">");
  screen.type("make it\r");
  wait_for_row(screen, "  allow?");
  screen.type(escape);
  screen.wait_for("Fine.");
  wait_for_row(screen, ">");
  screen.type("again\r");
  screen.wait_for("touch two.txt");
  wait_for_row(screen, "  allow?");
  screen.type(ctrl_c);
  leave(screen);
  CHECK_FALSE(path_exists(room.world.path_of("one.txt")));
  CHECK_FALSE(path_exists(room.world.path_of("two.txt")));
  room.check();
}

TEST_CASE("menu: questions are answered by arrows, marks and own words", "[e2e][terminal][menu]") {
  const auto columns = GENERATE(132, 80, 40, 20);
  CAPTURE(columns);
  const Room room(R"([
    {"reply": {"tool_call": {"name": "AskUserQuestion", "arguments": {"questions": [
       {"question": "Which colour?", "options": [{"label": "Red", "description": "warm, and the one that everybody takes"},
                                                 {"label": "Blue", "description": "cold"}]},
       {"question": "Which sides?", "multiSelect": true, "options": [{"label": "Front"}, {"label": "Back"}, {"label": "Top"}]},
       {"question": "Which paint?", "options": [{"label": "Oil"}, {"label": "Water"}]}]}}}},
    {"expect": {"last_message": {"tool_result":
       "Which colour?\n-> Blue\nWhich sides?\n-> Front, Top\nWhich paint?\n-> what is left\n"}},
     "reply": {"text": "Painted."}}])");
  auto screen = room.chat({columns, 20});
  wait_for_row(screen, ">");
  screen.type("paint it\r");
  screen.wait_for("Which colour?");
  wait_for_row(screen, "answer:");
  check_golden(screen, "menu_question_" + std::to_string(columns));
  screen.type(down);
  screen.wait_for("> 2. Blue");
  screen.type("\r");
  screen.wait_for("Which sides?");
  wait_for_row(screen, "answer:");
  screen.type(" ");
  screen.type(down);
  screen.type(down);
  screen.type(" ");
  screen.wait_for("> 3. [x] Top");
  check_golden(screen, "menu_marks_" + std::to_string(columns));
  screen.type("\r");
  screen.wait_for("Which paint?");
  wait_for_row(screen, "answer:");
  screen.type("3");
  wait_for_row(screen, "your answer:");
  screen.type("what is left\r");
  screen.wait_for("Painted.");
  leave(screen);
  room.check();
}

TEST_CASE("menu: /resume finds a session by its title and by what was said in it", "[e2e][terminal][menu]") {
  const auto columns = GENERATE(132, 80, 40, 20);
  CAPTURE(columns);
  const Room room(
      R"([{"reply": {"text": "It parses\neverything now."}}, {"reply": {"text": "A dromedary has one hump."}},
    {"reply": {"text": "The docs are there."}},
    {"expect": {"messages": {"$length": 3}}, "reply": {"text": "As I said."}}])");
  auto screen = room.chat({columns, 16});
  ask(screen, "fix the parser", "everything now.");
  ask(screen, "/new", "the next prompt");
  ask(screen, "tell me of camels", "dromedary");
  ask(screen, "/new", "the next prompt");
  ask(screen, "write the docs", "are there.");
  wait_for_row(screen, ">");
  screen.type("\x0c/resume\r");
  wait_for_row(screen, "resume:");
  check_golden(screen, "menu_resume_" + std::to_string(columns));
  screen.type("pars");
  screen.wait_for("> fix the parser");
  screen.wait_for("everything now.");
  screen.type("\x15");
  wait_for_row(screen, "resume:");
  screen.type("one hump");
  screen.wait_for("> tell me of camels");
  screen.type("\r");
  screen.wait_for("the next prompt");
  ask(screen, "and?", "As I said.");
  wait_for_row(screen, ">");
  screen.type("/resume\r");
  wait_for_row(screen, "resume:");
  screen.type(escape);
  leave(screen);
  room.check();
}

TEST_CASE("menu: /rewind goes back to before a prompt, and takes the files back when told to",
          "[e2e][terminal][menu]") {
  const auto columns = GENERATE(132, 80, 40, 20);
  CAPTURE(columns);
  const Room room(R"([
    {"reply": {"text": "Hello."}},
    {"reply": {"tool_call": {"name": "Write", "arguments": {"file_path": "new.txt", "content": "x\n"}}}},
    {"reply": {"text": "Written."}},
    {"reply": {"text": "Nothing."}},
    {"expect": {"messages": [{"user": "first"}, {"assistant": "Hello."}, {"user": "afresh"}]}, "reply": {"text": "Back."}}])");
  auto screen = room.chat({columns, 16}, {"--allow", "Edit"});
  ask(screen, "first", "Hello.");
  ask(screen, "write a file", "Written.");
  ask(screen, "nothing more", "Nothing.");
  wait_for_row(screen, ">");
  CHECK(path_exists(room.world.path_of("new.txt")));
  screen.type("\x0c/rewind\r");
  wait_for_row(screen, "back to before:");
  screen.type(down);
  screen.wait_for("> write a file");
  check_golden(screen, "menu_rewind_" + std::to_string(columns));
  screen.type("\r");
  wait_for_row(screen, "files:");
  screen.type(down);
  screen.type("\r");
  screen.wait_until([&] { return !path_exists(room.world.path_of("new.txt")); }, "the file is gone");
  wait_for_row(screen, "> write a file");  // to be said in other words
  screen.type("\x15");
  ask(screen, "afresh", "Back.");
  leave(screen);
  room.check();
}

TEST_CASE("menu: /model and /agent show what there is, the current one selected", "[e2e][terminal][menu]") {
  const Room room(R"([{"expect": {"model": "other-model"}, "reply": {"text": "Other here."}}])");
  room.world.make_files({{"agents.yaml",
                          "agents:\n  helper: { model: anthropic/test-model, description: Helps }\n"
                          "  reviewer: { model: anthropic/other-model, description: Reviews }\n"}});
  auto screen = room.chat({60, 20});
  wait_for_row(screen, ">");
  screen.type("/model\r");
  screen.wait_for("> anthropic/test-model");
  screen.type("\r");
  screen.wait_for("model: anthropic/test-model");
  wait_for_row(screen, ">");
  screen.type("\x0c/agent\r");
  wait_for_row(screen, "agent:");
  screen.wait_for("> helper      current; Helps");
  screen.type(down);
  screen.wait_for("> reviewer    Reviews");
  screen.type("\r");
  ask(screen, "who?", "Other here.");
  leave(screen);
  room.check();
}

TEST_CASE("menu: in a window that becomes narrow it is painted anew, and without colours a pointer tells",
          "[e2e][terminal][menu]") {
  const Room room("[" + bash("touch made.txt") + R"(, {"reply": {"text": "Fine."}}])");
  auto screen = room.chat({80, 20}, {"--color", "never"});
  wait_for_row(screen, ">");
  screen.type("make it\r");
  wait_for_row(screen, "  allow?");
  screen.type("n");
  wait_for_row(screen, "  allow? n");
  screen.resize({20, 20});
  screen.wait_for("yes, in this s…");
  screen.wait_for("> n. no");
  screen.wait_for("  a. always");
  CHECK(screen.bytes().find("\x1b[7m") == std::string::npos);
  screen.type("\r");
  screen.wait_for("Fine.");
  leave(screen);
  room.check();
}

TEST_CASE("menu: a plan is shown, changed in the editor, approved, and carried out in the mode that was picked",
          "[e2e][terminal][menu]") {
  const auto columns = GENERATE(132, 80, 40, 20);
  CAPTURE(columns);
  const Room room(R"([
    {"expect": {"has_tools": ["ExitPlanMode"]},
     "reply": {"tool_call": {"name": "Write", "arguments": {"file_path": "early.txt", "content": "x\n"}}}},
    {"expect": {"last_message": {"tool_error": {"contains": "plan mode is read-only"}}},
     "reply": {"tool_call": {"name": "ExitPlanMode", "arguments": {"plan": "# Greet\n\n1. write **new.txt**\n2. stop"}}}},
    {"expect": {"last_message": {"tool_error": {"contains": "rejected the plan: name it other.txt"}}},
     "reply": {"tool_call": {"name": "ExitPlanMode", "arguments": {"plan": "1. write other.txt"}}}},
    {"expect": {"last_message": {"tool_result": {"contains": "it is this one now:\n\n1. write other.txt\n2. then stop"}}},
     "reply": {"tool_call": {"name": "Write", "arguments": {"file_path": "other.txt", "content": "x\n"}}}},
    {"expect": {"last_message": {"tool_result": {"contains": "other.txt"}}}, "reply": {"text": "Carried out."}},
    {"reply": {"tool_call": {"name": "Write", "arguments": {"file_path": "more.txt", "content": "x\n"}}}},
    {"reply": {"text": "More."}}])");
  room.world.make_files({{"edit.sh", "#!/bin/sh\nprintf '2. then stop\\n' >> \"$1\"\n"}});
  auto screen = room.chat({columns, 24}, {"--permission-mode", "plan"},
                          {{"EDITOR", "sh " + room.world.path_of("edit.sh")}, {"VISUAL", ""}});
  wait_for_row(screen, ">");
  screen.type("greet\r");
  screen.wait_for("The plan:");
  wait_for_row(screen, "  go ahead?");
  check_golden(screen, "menu_plan_" + std::to_string(columns));
  screen.type("\r\rname it other.txt\r");
  screen.wait_for("1. write other.txt");
  wait_for_row(screen, "  go ahead?");
  screen.type("e");
  screen.wait_for("> e.");
  screen.type("\r");
  screen.wait_for("2. then stop");
  wait_for_row(screen, "  go ahead?");
  screen.type("a\r");
  screen.wait_for("Carried out.");
  ask(screen, "more", "More.");
  leave(screen);
  CHECK_FALSE(path_exists(room.world.path_of("early.txt")));
  CHECK(path_exists(room.world.path_of("other.txt")));
  CHECK(path_exists(room.world.path_of("more.txt")));
  room.check();
}

TEST_CASE("menu: whether to trust a project is one, and Enter alone trusts nothing", "[e2e][terminal][menu]") {
  const Room room("[]", {{"agents.yaml", helper_agent() + "    permissions: { allow: [\"Bash(echo *)\"] }\n"}});
  const auto typed = GENERATE(as<std::string>(), "\r", "n\r", "\x1b");
  CAPTURE(typed);
  {
    auto screen = room.chat({60, 16});
    screen.wait_for("permissions.allow");
    wait_for_row(screen, "Trust them?");
    screen.wait_for("> n. no, go on without them");
    screen.type(typed);
    leave(screen);
  }
  {
    auto screen = room.chat({60, 16});
    screen.wait_for("> n. no, go on without them");
    screen.type("y");
    screen.wait_for("> y. yes, until they change");
    screen.type("\r");
    leave(screen);
  }
  auto screen = room.chat({60, 16});
  wait_for_row(screen, ">");
  CHECK(screen.text().find("Trust them?") == std::string::npos);
  leave(screen);
}
