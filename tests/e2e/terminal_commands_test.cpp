#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "support/chat_room.hpp"

using namespace errand;
using namespace errand::test::e2e;
using errand::test::differs_from_golden;
using errand::test::Screen;
using namespace errand::test::e2e::keys;

namespace {

using Room = ScreenRoom;

constexpr Screen::Size size = {80, 20};

constexpr std::string_view focus_in = "\x1b[I";
constexpr std::string_view focus_out = "\x1b[O";
constexpr std::string_view question = "\x1b]11;?\x1b\\";
constexpr std::string_view finished = "\a\x1b]9;errand: the agent has finished\a";
constexpr std::string_view needs_answer = "\a\x1b]9;errand: the agent needs an answer\a";

bool has(const Screen& screen, std::string_view bytes) {
  return screen.bytes().find(bytes) != std::string::npos;
}

}  // namespace

TEST_CASE("!command: output comes as it is made, Ctrl-C ends the command and not the chat, and the model sees it",
          "[e2e][terminal][commands]") {
  const Room room(R"([{"expect": {"last_message": {"types": ["text", "text"],
                       "text": {"contains": ["go on", "$ echo begun; sleep 1000\nbegun\n[cancelled by the user after "]}}},
                       "reply": {"text": "Gone on."}}])");
  const bool plain = GENERATE(false, true);
  CAPTURE(plain);
  auto screen = plain ? room.chat(size, {"--plain"}) : room.chat(size);
  wait_for_prompt(screen);
  screen.type(plain ? "!echo begun; sleep 1000\n" : "!echo begun; sleep 1000\r");
  screen.wait_for("\nbegun");
  screen.type(ctrl_c);
  screen.wait_for("[cancelled by the user");
  wait_for_prompt(screen);
  screen.type(plain ? "go on\n" : "go on\r");
  screen.wait_for("Gone on.");
  leave(screen);
  room.check();
}

TEST_CASE("!command: while it runs it has a line of its own, and what is typed is seen and waits",
          "[e2e][terminal][commands]") {
  const Room room(R"([{"expect": {"last_message": {"types": ["text", "text"], "text": {"contains": ["and then"]}}},
                       "reply": {"text": "Gone on."}}])");
  auto screen = room.on_screen({binary(), "chat", "-a", "helper"}, size);
  wait_for_prompt(screen);
  screen.type("!printf 'whole\\nhalf'; sleep 1000\r");
  screen.wait_for("\nwhole\nhalf\n⋯ ! printf");
  screen.type("and then");
  screen.wait_for("\n+ and then");
  screen.type("\r");
  screen.wait_until([&] { return screen.row(screen.cursor().row) == "+"; }, "line that waits");
  screen.type(ctrl_c);
  screen.wait_for("\nhalf\n[cancelled by the user after ");
  screen.wait_for("queued: and then");  // as after a run that was cancelled
  wait_for_prompt(screen);
  screen.type("\r");
  screen.wait_for("Gone on.");
  CHECK(screen.text().find("⋯") == std::string::npos);
  leave(screen);
  room.check();
}

TEST_CASE("!command: a line that begins again is shown as it is now, and kept as it was last",
          "[e2e][terminal][commands]") {
  const Room room(
      R"([{"expect": {"last_message": {"types": ["text", "text"], "text": {"contains": ["$ sh bar.sh\n100 %\n"]}}},
                       "reply": {"text": "Seen."}}])",
      {{"bar.sh", "printf '10 %%\\r20 %%\\r'; until [ -e go ]; do sleep 0.02; done; printf '100 %%\\r\\n'"}});
  auto screen = room.on_screen({binary(), "chat", "-a", "helper"}, size);
  wait_for_prompt(screen);
  screen.type("!sh bar.sh\r");
  screen.wait_for("\n20 %\n⋯ ! sh");
  room.world.make_files({{"go", ""}});
  screen.wait_for("> !sh bar.sh\n100 %\n>");
  screen.type("and?\r");
  screen.wait_for("Seen.");
  leave(screen);
  room.check();
}

TEST_CASE("!command: of a flood the first and last lines are shown, and all of it by /output",
          "[e2e][terminal][commands]") {
  const Room room;
  const bool plain = GENERATE(false, true);
  CAPTURE(plain);
  std::vector<std::string> argv = {binary(), "chat", "-a", "helper"};
  if (plain) argv.emplace_back("--plain");
  auto screen = room.on_screen(std::move(argv), size, {{"PAGER", "grep -n ^12345$"}});
  wait_for_prompt(screen);
  screen.type(plain ? "!seq 20000\n" : "!seq 20000\r");
  screen.wait_for("\n20000");
  wait_for_prompt(screen);
  CHECK(has(screen, plain ? "… 19770 lines between: /output shows all of it"
                          : "… 19940 lines between: /output shows all of it"));
  CHECK_FALSE(has(screen, "\n10000"));
  screen.type(plain ? "/output\n" : "/output\r");
  if (plain)
    screen.wait_until([&] { return has(screen, "\n10000"); }, "all of it");
  else
    screen.wait_for("12345:12345");
  leave(screen);
}

TEST_CASE("!command: what it prints is followed beyond a mebibyte, while it runs", "[e2e][terminal][commands]") {
  const Room room;
  auto screen = room.on_screen({binary(), "chat", "-a", "helper"}, size);
  wait_for_prompt(screen);
  screen.type("!seq 300000; printf 'still here\\n'; sleep 1000\r");
  screen.wait_for("\n300000\nstill here\n⋯ ! seq");
  screen.type(ctrl_c);
  screen.wait_for("[cancelled by the user");
  wait_for_prompt(screen);
  CHECK(has(screen, "lines between: /output shows all of it"));
  leave(screen);
}

TEST_CASE("/output: shows what a tool printed, a new file whole, and what the model thought",
          "[e2e][terminal][commands]") {
  const Room room(R"([
    {"reply": {"thinking": "First I count.", "tool_call": {"name": "Bash", "arguments": {"command": "seq 100 105"}}}},
    {"reply": {"thinking": "Then I write.", "tool_call": {"name": "Write", "arguments":
       {"file_path": "new.txt", "content": "a\nb\nc\nd\ne\nf\ng\nh\nlast of it\n"}}}},
    {"reply": {"text": "Counted."}}])");
  auto screen = room.on_screen({binary(), "chat", "-a", "helper", "--permission-mode", "auto"}, {80, 40},
                               {{"PAGER", "sed 's/^/| /'"}});
  wait_for_prompt(screen);
  screen.type("/output\r");
  screen.wait_for("nothing has printed in this chat");
  screen.type("count\r");
  screen.wait_for("/output shows what a tool printed");
  screen.wait_for("… 1 line more: /output");
  screen.wait_for("Counted.");
  CHECK_FALSE(has(screen, "last of it"));
  wait_for_prompt(screen);
  screen.type("/output\r");
  screen.wait_for("| last of it");
  screen.wait_for("| created");
  wait_for_prompt(screen);
  screen.type("/output 2\r");
  screen.wait_for("| Bash: seq 100 105\n|\n| 100\n| 101\n");
  wait_for_prompt(screen);
  screen.type("/output thinking\r");
  screen.wait_for("| First I count.\n|\n| Then I write.");
  wait_for_prompt(screen);
  screen.type("!echo mine\r");
  screen.wait_for("\nmine");
  wait_for_prompt(screen);
  screen.type("/output\r");
  screen.wait_for("| mine");
  wait_for_prompt(screen);
  screen.type("/output 3\r");
  screen.wait_for("there is no tool call 3: this session has 2");
  wait_for_prompt(screen);
  screen.type("/output \t");
  screen.wait_for("Write new.txt");
  screen.wait_for("Bash seq 100 105");
  screen.type(ctrl_u);
  leave(screen);
  room.check();
}

TEST_CASE("a prompt that nothing was said to comes back in the line, and is asked once", "[e2e][terminal][commands]") {
  const Room room(R"([{"status": 401, "body": "{}"},
                      {"expect": {"messages": [{"user": "what is it?"}]}, "reply": {"text": "A test."}}])");
  auto screen = room.chat(size, {"what is it?"});
  screen.wait_for("> what is it?\n");  // the prompt of the command line too
  screen.wait_for("error: ");
  screen.wait_until([&] { return screen.row(screen.cursor().row) == "> what is it?"; }, "the prompt in the line");
  screen.type("\r");
  screen.wait_for("A test.");
  wait_for_prompt(screen);
  leave(screen);
  room.check();
}

TEST_CASE("a prompt that came back is asked where the person is by then, and before what waits",
          "[e2e][terminal][commands]") {
  const Room room(R"([{"status": 401, "body": "{}"},
                      {"expect": {"messages": [{"user": "what is it?"}]}, "reply": {"text": "A test."}},
                      {"expect": {"messages": [{"user": "what is it?"}, {"assistant": "A test."}, {"user": "and?"}]},
                       "status": 401, "body": "{}"},
                      {"expect": {"messages": [{"user": "what is it?"}, {"assistant": "A test."}, {"user": "and?"}]},
                       "reply": {"text": "So."}}])");
  auto screen = room.chat(size, {"what is it?"});
  screen.wait_for("error: ");
  screen.wait_until([&] { return screen.row(screen.cursor().row) == "> what is it?"; }, "the prompt in the line");
  screen.type(ctrl_u);
  screen.type("/new\r");
  screen.wait_for("the next prompt begins a new session");
  screen.type("what is it?\r");  // there is nothing to ask again here
  screen.wait_for("A test.");
  wait_for_prompt(screen);
  screen.type("and?\r");
  screen.wait_for("> and?\nerror: ");
  screen.wait_until([&] { return screen.row(screen.cursor().row) == "> and?"; }, "the other prompt in the line");
  screen.type("\r");
  screen.wait_for("So.");
  wait_for_prompt(screen);
  leave(screen);
  room.check();
}

TEST_CASE("a command that there is not comes back in the line", "[e2e][terminal][commands]") {
  const Room room;
  auto screen = room.chat(size);
  wait_for_prompt(screen);
  screen.type("/hlep me\r");
  screen.wait_for("did you mean \"/help\"?");
  screen.wait_until([&] { return screen.row(screen.cursor().row) == "> /hlep me"; }, "line that came back");
  screen.type(ctrl_u);
  leave(screen);
}

TEST_CASE("exit alone in a line leaves", "[e2e][terminal][commands]") {
  const Room room;
  auto screen = room.chat(size);
  wait_for_prompt(screen);
  screen.type("exit\r");
  CHECK(screen.wait() == Exit{0, 0});
  CHECK(screen.is_cooked());
}

TEST_CASE("!!command: runs outside the sandbox once the person said yes", "[e2e][terminal][commands]") {
  const Room room(R"([{"expect": {"last_message": {"types": ["text", "text"],
                       "text": {"contains": ["outside the sandbox", "touched\n[ran without a sandbox]"]}}},
                       "reply": {"text": "Good."}}])");
  const auto made = room.world.home() + "/made.txt";  // no place that the sandbox has
  auto screen = room.chat(size);
  wait_for_prompt(screen);
  screen.type("!!touch " + made + " && echo touched\r");
  screen.wait_for("[y]es, or Enter for no:");
  screen.type(GENERATE("\r", "\x1b"));
  wait_for_prompt(screen);
  CHECK_FALSE(path_exists(made));
  screen.type("!!touch " + made + " && echo touched\r");
  screen.wait_until([&] { return screen.row(screen.cursor().row) == "[y]es, or Enter for no:"; }, "question");
  screen.type("y\r");
  screen.wait_for("\ntouched");
  wait_for_prompt(screen);
  CHECK(path_exists(made));
  screen.type("look\r");
  screen.wait_for("Good.");
  leave(screen);
  room.check();
}

TEST_CASE("theme: the terminal is asked for its background, and a late answer in pieces is never typed text",
          "[e2e][terminal][commands]") {
  const Room room;
  auto screen = room.chat(size, {}, {{"COLORFGBG", "15;0"}});
  wait_for_prompt(screen);
  screen.wait_until([&] { return has(screen, question); }, "question for the background");
  screen.type("/th");
  screen.wait_for("> /th");
  screen.type("\x1b]11;rgb:ffff/f");
  screen.type("fff/");
  screen.type("dddd");
  screen.type("\x1b\\");
  screen.type("eme\r");
  screen.wait_for("theme: auto, 256 colours on light");
  screen.wait_for("> /theme\n");
  screen.type("/theme dark\r");
  screen.wait_for("theme: dark, 256 colours on dark");
  screen.type("/theme 16\r");
  screen.wait_for("theme: 16, 16 colours on light");
  screen.type("/theme none\r");
  screen.wait_for("theme: none, no colours");
  leave(screen);
}

TEST_CASE("theme: a question is painted with the theme that holds when it comes", "[e2e][terminal][commands]") {
  const Room room(R"([{"reply": {"tool_call": {"name": "Write", "arguments": {"file_path": "new.txt",
                       "content": "asked\n"}}}}, {"reply": {"text": "Well."}}])");
  auto screen = room.chat(size);
  wait_for_prompt(screen);
  screen.type("/theme light\r");
  screen.wait_for("theme: light");
  wait_for_prompt(screen);
  screen.type("write it\r");
  screen.wait_for("other words say why not");
  CHECK(has(screen, "\x1b[38;5;28m+asked"));
  screen.type("n\r");
  screen.wait_for("Well.");
  leave(screen);
  room.check();
}

TEST_CASE("theme: who wants no colours is not asked, and COLORFGBG counts without an answer",
          "[e2e][terminal][commands]") {
  const Room room;
  {
    auto screen = room.chat(size, {}, {{"NO_COLOR", "1"}});
    wait_for_prompt(screen);
    screen.type("/theme\r");
    screen.wait_for("theme: auto, no colours");
    CHECK_FALSE(has(screen, question));
    leave(screen);
  }
  auto screen = room.chat(size, {}, {{"COLORFGBG", "0;15"}, {"COLORTERM", "truecolor"}});
  wait_for_prompt(screen);
  screen.type("/theme\r");
  screen.wait_for("theme: auto, true colour on light");
  leave(screen);
}

TEST_CASE("notifications: who looks elsewhere hears that a run has ended or needs an answer",
          "[e2e][terminal][commands]") {
  const char* replies = R"([
    {"reply": {"text": "One."}}, {"reply": {"text": "Two."}},
    {"reply": {"tool_call": {"name": "Bash", "arguments": {"command": "touch made.txt"}}}},
    {"reply": {"text": "Three."}}])";
  const Room room(replies, {{"~/.config/errand/config.yaml", "terminal: { notify_after: 0s }\n"}});
  auto screen = room.chat(size);
  wait_for_prompt(screen);
  screen.wait_until([&] { return has(screen, "\x1b[?1004h"); }, "focus asked for");
  screen.type("first\r");  // nothing is known of the focus
  screen.wait_for("One.");
  wait_for_prompt(screen);
  screen.type(focus_out);
  screen.type("second\r");
  screen.wait_for("Two.");
  wait_for_prompt(screen);
  screen.wait_until([&] { return has(screen, finished); }, "notice");
  CHECK(screen.bytes().find(finished) > screen.bytes().find("One."));
  CHECK_FALSE(has(screen, needs_answer));
  screen.type("third\r");
  screen.wait_until([&] { return has(screen, needs_answer); }, "notice of a question");
  screen.wait_for("other words say why not");  // what is typed before the menu is there is no answer
  screen.type(focus_in);
  const auto notices = screen.bytes().rfind(finished);
  screen.type("n\r");
  screen.wait_for("Three.");
  wait_for_prompt(screen);
  CHECK(screen.bytes().rfind(finished) == notices);
  leave(screen);
  CHECK(has(screen, "\x1b[?1004l"));
  room.check();
}

TEST_CASE("notifications: with --plain the bell alone, and only for who wants it always", "[e2e][terminal][commands]") {
  const Room room(R"([{"reply": {"text": "One."}}])",
                  {{"~/.config/errand/config.yaml", "terminal: { notify: always, notify_after: 0s }\n"}});
  auto screen = room.chat(size, {"--plain"});
  wait_for_prompt(screen);
  screen.type("first\n");
  screen.wait_for("One.");
  screen.wait_until([&] { return has(screen, "\a"); }, "bell");
  CHECK_FALSE(has(screen, "\x1b]9;"));
  leave(screen);
}

TEST_CASE("--plain: nothing that was written is written again, also while tools run", "[e2e][terminal][commands]") {
  const Room room(R"([{"reply": {"text": "Let **me** see.", "tool_call": {"name": "Bash", "arguments":
                       {"command": "sleep 0.1; echo done"}}}}, {"reply": {"text": ["O", "ne."]}}])");
  auto screen = room.on_screen({binary(), "chat", "--plain", "-a", "helper", "--permission-mode", "auto"}, size);
  wait_for_prompt(screen);
  screen.type("first\n");
  screen.wait_for("One.");
  wait_for_prompt(screen);
  screen.wait_for("Let **me** see.");
  screen.wait_for("✓ Bash");
  for (const auto* sequence : {"\x1b[?2026h", "\x1b[K", "\x1b[J", "\x1b[2K", "\x1b[1A", "⋯"})
    CHECK_FALSE(has(screen, sequence));
  leave(screen);
  room.check();
}

TEST_CASE("/vim: vi's keys, for this chat or by the configuration", "[e2e][terminal][commands]") {
  const bool configured = GENERATE(false, true);
  CAPTURE(configured);
  std::map<std::string, std::string> files;
  if (configured) files["~/.config/errand/config.yaml"] = "terminal: { keys: vi }\n";
  const Room room("[]", files);
  auto screen = room.chat(size);
  wait_for_prompt(screen);
  if (!configured) {
    screen.type("/vim\r");
    screen.wait_for("keys: vi");
  }
  screen.type("one two\x1b");
  screen.wait_for("-- normal --");
  screen.type("0dwix");
  screen.wait_for("> xtwo");
  screen.type("\x05\x15/vim off\r");
  screen.wait_for("keys: emacs");
  screen.type(
      "one\x1b"
      "b");
  screen.type("x");
  screen.wait_for("> xone");
  screen.type("\x05\x15");
  leave(screen);
}

TEST_CASE("/editor: the next prompt begins in the person's editor", "[e2e][terminal][commands]") {
  const bool plain = GENERATE(false, true);
  CAPTURE(plain);
  const Room room(R"([{"expect": {"messages": [{"user": "written\noutside"}]}, "reply": {"text": "Read."}}])",
                  {{"edit.sh", "printf 'written\\noutside\\n' > \"$1\"\n"}});
  const auto editor = "sh " + room.world.workspace() + "/edit.sh";
  auto screen = plain ? room.chat(size, {"--plain"}, {{"VISUAL", editor}}) : room.chat(size, {}, {{"VISUAL", editor}});
  wait_for_prompt(screen);
  screen.type(plain ? "/editor\n" : "/editor\r");
  if (!plain) {
    screen.wait_for("outside");
    screen.type("\r");
  }
  screen.wait_for("Read.");
  leave(screen);
  room.check();
}

TEST_CASE("/diff: what was changed is shown in colour, harmless", "[e2e][terminal][commands]") {
  const Room room(R"([{"reply": {"tool_call": {"name": "Write", "arguments": {"file_path": "new.txt",
                       "content": "one\u001b[31m\ntwo\n"}}}}, {"reply": {"text": "Made."}}])");
  auto screen = room.chat(size, {"--permission-mode", "auto"});
  wait_for_prompt(screen);
  screen.type("go\r");
  screen.wait_for("Made.");
  wait_for_prompt(screen);
  screen.type("/diff\r");
  screen.wait_for("+two");
  wait_for_prompt(screen);
  screen.type("/files\r");
  screen.wait_for("changed  new.txt");
  wait_for_prompt(screen);
  CHECK(differs_from_golden(screen.text(), "diff_80").empty());
  CHECK(has(screen, "\x1b[38;5;114m+two"));
  CHECK_FALSE(has(screen, "one\x1b[31m"));
  leave(screen);
}

TEST_CASE("completion: /resume knows sessions by name and title, /theme its themes", "[e2e][terminal][commands]") {
  const Room room(R"([{"reply": {"text": "One."}}])");
  auto screen = room.chat(size);
  wait_for_prompt(screen);
  screen.type("explain the parser\r");
  screen.wait_for("One.");
  wait_for_prompt(screen);
  for (const std::string command : {"/rename parsing", "/new"}) {
    screen.type(command);
    screen.wait_for("> " + command);  // else the prompt before it is taken for the one after
    screen.type("\r");
    wait_for_prompt(screen);
  }
  screen.type("/resume \t");
  screen.wait_for("/resume parsing");
  screen.type("\r");
  screen.wait_for("goes on with");
  screen.wait_for("explain the parser");
  wait_for_prompt(screen);
  screen.type("/theme li\t");
  screen.wait_for("/theme light");
  screen.type("\x15");
  leave(screen);
}
