// What a chat says of itself between and around its runs: who answers, what goes on, what waits, and what can't work.

#include <csignal>
#include <cstdlib>
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

using Room = ScreenRoom;

constexpr std::string_view escape = "\x1b";
constexpr Screen::Size size = {80, 24};

const std::string two_agents =
    "agents:\n  helper: { model: anthropic/test-model, description: Helps }\n"
    "  other: { model: anthropic/other-model, description: Another }\n";

Screen talking(const Room& room, const std::vector<std::string>& more = {},
               const std::map<std::string, std::string>& variables = {}) {
  std::vector<std::string> argv = {binary(), "chat", "-a", "helper", "--sandbox", "off"};
  argv.insert(argv.end(), more.begin(), more.end());
  return room.on_screen(std::move(argv), size, variables);
}

// What is typed is on the screen before it is submitted: else the prompt before it is taken for the one after.
void say(Screen& screen, const std::string& line) {
  wait_for_prompt(screen);
  screen.type(line);
  screen.wait_for("> " + line);
  screen.type(enter);
}

void wait_for_status(Screen& screen, const std::string& status) {
  screen.wait_until([&] { return screen.row(screen.cursor().row + 1) == status; }, "status: " + status);
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t out = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++out;
  return out;
}

// What "waiting… (7s)" says; 0 where it is not shown.
long seconds_waited(const Screen& screen) {
  constexpr std::string_view before = "waiting… (";
  const auto text = screen.text();
  const auto at = text.find(before);
  return at == std::string::npos ? 0 : std::strtol(text.c_str() + at + before.size(), nullptr, 10);
}

std::string bash(const std::string& command) {
  return R"({"reply": {"tool_call": {"name": "Bash", "arguments": {"command": ")" + command + R"("}}}})";
}

}  // namespace

TEST_CASE("state: the status is there before the first prompt, and follows /model, /agent and /new",
          "[e2e][terminal][state]") {
  const Room room(R"([{"reply": {"text": "One."}}])", {{"agents.yaml", two_agents}});
  auto screen = talking(room);
  wait_for_prompt(screen);
  wait_for_status(screen, "helper · anthropic/test-model · sandbox off");
  say(screen, "/model anthropic/second");
  screen.wait_for("model: anthropic/second");
  wait_for_status(screen, "helper · anthropic/second · sandbox off");
  say(screen, "first");
  screen.wait_for("One.");
  wait_for_prompt(screen);
  wait_for_status(screen, "helper · anthropic/second · sandbox off");
  say(screen, "/agent other");
  screen.wait_for("agent: other\nmodel: anthropic/other-model, the agent's own; /model anthropic/second goes on");
  wait_for_status(screen, "other · anthropic/other-model · sandbox off");
  leave(screen);
  room.check();
}

TEST_CASE("state: what was picked in a menu is said once, and what was left stays what it was",
          "[e2e][terminal][state]") {
  const Room room("[]", {{"agents.yaml", two_agents}});
  auto screen = talking(room);
  say(screen, "/model");
  screen.wait_for("> anthropic/test-model");
  screen.type("claude-haiku");
  screen.wait_for("model: claude-haiku");
  screen.type(escape);
  screen.wait_until([&] { return screen.row(screen.cursor().row) == "model:"; }, "an empty search");
  screen.type(escape);
  wait_for_prompt(screen);
  CHECK(count(screen.text(), "model: anthropic/test-model") == 1);
  say(screen, "/agent");
  screen.wait_for("> helper");
  screen.type("other");
  screen.wait_for("> other");
  screen.type(enter);
  wait_for_prompt(screen);
  CHECK(screen.text().find("\nagent: other\nmodel: anthropic/other-model\n>") != std::string::npos);
  leave(screen);
}

TEST_CASE("state: after a no what is queued waits, and says which key lets it go", "[e2e][terminal][state]") {
  const Room room(
      "[" + bash("until [ -e go ]; do sleep 0.02; done") + ", " + bash("touch made") +
      R"(, {"reply": {"text": "Then not."}}, {"expect": {"last_message": "next"}, "reply": {"text": "Next."}}])");
  auto screen = talking(room);
  say(screen, "first");
  screen.wait_for("other words say why not");
  screen.type("y\r");
  screen.wait_for("⋯ Bash");
  screen.type("next\r");
  screen.wait_for("queued: next");
  room.world.make_files({{"go", ""}});
  screen.wait_for("touch made");
  screen.wait_for("other words say why not");
  screen.type(escape);
  screen.wait_for("  allow? no\n");
  screen.wait_for("denied: the user said no");
  CHECK(screen.text().find("Do not try") == std::string::npos);  // that is for the model
  screen.wait_for("Enter asks what waits, Up takes it back\nqueued: next\n>");
  screen.type(enter);
  screen.wait_for("Next.");
  leave(screen);
  room.check();
}

TEST_CASE("state: a question that is left says so, and several answers are typed with commas",
          "[e2e][terminal][state]") {
  const bool plain = GENERATE(false, true);
  CAPTURE(plain);
  const Room room(R"([
    {"reply": {"tool_call": {"name": "AskUserQuestion", "arguments": {"questions": [
       {"question": "Which sides?", "multiSelect": true, "options": [{"label": "Front"}, {"label": "Back"}, {"label": "Top"}]},
       {"question": "Which paint?", "options": [{"label": "Oil"}, {"label": "Water"}]}]}}}},
    {"expect": {"last_message": {"tool_result": {"contains": "Which sides?\n-> Front, Back\n"}}},
     "reply": {"text": "Painted."}}])");
  auto screen = plain ? talking(room, {"--plain"}) : talking(room);
  wait_for_prompt(screen);
  screen.type(plain ? "paint it\n" : "paint it\r");
  screen.wait_for(plain ? "or your own words):" : "Space marks");
  screen.type(plain ? "1,2\n" : "1,2");
  if (!plain) {
    screen.wait_for("2. [x] Back");
    screen.type(enter);
    screen.wait_for("answer: Front, Back");
  }
  screen.wait_for("Which paint?");
  screen.wait_for(plain ? "a number, or your own words):" : "Esc gives no answer");
  screen.type(plain ? "\n" : escape);
  if (!plain) screen.wait_for("answer: no answer");
  screen.wait_for("Painted.");
  leave(screen);
  room.check();
}

TEST_CASE("state: a model that is waited for is seen to be, and is no more once it speaks", "[e2e][terminal][state]") {
  const bool plain = GENERATE(false, true);
  CAPTURE(plain);
  const Room room(
      R"([{"reply": {"tool_call": {"name": "Bash", "arguments": {"command": "true"}}}}, {"status": 200, "stall": "head"}])");
  auto screen = talking(room, plain ? std::vector<std::string>{"--plain", "--permission-mode", "bypass"}
                                    : std::vector<std::string>{"--permission-mode", "bypass"});
  wait_for_prompt(screen);
  screen.type(plain ? "go\n" : "go\r");
  screen.wait_for("✓ Bash");
  if (plain) {
    room.server().wait_for_stalls(1);
  } else {
    long first = 0;
    screen.wait_until([&] { return (first = seconds_waited(screen)) > 0; }, "a wait with its time");
    screen.wait_until([&] { return seconds_waited(screen) > first; }, "a longer one");
    screen.wait_for("s)\n+");
  }
  screen.type(ctrl_c);
  screen.wait_for("cancelled");
  wait_for_prompt(screen);
  CHECK(screen.text().find("waiting…") == std::string::npos);
  CHECK((screen.bytes().find("waiting…") == std::string::npos) == plain);
  screen.type(ctrl_d);
  CHECK(screen.wait() == Exit{0, 0});
}

TEST_CASE("state: what tells of the moment alone is not left behind by Ctrl-Z", "[e2e][terminal][state]") {
  const Room room("[" + bash("until [ -e go ]; do sleep 0.02; done") + R"(, {"reply": {"text": "Then."}}])");
  auto screen = talking(room, {"--permission-mode", "bypass"});
  say(screen, "first");
  screen.wait_for("⋯ Bash");
  screen.type("a draft");
  screen.wait_for("+ a draft");
  stop_and_go_on(screen);
  screen.wait_for("⋯ Bash");
  screen.wait_for("\nhelper · ");
  CHECK(count(screen.text(), "+ a draft") == 1);
  CHECK(count(screen.text(), "⋯ Bash") == 1);
  CHECK(count(screen.text(), "\nhelper · ") == 1);
  screen.type(ctrl_u);
  room.world.make_files({{"go", ""}});
  screen.wait_for("Then.");
  leave(screen);
  room.check();
}

TEST_CASE("state: -c shows what goes on, and so does /resume", "[e2e][terminal][state]") {
  const Room room(R"([{"reply": {"text": "One.\nTwo.\nThree.\nFour.\nFi\tve.\nSix.\nSeven."}},
                      {"reply": {"text": "Eight."}}])");
  {
    auto screen = talking(room);
    say(screen, "count for me");
    screen.wait_for("Seven.");
    leave(screen);
  }
  auto screen = talking(room, {"-c"});
  wait_for_prompt(screen);
  CHECK(screen.text().find(": count for me (") != std::string::npos);
  const std::string shown = ", 1 turn)\n> count for me\n…\nTwo.\nThree.\nFour.\nFi    ve.\nSix.\nSeven.\n>";
  CHECK(screen.text().find(shown) != std::string::npos);
  CHECK(screen.text().find("cut off") == std::string::npos);
  say(screen, "/new");
  screen.wait_for("a new session");
  say(screen, "/resume latest");
  screen.wait_until([&] { return count(screen.text(), shown) == 2; }, "the session twice");
  leave(screen);
}

TEST_CASE("state: a session that goes on, or is rewound, says how full the window is", "[e2e][terminal][state]") {
  const Room room(R"([{"reply": {"text": "One.", "usage": {"input": 199990, "output": 10}}},
                      {"reply": {"text": "Two.", "usage": {"input": 399990, "output": 10}}}])",
                  {{"agents.yaml", "agents:\n  helper: { model: anthropic/claude-sonnet-5-5 }\n"}});
  {
    auto screen = talking(room);
    say(screen, "first");
    screen.wait_for(" 20% of context ");
    say(screen, "second");
    screen.wait_for(" 40% of context ");
    leave(screen);
  }
  auto screen = talking(room, {"-c"});
  screen.wait_for(" 40% of context ");
  say(screen, "/undo");
  screen.wait_for(" 20% of context ");
  leave(screen);
  room.check();
}

TEST_CASE("state: who leaves behind an answer leaves neither the status nor a second line", "[e2e][terminal][state]") {
  const Room room(R"([{"reply": {"text": "One."}}])");
  auto screen = talking(room);
  say(screen, "hello");
  screen.wait_for("One.");
  wait_for_prompt(screen);
  screen.wait_for("\nhelper · ");
  for (const char* typed : {"one", "two", "three"}) {  // some frames of the status pass
    screen.type(typed);
    screen.wait_for(std::string("> ") + typed);
    screen.type("\x15");
    wait_for_prompt(screen);
  }
  leave(screen);
  CHECK(screen.text().ends_with("One.\n>\n(Ctrl-D leaves)\n>\ncursor 7,0\n"));
  room.check();
}

TEST_CASE("state: an answer that a kill cut off is told of", "[e2e][terminal][state]") {
  const Room room(R"([{"reply": {"text": "Half an ans"}, "stall": "text"}])");
  {
    auto screen = talking(room);
    say(screen, "tell me");
    screen.wait_for("Half an ans");
    screen.signal(SIGKILL);
    screen.wait();
  }
  auto screen = talking(room, {"-c"});
  screen.wait_for("\n> tell me\nthe last answer was cut off\n>");
  leave(screen);
}

TEST_CASE("state: a run that ended while a call was asked about is told of", "[e2e][terminal][state]") {
  const Room room(R"([{"reply": {"text": "I make it.",
                                 "tool_call": {"name": "Bash", "arguments": {"command": "touch made.txt"}}}}])");
  {
    auto screen = talking(room);
    say(screen, "make it");
    screen.wait_for("allow?");
    screen.signal(SIGHUP);
    screen.wait();
  }
  auto screen = talking(room, {"-c"});
  screen.wait_for("\n> make it\nI make it.\nthe run ended before its last answer\n>");
  leave(screen);
}

TEST_CASE("state: an answer that was cancelled is told of as cut off", "[e2e][terminal][state]") {
  const Room room(R"([{"reply": {"text": "Half an ans"}, "stall": "text"}])");
  {
    auto screen = talking(room);
    say(screen, "tell me");
    screen.wait_for("Half an ans");
    screen.type(ctrl_c);
    screen.wait_for("cancelled");
    leave(screen);
  }
  auto screen = talking(room, {"-c"});
  screen.wait_for("\n> tell me\nHalf an ans\nthe last answer was cut off\n>");
  leave(screen);
}

TEST_CASE("state: a session that another process has is told of before anything is typed", "[e2e][terminal][state]") {
  const Room room(R"([{"reply": {"text": "Half"}, "stall": "text"}])");
  auto first = talking(room);
  say(first, "hold it");
  first.wait_for("Half");
  auto second = talking(room, {"-c"});
  CHECK(second.wait() == Exit{75, 0});
  second.wait_for("is in use by process");
  auto third = talking(room);
  say(third, "/resume latest");
  third.wait_for("is in use by process");
  wait_for_prompt(third);
  CHECK(third.text().find("goes on with") == std::string::npos);
  leave(third);
  first.type(ctrl_c);
  leave(first);
}

TEST_CASE("state: what keeps the model from being asked is told at the start, and the prompt is not lost",
          "[e2e][terminal][state]") {
  const Room room;
  {
    auto screen = talking(room, {}, {{"ANTHROPIC_API_KEY", ""}});
    screen.wait_for("warning: no key for provider \"anthropic\"");
    screen.wait_for("(/model scripted/FILE)");
    say(screen, "a prompt of some length");
    screen.wait_for("error: no key");
    screen.wait_until([&] { return screen.row(screen.cursor().row) == "> a prompt of some length"; }, "the prompt");
    screen.type(ctrl_u);
    leave(screen);
  }
  auto screen = talking(room, {"-m", "scripted/nowhere.yaml"});
  screen.wait_for("warning: ");
  screen.wait_for("nowhere.yaml");
  wait_for_prompt(screen);
  say(screen, "/model anthropic/test-model");
  wait_for_status(screen, "helper · anthropic/test-model · sandbox off");
  CHECK(count(screen.text(), "warning: ") == 1);
  leave(screen);
}

TEST_CASE("state: a model that nobody defines ends the chat before it begins", "[e2e][terminal][state]") {
  const Room room;
  auto screen = talking(room, {"-m", "foo"});
  CHECK(screen.wait() == Exit{3, 0});
  CHECK(screen.text().find("foo") != std::string::npos);
}

TEST_CASE("state: /help tells of one command, /export of its formats, and a wide line is broken at words",
          "[e2e][terminal][state]") {
  const Room room(R"([{"reply": {"text": "One."}}])");
  auto screen = room.chat({40, 30});
  say(screen, "/help nothing");
  wait_for_prompt(screen);
  screen.wait_for("error: there is no command \"nothing\"");
  say(screen, "/vim");  // prints something between
  screen.wait_for("keys: vi");
  say(screen, "/vim off");
  screen.wait_for("keys: emacs");
  say(screen, "first");
  screen.wait_for("One.");
  say(screen, "/rename");
  screen.wait_for("error: \"/rename\" wants NAME");
  say(screen, "/export notes.pdf");
  screen.wait_for(
      "error: there is no format for\n  \"notes.pdf\"\n  hint: the name says it: .md, .jsonl,\n    .json or .html\n");
  CHECK_FALSE(path_exists(room.world.path_of("notes.pdf")));
  say(screen, "/export notes.html");
  screen.wait_for("written to notes.html");
  say(screen, "/export notes.html");
  screen.wait_for("error: \"notes.html\" is there already");
  say(screen, "/help");
  screen.wait_for("leave, on an empty line");
  for (int row = 0; row < 30; ++row) CHECK(screen.row(row).size() < 40 + 20);
  leave(screen);
  room.check();
}

TEST_CASE("state: what was given to the run is taken by it while the person's editor is open",
          "[e2e][terminal][state]") {
  const Room room(
      R"([{"reply": {"text": "Let me see.", "tool_call": {"name": "Bash", "arguments": {"command": "until [ -e opened ]; do sleep 0.02; done"}}}},
          {"expect": {"last_message": "use tabs"}, "reply": {"tool_call": {"name": "Bash", "arguments": {"command": "touch heard"}}}},
          {"reply": {"text": "With tabs."}}])",
      {{"edit.sh", "touch opened; until [ -e heard ]; do sleep 0.02; done\n"}});
  auto screen = talking(room, {"--permission-mode", "bypass"}, {{"VISUAL", "sh " + room.world.path_of("edit.sh")}});
  say(screen, "first");
  screen.wait_for("⋯ Bash");
  screen.type("use tabs");
  screen.wait_for("+ use tabs");
  screen.type(ctrl_s);
  screen.wait_for("for this run: use tabs");
  screen.type("\x07");
  screen.wait_for("With tabs.");
  wait_for_prompt(screen);
  CHECK(screen.text().find("\n> use tabs\n") != std::string::npos);
  leave(screen);
  room.check();
}
