#include <csignal>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "base/text.hpp"
#include "support/chat_room.hpp"

using namespace errand;
using namespace errand::test::e2e;
using errand::test::Screen;
using namespace errand::test::e2e::keys;

namespace {

using Room = ScreenRoom;

std::string pasted(const std::string& text) {
  return "\x1b[200~" + text + "\x1b[201~";
}

}  // namespace

TEST_CASE("editor: several lines are typed, edited and sent as one prompt", "[e2e][terminal][editor]") {
  const auto columns = GENERATE(132, 80, 40, 20);
  CAPTURE(columns);
  const Room room(
      R"([{"expect": {"messages": [{"user": "the first line\nthe second is longer than a narrow window\nthird"}]},
                       "reply": {"text": "Read."}}])");
  auto screen = room.chat({columns, 14});
  screen.wait_for(">");
  screen.type("the first line\\");
  screen.type(enter);
  screen.type("the second is than a narrow window");
  screen.type(alt_enter);
  screen.type("third");
  screen.type(std::string(up) + std::string(ctrl_a));
  screen.type(
      "\x1b"
      "f\x1b"
      "f\x1b"
      "f longer");
  screen.wait_until(
      [&] {
        const auto all = text::replace_all(screen.text(), "\n", "");
        return all.find("longer than a narrow window") != std::string::npos && all.find("third") != std::string::npos;
      },
      "all three lines");
  check_golden(screen, "multi_line_" + std::to_string(columns));
  screen.type(enter);
  screen.wait_for("Read.");
  leave(screen);
  room.check();
}

TEST_CASE("editor: a paste with line ends is shown and sent only when Enter says so", "[e2e][terminal][editor]") {
  const Room room(
      R"([{"expect": {"messages": [{"user": "look: one\ntwo\n⟦escape⟧three"}]}, "reply": {"text": "Seen."}}])");
  auto screen = room.chat();
  screen.wait_for(">");
  screen.type("look: " + pasted("one\r\ntwo\r\x1b[31mthree"));
  screen.wait_for("three");
  check_golden(screen, "paste_80");
  screen.type(enter);
  screen.wait_for("Seen.");
  leave(screen);
  room.check();
}

TEST_CASE("editor: a large paste is a mark, and is sent whole", "[e2e][terminal][editor]") {
  std::string pasted_text;
  std::string expected;
  for (int i = 0; i < 120; ++i) {
    pasted_text += "line " + std::to_string(i) + "\r";
    expected += "line " + std::to_string(i) + "\\n";
  }
  const Room room((R"([{"expect": {"messages": [{"user": "why? )" + expected +
                   R"( really"}]}, "reply": {"text": "So."}},
           {"expect": {"last_message": "why? )" +
                   expected + R"( really"}, "reply": {"text": "Again."}}])")
                      .c_str());
  auto screen = room.chat();
  screen.wait_for(">");
  screen.type("why? " + pasted(pasted_text) + " really");
  screen.wait_for("> why? [pasted 120 lines] really");
  screen.type(enter);
  screen.wait_for("So.");
  wait_for_prompt(screen);
  screen.type(up);  // the history has all of it
  screen.wait_for("> why? [pasted 120 lines] really");
  screen.type(enter);
  screen.wait_for("Again.");
  leave(screen);
  room.check();
}

TEST_CASE("editor: a prompt of many lines that was typed comes back as it was", "[e2e][terminal][editor]") {
  const Room room(R"([{"reply": {"text": "One."}}])");
  auto screen = room.chat({80, 24});
  wait_for_prompt(screen);
  screen.type("l1\nl2\nl3\nl4\nl5\nl6\nl7\nl8\nl9\nl10\nl11");
  screen.wait_for("l11");
  screen.type(enter);
  screen.wait_for("One.");
  wait_for_prompt(screen);
  screen.type(up);
  screen.wait_until([&] { return screen.row(screen.cursor().row) == "  l11"; }, "the last line again");
  CHECK(screen.text().find("[pasted") == std::string::npos);
  screen.type("\x03");
  leave(screen);
}

// No shell is there to let us go on, so that the stop lasts no time.
TEST_CASE("editor: Ctrl-Z leaves what was typed on the screen, and not what was suggested", "[e2e][terminal][editor]") {
  const Room room(R"([{"reply": {"text": "One."}}])");
  auto screen = room.chat();
  screen.wait_for(">");
  screen.type("first prompt\r");
  screen.wait_for("One.");
  wait_for_prompt(screen);
  screen.type("first");
  screen.wait_for("One.\n> first prompt\ncursor");
  screen.type("\x1a");
  screen.wait_for("One.\n> first\n> first prompt\ncursor");
  screen.type(ctrl_u);
  leave(screen);
  room.check();
}

TEST_CASE("editor: a program of the person's is given all of a paste that is a mark", "[e2e][terminal][editor]") {
  std::string pasted_text;
  std::string expected;
  for (int i = 0; i < 30; ++i) {
    pasted_text += "line " + std::to_string(i) + "\r";
    expected += "LINE " + std::to_string(i) + "\\n";
  }
  const Room room(
      R"([{"expect": {"messages": [{"user": "why? )" + expected + R"(really"}]}, "reply": {"text": "So."}}])",
      {{"edit.sh", "sed -i s/line/LINE/ \"$1\"\n"}});
  auto screen = room.chat({80, 12}, {}, {{"VISUAL", "sh " + room.world.workspace() + "/edit.sh"}});
  screen.wait_for(">");
  screen.type("why? " + pasted(pasted_text) + "really");
  screen.wait_for("> why? [pasted 30 lines]really");
  screen.type("\x07");
  screen.wait_for("> [pasted 31 lines]");
  screen.type(enter);
  screen.wait_for("So.");
  leave(screen);
  room.check();
}

TEST_CASE("editor: a program of the person's appends on a line of its own, and may say that nothing came of it",
          "[e2e][terminal][editor]") {
  const Room room(R"([{"expect": {"messages": [{"user": "one\ntwo"}]}, "reply": {"text": "So."}}])",
                  {{"edit.sh", "grep -q two \"$1\" && exit 1\necho two >> \"$1\"\n"}});
  const auto editor = "sh " + room.world.workspace() + "/edit.sh";
  auto screen = room.chat({80, 12}, {}, {{"VISUAL", editor}});
  wait_for_prompt(screen);
  screen.type("one\x07");
  screen.wait_for("> one\n  two");
  screen.type("\x07");
  screen.wait_for("exit status 1\n  hint: the text stays as it was\n> one\n  two");
  screen.type(enter);
  screen.wait_for("So.");
  leave(screen);
  room.check();
}

TEST_CASE("editor: the cursor stands between what people take for characters", "[e2e][terminal][editor]") {
  const auto columns = GENERATE(132, 80, 40, 20);
  const Room room(R"([{"expect": {"messages": [{"user": "漢字 e\u0301 x 👍 z"}]}, "reply": {"text": "Yes."}}])");
  auto screen = room.chat({columns, 8});
  screen.wait_for(">");
  screen.type("漢字 e\u0301 👍 z");
  wait_for_cursor(screen, {0, 13});
  for (const int column : {12, 11, 9, 8, 7, 6, 4, 2}) {
    screen.type(left);
    wait_for_cursor(screen, {0, column});
  }
  screen.type("\x05\x1b[D\x1b[D\x1b[D");  // to before the thumb
  wait_for_cursor(screen, {0, 9});
  screen.type("x ");
  screen.wait_for("x 👍 z");
  check_golden(screen, "wide_" + std::to_string(columns));
  screen.type(enter);
  screen.wait_for("Yes.");
  leave(screen);
  room.check();
}

TEST_CASE("editor: a window that changes while one types shows the line once", "[e2e][terminal][editor]") {
  const Room room;
  auto screen = room.chat({40, 10});
  screen.wait_for(">");
  screen.type("a line that takes two rows where the window has forty columns");
  screen.wait_for("columns");
  screen.resize({80, 10});
  screen.wait_until([&] { return screen.row(0).ends_with("forty columns"); }, "one row");
  check_golden(screen, "resized_80");
  screen.resize({20, 10});
  screen.wait_until([&] { return screen.row(3) == "mns"; }, "four rows");
  check_golden(screen, "resized_20");
  screen.type("\x15");
  leave(screen);
}

TEST_CASE("editor: what one chat was asked, another finds again", "[e2e][terminal][editor]") {
  const Room room(R"([{"reply": {"text": "One."}}, {"reply": {"text": "Two."}}, {"reply": {"text": "Three."}}])");
  {
    auto screen = room.chat();
    screen.wait_for(">");
    screen.type("explain the parser\r");
    screen.wait_for("One.");
    screen.type("with sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789ABCDEF\x1b\rand \\n\r");
    screen.wait_for("Two.");
    leave(screen);
  }
  auto screen = room.chat({80, 8});
  screen.wait_for(">");
  screen.type("exp");
  screen.wait_for("> explain the parser");  // a ghost
  wait_for_cursor(screen, {0, 5});
  screen.type("\x05");
  wait_for_cursor(screen, {0, 20});
  screen.type("\x15");
  screen.type(up);
  screen.wait_for("and \\n");
  CHECK(screen.row(0).find("sk-ant-api03") == std::string::npos);
  screen.type(std::string(up) + std::string(up));
  screen.wait_for("> explain the parser");
  screen.type("\x15");
  screen.wait_until([&] { return screen.row(0) == ">"; }, "an empty line");
  screen.type(ctrl_r);
  screen.type("pars");
  screen.wait_for("search: pars");
  check_golden(screen, "search_80");
  screen.type(enter);
  screen.wait_for("Three.");
  leave(screen);
  room.check();
}

TEST_CASE("editor: Tab completes commands, agents and files that git does not ignore", "[e2e][terminal][editor]") {
  const auto columns = GENERATE(132, 80, 40, 20);
  const Room room;
  room.world.make_files({{"agents.yaml",
                          "agents:\n  helper: { model: anthropic/test-model, description: Helps }\n"
                          "  reviewer: { model: anthropic/test-model, description: Reviews what changed }\n"},
                         {".gitignore", "build/\n"},
                         {".git/HEAD", "ref: refs/heads/main\n"},
                         {"build/parser.o", "x"},
                         {"src/parser.cpp", "x"},
                         {"src/parser.hpp", "x"}});
  auto screen = room.chat({columns, 12});
  screen.wait_for(">");
  screen.type("/\t");
  screen.wait_for("/compact");
  screen.wait_for(" more");
  check_golden(screen, "menu_commands_" + std::to_string(columns));
  screen.type("ag\r");
  screen.wait_for("> /agent");
  screen.type("rev\t");
  screen.wait_for("/agent reviewer");
  screen.type("\x15look at @pars\t");
  screen.wait_for("src/parser.hpp");
  check_golden(screen, "menu_files_" + std::to_string(columns));
  screen.type("\t\r");
  screen.wait_until([&] { return screen.text().find("parser.cpp") == std::string::npos; }, "the second file alone");
  screen.wait_until(
      [&] { return text::replace_all(screen.text(), "\n", "").find("@src/parser.hpp") != std::string::npos; },
      "the second file in the line");
  screen.type("\x15");
  leave(screen);
}

TEST_CASE("editor: undo, kill and yank", "[e2e][terminal][editor]") {
  const Room room;
  auto screen = room.chat();
  screen.wait_for(">");
  screen.type("alpha beta gamma");
  screen.type(ctrl_w);
  screen.wait_until([&] { return screen.row(0) == "> alpha beta"; }, "a word less");
  screen.type(undo);
  screen.wait_until([&] { return screen.row(0) == "> alpha beta gamma"; }, "the word again");
  screen.type(ctrl_a);
  screen.type(ctrl_k);
  screen.wait_until([&] { return screen.row(0) == ">"; }, "nothing");
  screen.type(std::string(ctrl_y) + "\x1by");
  screen.wait_until([&] { return screen.row(0) == "> gamma"; }, "what was killed before");
  screen.type("\x15");
  leave(screen);
}

TEST_CASE("editor: what is typed while an answer comes is not echoed into it, and is the next line",
          "[e2e][terminal][editor]") {
  const Room room(R"([{"reply": {"text": ["The answer ", "is long"]}, "stall": "text"},
                      {"expect": {"last_message": "and then this"}, "reply": {"text": "Short."}}])");
  auto screen = room.chat();
  screen.wait_for(">");
  screen.type("first\r");
  screen.wait_for("is long");
  screen.type("and then");
  screen.type(ctrl_c);
  screen.wait_for("> and then");
  screen.type(" this\r");
  screen.wait_for("Short.");
  wait_for_prompt(screen);
  check_golden(screen, "typed_ahead_80");
  leave(screen);
  room.check();
}

TEST_CASE("editor: Up brings back what Ctrl-C cleared", "[e2e][terminal][editor]") {
  const Room room("[]");
  auto screen = room.chat();
  screen.wait_for(">");
  screen.type("a long prompt");
  screen.wait_for("> a long prompt");
  screen.type(ctrl_c);
  screen.wait_for("(Ctrl-D leaves)\n>");
  screen.type("\x1b[A");
  screen.wait_for("(Ctrl-D leaves)\n> a long prompt");
  screen.type("\x15");
  leave(screen);
}

TEST_CASE("editor: a line that was typed when the terminal closed is found again, beside a run too",
          "[e2e][terminal][editor]") {
  const auto signal = GENERATE(SIGHUP, SIGTERM);
  const bool beside = GENERATE(false, true);
  CAPTURE(signal, beside);
  const Room room(beside ? R"([{"stall": "30s", "reply": {"text": "One."}}])" : "[]");
  {
    auto screen = room.chat();
    wait_for_prompt(screen);
    if (beside) {
      screen.type("wait\r");
      screen.wait_for("+");
    }
    screen.type("a long prompt");
    screen.wait_for("a long prompt");
    screen.signal(signal);
    CHECK(screen.wait().code == 128 + signal);
  }
  auto screen = room.chat();
  wait_for_prompt(screen);
  screen.type(up);
  screen.wait_for("> a long prompt");
  screen.type(ctrl_u);
  leave(screen);
}

TEST_CASE("editor: a line that was in the person's editor when the terminal closed is found again",
          "[e2e][terminal][editor]") {
  const TerminalRoom room("[]", {{"edit.sh", "echo opened; exec sleep 1000\n"}});
  auto env = room.environment("xterm-256color");
  env["VISUAL"] = "exec sh " + room.world.path_of("edit.sh");
  const auto chat = [&] { return Terminal({binary(), "chat", "-q", "-a", "helper"}, env, room.world.workspace()); };
  {
    auto terminal = chat();
    terminal.wait_for("> ");
    terminal.type("a long prompt\x07");
    terminal.wait_for("opened");
    terminal.hang_up();
    terminal.wait();
  }
  auto terminal = chat();
  terminal.wait_for("> ");
  terminal.type(up);
  CHECK_NOTHROW(terminal.wait_for("a long prompt"));
}

TEST_CASE("editor: what was typed before a question is no answer to it", "[e2e][terminal][editor]") {
  const Room room(R"([
    {"reply": {"tool_call": {"name": "Bash", "arguments": {"command": "touch made.txt"}}}},
    {"expect": {"last_message": {"tool_error": {"contains": "the user said no"}}}, "reply": {"text": "Fine."}}])");
  auto screen = room.chat();
  screen.wait_for(">");
  screen.type("make it\ry");
  screen.wait_for("allow?");
  screen.wait_until([&] { return screen.row(screen.cursor().row) == "  allow?"; }, "an empty answer");
  screen.type("n\r");
  screen.wait_for("Fine.");
  screen.wait_for("> y");
  screen.type("\x15");
  leave(screen);
  room.check();
}

TEST_CASE("editor: the terminal comes back as it was, however the chat ends", "[e2e][terminal][editor]") {
  struct End {
    int signal;
    Exit exit;
  };
  const auto end = GENERATE(values<End>({{SIGTERM, {143, 0}},
                                         {SIGHUP, {129, 0}},
                                         {SIGSEGV, {0, SIGSEGV}},
                                         {SIGABRT, {0, SIGABRT}},
                                         {SIGQUIT, {0, SIGQUIT}}}));
  CAPTURE(end.signal);
  const Room room;
  // A sanitizer would take the crash for itself.
  auto screen = room.chat({80, 12}, {}, {{"ASAN_OPTIONS", "handle_segv=0"}, {"TSAN_OPTIONS", "handle_segv=0"}});
  screen.wait_for(">");
  screen.type("half a line");
  screen.wait_for("half a line");
  CHECK_FALSE(screen.is_cooked());
  screen.signal(end.signal);
  CHECK(screen.wait() == end.exit);
  CHECK(screen.is_cooked());
  CHECK(screen.bytes().ends_with("\x1b[?2004l"));
}

TEST_CASE("editor: on a dumb terminal, and with --plain, the terminal itself edits", "[e2e][terminal][editor]") {
  const bool dumb = GENERATE(true, false);
  const Room room(R"([{"expect": {"messages": [{"user": "hello"}]}, "reply": {"text": "Good day."}}])");
  auto screen = dumb ? room.chat({20, 8}, {}, {{"TERM", "dumb"}}) : room.chat({20, 8}, {"--plain"});
  screen.wait_for(">");
  CHECK(screen.is_cooked());
  screen.type("hello\n");
  screen.wait_for("Good day.");
  if (dumb) CHECK(screen.bytes().find('\x1b') == std::string::npos);
  CHECK(screen.bytes().find("2004h") == std::string::npos);
  screen.type(ctrl_d);
  CHECK(screen.wait() == Exit{0, 0});
  room.check();
}

TEST_CASE("editor: where the terminal edits, what is typed ahead of a Ctrl-C or a question is the next prompt",
          "[e2e][terminal][editor]") {
  const Room room(R"([{"reply": {"text": "Half"}, "stall": "text"},
      {"expect": {"last_message": "next"}, "reply": {"tool_call": {"name": "Write",
        "arguments": {"file_path": "made.txt", "content": "x"}}}},
      {"reply": {"text": "Not made."}},
      {"expect": {"last_message": "y"}, "reply": {"text": "Seen."}}])");
  auto screen = room.chat({60, 24}, {"--plain"});
  screen.wait_for(">");
  screen.type("first\n");
  screen.wait_for("Half");
  screen.type("next\ny\n");
  screen.wait_for("next\ny\n");
  screen.type(ctrl_c);
  screen.wait_for("allow?");
  screen.type("n\n");
  screen.wait_for("> y\n");
  screen.wait_for("Seen.");
  CHECK_FALSE(path_exists(room.world.path_of("made.txt")));
  screen.type(ctrl_d);
  CHECK(screen.wait() == Exit{0, 0});
  room.check();
}

TEST_CASE("editor: where the terminal edits, the prompt is there again after a stop", "[e2e][terminal][editor]") {
  const Room room("[]");
  auto screen = room.on_screen({"/bin/bash", "--norc", "-i"}, {60, 16}, {{"PS1", "$ "}, {"TERM", "dumb"}});
  screen.wait_for("$\n");
  screen.type(binary() + " chat -q -a helper\r");
  screen.wait_for("\n>\n");
  screen.type("\x1a");
  screen.wait_for("Stopped");
  screen.type("fg\r");
  screen.wait_until([&] { return screen.row(screen.cursor().row) == ">"; }, "a prompt");
  screen.type(ctrl_d);
  screen.wait_until([&] { return screen.row(screen.cursor().row) == "$"; }, "the shell's prompt");
  screen.type("exit\r");
  CHECK(screen.wait() == Exit{0, 0});
}
