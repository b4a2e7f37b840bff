#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "support/chat_room.hpp"

using namespace errand;
using namespace errand::test::e2e;

namespace {

using Scene = TerminalRoom;

// The prompt stands at the start of a line; an answer's text never does here.
constexpr std::string_view prompt = "> ";

Exit exited(int code) {
  return {code, 0};
}

}  // namespace

TEST_CASE("terminal chat: an answer is shown while it comes, Ctrl-C cancels it, and the chat goes on",
          "[e2e][terminal]") {
  const Scene scene(R"([
    {"reply": {"text": ["The answer ", "is long"]}, "stall": "text"},
    {"expect": {"messages": [{"user": "first"}, {"assistant": "The answer is long"}, {"user": "second"}]},
     "reply": {"text": "Short."}}])");
  auto terminal = scene.chat();
  terminal.wait_for(prompt);
  terminal.type("first\n");
  terminal.wait_for("The answer is long");
  terminal.type(Terminal::ctrl_c);
  terminal.wait_for("cancelled");
  terminal.wait_for(prompt);
  terminal.type("second\n");
  terminal.wait_for("Short.");
  terminal.wait_for(prompt);
  terminal.type(Terminal::ctrl_d);
  CHECK(terminal.wait() == exited(0));
  scene.check();
}

TEST_CASE("terminal chat: two cancelled answers with typing between them do not end the chat", "[e2e][terminal]") {
  const Scene scene(R"([
    {"reply": {"text": "Answer one"}, "stall": "text"},
    {"reply": {"text": "Answer two"}, "stall": "text"},
    {"reply": {"text": "Answer three"}}])");
  auto terminal = scene.chat();
  for (const std::string number : {"one", "two"}) {
    terminal.wait_for(prompt);
    terminal.type("go\n");
    terminal.wait_for("Answer " + number);
    terminal.type(Terminal::ctrl_c);
    terminal.wait_for("cancelled");
  }
  terminal.wait_for(prompt);
  terminal.type("go\n");
  terminal.wait_for("Answer three");
  terminal.type(Terminal::ctrl_d);
  CHECK(terminal.wait() == exited(0));
  scene.check();
}

TEST_CASE("terminal chat: Ctrl-C twice at the prompt leaves", "[e2e][terminal]") {
  const Scene scene("[]");
  auto terminal = scene.chat();
  terminal.wait_for(prompt);
  // Two that are far apart, on a machine that is busy, are each a first one: that is said again then.
  int pressed = 0;
  do {
    REQUIRE(++pressed <= 20);
    terminal.type(Terminal::ctrl_c);
  } while (terminal.says_before_it_ends("(Ctrl-D leaves)"));
  CHECK(terminal.wait() == exited(130));
}

TEST_CASE("terminal chat: a call that needs approval is shown, asked about, and does as the answer says",
          "[e2e][terminal]") {
  const Scene scene(R"([
    {"reply": {"tool_call": {"name": "Bash", "arguments": {"command": "echo made > first.txt"}}}},
    {"expect": {"last_message": {"tool_result": {"contains": "no output"}}},
     "reply": {"tool_call": {"name": "Bash", "arguments": {"command": "echo made > second.txt"}}}},
    {"expect": {"last_message": {"tool_error": {"contains": "the user said no"}}},
     "reply": {"tool_call": {"name": "Bash", "arguments": {"command": "echo made > third.txt"}}}},
    {"expect": {"last_message": {"tool_error": {"contains": "use another name"}}},
     "reply": {"text": "As you like."}}])");
  auto terminal = scene.chat();
  terminal.wait_for(prompt);
  terminal.type("make files\n");
  terminal.wait_for("echo made > first.txt");
  terminal.wait_for("allow?");
  terminal.type("y\n");
  terminal.wait_for("echo made > second.txt");
  terminal.wait_for("allow?");
  terminal.type("n\n");
  terminal.wait_for("echo made > third.txt");
  terminal.wait_for("allow?");
  terminal.type("use another name\n");
  terminal.wait_for("As you like.");
  terminal.wait_for(prompt);
  terminal.type("/exit\n");
  CHECK(terminal.wait() == exited(0));
  CHECK(path_exists(scene.world.path_of("first.txt")));
  CHECK_FALSE(path_exists(scene.world.path_of("second.txt")));
  CHECK_FALSE(path_exists(scene.world.path_of("third.txt")));
  scene.check();
}

TEST_CASE("terminal chat: who is asked for a fetch sees the whole address", "[e2e][terminal]") {
  const Scene scene(R"([
    {"reply": {"tool_call": {"name": "WebFetch",
               "arguments": {"url": "https://192.0.2.1:8443/collect?what=it", "prompt": "x"}}}},
    {"expect": {"last_message": {"tool_error": {"contains": "the user said no"}}}, "reply": {"text": "As you like."}}])");
  auto terminal = scene.chat();
  terminal.wait_for(prompt);
  terminal.type("send it\n");
  terminal.wait_for("https://192.0.2.1:8443/collect?what=it");
  terminal.wait_for("allow?");
  terminal.type("n\n");
  terminal.wait_for("As you like.");
  terminal.wait_for(prompt);
  terminal.type("/exit\n");
  CHECK(terminal.wait() == exited(0));
  scene.check();
}

TEST_CASE("terminal chat: \"always\" keeps the rule it shows for the user, and the next process does not ask",
          "[e2e][terminal]") {
  const Scene scene(R"([
    {"reply": {"tool_call": {"name": "Bash", "arguments": {"command": "touch first.txt"}}}},
    {"reply": {"text": "First made."}},
    {"reply": {"tool_call": {"name": "Bash", "arguments": {"command": "touch first.txt"}}}},
    {"expect": {"last_message": {"tool_result": {"contains": "no output"}}}, "reply": {"text": "Made again."}}])");
  {
    auto terminal = scene.chat();
    terminal.wait_for(prompt);
    terminal.type("make it\n");
    terminal.wait_for("keeps for you: Bash(touch first.txt), in every project");
    terminal.wait_for("allow?");
    terminal.type("a\n");
    terminal.wait_for("First made.");
    terminal.type(Terminal::ctrl_d);
    CHECK(terminal.wait() == exited(0));
  }
  const auto saved = read_file(scene.world.path_of("~/.config/errand/config.yaml"));
  REQUIRE(saved);
  CHECK(saved->find("Bash(touch first.txt)") != std::string::npos);
  auto terminal = scene.chat();
  terminal.wait_for(prompt);
  terminal.type("make it again\n");
  terminal.wait_for("Made again.");
  CHECK(terminal.shown().find("allow?") == std::string::npos);
  terminal.type(Terminal::ctrl_d);
  CHECK(terminal.wait() == exited(0));
  scene.check();
}

TEST_CASE("terminal chat: Ctrl-C while it asks cancels the run, and the call is not made", "[e2e][terminal]") {
  const Scene scene(R"([
    {"reply": {"tool_call": {"name": "Bash", "arguments": {"command": "touch made.txt"}}}},
    {"expect": {"messages": [{"user": "make it"}, {"calls": ["Bash"]}, {"results": [{"$matches": "cancelled|denied"}]}, {"user": "and now?"}]},
     "reply": {"text": "Still here."}}])");
  auto terminal = scene.chat();
  terminal.wait_for(prompt);
  terminal.type("make it\n");
  terminal.wait_for("allow?");
  terminal.type(Terminal::ctrl_c);
  terminal.wait_for("cancelled");
  terminal.wait_for(prompt);
  terminal.type("and now?\n");
  terminal.wait_for("Still here.");
  terminal.type(Terminal::ctrl_d);
  CHECK(terminal.wait() == exited(0));
  CHECK_FALSE(path_exists(scene.world.path_of("made.txt")));
  scene.check();
}

TEST_CASE("terminal chat: a question is answered by number or in words", "[e2e][terminal]") {
  const Scene scene(R"([
    {"reply": {"tool_call": {"name": "AskUserQuestion", "arguments": {"questions": [
       {"question": "Which colour?", "header": "Colour", "multiSelect": false,
        "options": [{"label": "Red", "description": "warm"}, {"label": "Blue", "description": "cold"}]}]}}}},
    {"expect": {"last_message": {"tool_result": {"contains": "Blue"}}}, "reply": {"text": "Blue it is."}}])");
  auto terminal = scene.chat();
  terminal.wait_for(prompt);
  terminal.type("paint it\n");
  terminal.wait_for("Which colour?");
  terminal.wait_for("2. Blue");
  terminal.wait_for("answer");
  terminal.type("2\n");
  terminal.wait_for("Blue it is.");
  terminal.type(Terminal::ctrl_d);
  CHECK(terminal.wait() == exited(0));
  scene.check();
}

TEST_CASE("terminal chat: slash commands change agent, model and session, and an unknown one suggests",
          "[e2e][terminal]") {
  const Scene scene(R"([
    {"expect": {"model": "test-model", "messages": [{"user": "one"}]}, "reply": {"text": "Answer one"}},
    {"expect": {"model": "second", "messages": {"$length": 3}}, "reply": {"text": "Answer two"}},
    {"expect": {"model": "other-model", "messages": {"$length": 5}}, "reply": {"text": "Answer three"}},
    {"expect": {"model": "other-model", "messages": [{"user": "four"}]}, "reply": {"text": "Answer four"}}])");
  scene.world.make_files({{"agents.yaml",
                           "agents:\n  helper: { model: anthropic/test-model }\n"
                           "  other: { model: anthropic/other-model, description: Another }\n"}});
  auto terminal = scene.chat();
  terminal.wait_for(prompt);
  terminal.type("/help\n");
  for (const auto* name : {"/agent", "/exit", "/model", "/new"}) terminal.wait_for(name);
  terminal.type("/modle x\n");
  terminal.wait_for("did you mean \"/model\"?");
  terminal.type("one\n");
  terminal.wait_for("Answer one");
  terminal.type("/model anthropic/second\n");
  terminal.wait_for("model: anthropic/second");
  terminal.type("/model no-such-model\n");
  terminal.wait_for("error: ");
  terminal.type("two\n");
  terminal.wait_for("Answer two");
  terminal.type("/agent\n");
  terminal.wait_for("2. other - Another");
  terminal.wait_for("Enter leaves): ");
  terminal.type("nobody\n");
  terminal.wait_for("nothing fits \"nobody\"");
  terminal.type("2\n");
  terminal.wait_for("agent: other");
  terminal.type("three\n");
  terminal.wait_for("Answer three");
  terminal.type("/new\n");
  terminal.wait_for("new session");
  terminal.type("four\n");
  terminal.wait_for("Answer four");
  terminal.type("/exit\n");
  CHECK(terminal.wait() == exited(0));
  scene.check();
}

TEST_CASE("terminal chat: on a dumb terminal nothing but text is written, whatever models and tools say",
          "[e2e][terminal]") {
  const Scene scene(R"([
    {"reply": {"text": "red \u001b[31m and \u001b]0;title\u0007", "tool_call": {"name": "Bash", "arguments": {"command": "printf '\\033[2J'"}}}},
    {"reply": {"text": ["\u001b", "[2Jdone ", "\u202Eevil\u202C"]}}])");
  auto terminal = scene.chat({"--permission-mode", "auto", "-v"});
  terminal.wait_for(prompt);
  terminal.type("go\n");
  terminal.wait_for("done ");
  terminal.wait_for(prompt);
  terminal.type(Terminal::ctrl_d);
  CHECK(terminal.wait() == exited(0));
  INFO(visible(terminal.shown()));
  CHECK(terminal.shown().find_first_of("\x1b\x07\x08") == std::string::npos);
  CHECK(terminal.shown().find("\u202e") == std::string::npos);
  scene.check();
}

TEST_CASE("terminal chat: where colours work, only our own sequences are written", "[e2e][terminal]") {
  const Scene scene(R"([
    {"reply": {"text": "model says \u001b[31mred\u001b]0;title\u0007", "tool_call": {"name": "Bash", "arguments": {"command": "printf '\\033[2J\\033]0;shell\\007'"}}}},
    {"reply": {"text": "done"}}])");
  auto terminal = scene.chat({"--permission-mode", "auto", "-v"}, "xterm-256color");
  terminal.wait_for(prompt);
  terminal.type("go\r");
  terminal.wait_for("done");
  terminal.wait_for(prompt);
  terminal.type(Terminal::ctrl_d);
  CHECK(terminal.wait() == exited(0));
  INFO(visible(terminal.shown()));
  for (const auto* sequence : {"\x1b[31mred", "\x1b]0;", "\x1b[2J", "\x07"}) {
    CHECK(terminal.shown().find(sequence) == std::string::npos);
  }
  scene.check();
}

TEST_CASE("terminal chat: a terminal that goes away saves the session and ends with 129", "[e2e][terminal]") {
  const Scene scene(R"([
    {"reply": {"text": "Half an ans"}, "stall": "text"},
    {"expect": {"messages": [{"user": "go"}, {"assistant": "Half an ans"}, {"user": "and?"}]}, "reply": {"text": "Whole."}}])");
  {
    auto terminal = scene.chat();
    terminal.wait_for(prompt);
    terminal.type("go\n");
    terminal.wait_for("Half an ans");
    terminal.hang_up();
    CHECK(terminal.wait() == exited(129));
  }
  auto terminal = scene.chat({"-c"});
  terminal.wait_for(prompt);
  terminal.type("and?\n");
  terminal.wait_for("Whole.");
  terminal.type(Terminal::ctrl_d);
  CHECK(terminal.wait() == exited(0));
  scene.check();
}

TEST_CASE("terminal chat: it asks once whether to trust what a project sets, and not again until that changes",
          "[e2e][terminal]") {
  const Scene scene(R"([
    {"reply": {"tool_call": {"name": "Bash", "arguments": {"command": "echo hello"}}}},
    {"expect": {"last_message": {"tool_result": "hello\n"}}, "reply": {"text": "It says hello."}}])");
  scene.world.make_files({{"agents.yaml", helper_agent() + "    permissions: { allow: [\"Bash(echo *)\"] }\n"}});
  {
    auto terminal = scene.chat();
    terminal.wait_for("permissions.allow");
    terminal.wait_for("Trust them?");
    terminal.type("y\n");
    terminal.wait_for(prompt);
    terminal.type("greet\n");
    terminal.wait_for("It says hello.");
    CHECK(terminal.shown().find("allow?") == std::string::npos);
    terminal.type(Terminal::ctrl_d);
    CHECK(terminal.wait() == exited(0));
  }
  {
    auto terminal = scene.chat();
    terminal.wait_for("Ctrl-D leaves");
    terminal.wait_for(prompt);
    CHECK(terminal.shown().find("Trust them?") == std::string::npos);
    terminal.type(Terminal::ctrl_d);
    CHECK(terminal.wait() == exited(0));
  }
  scene.world.make_files({{"agents.yaml", helper_agent() + "    permissions: { allow: [Bash] }\n"}});
  for (const std::string no : {"\n", "n\n"}) {
    auto terminal = scene.chat();
    terminal.wait_for("Trust them?");
    terminal.type(no);
    terminal.wait_for(prompt);
    terminal.type(Terminal::ctrl_d);
    CHECK(terminal.wait() == exited(0));
  }
  scene.check();
}

TEST_CASE("terminal run: --no-input asks nothing, also where a person is there", "[e2e][terminal]") {
  const Scene scene(R"([
    {"reply": {"tool_call": {"name": "Bash", "arguments": {"command": "touch made.txt"}}}},
    {"expect": {"last_message": {"tool_error": {"contains": "no one is here"}}}, "reply": {"text": "I could not."}}])");
  const auto env = scene.environment("dumb");
  Terminal terminal({binary(), "run", "--no-input", "-a", "helper", "go"}, env, scene.world.workspace());
  CHECK(terminal.wait() == exited(6));
  CHECK(terminal.shown().find("allow?") == std::string::npos);
  scene.check();
}

TEST_CASE("terminal run: under the schema of an agent nothing is shown that does not follow it", "[e2e][terminal]") {
  const Scene scene(R"([
    {"reply": {"text": "Not yet JSON."}},
    {"reply": {"text": "{\"n\": 1}"}}])");
  REQUIRE(write_file_atomic(scene.world.workspace() + "/agents.yaml",
                            "agents:\n  helper:\n    model: anthropic/test-model\n"
                            "    output_schema: { type: object, required: [n] }\n"));
  const auto env = scene.environment("dumb");
  Terminal terminal({binary(), "run", "-a", "helper", "go"}, env, scene.world.workspace());
  CHECK(terminal.wait() == exited(0));
  CHECK(terminal.shown().find("{\"n\": 1}") != std::string::npos);
  CHECK(terminal.shown().find("Not yet JSON.") == std::string::npos);
  scene.check();
}

TEST_CASE("terminal run: a one-shot run streams its answer and asks on the terminal", "[e2e][terminal]") {
  const Scene scene(R"([
    {"reply": {"text": "Let me.", "tool_call": {"name": "Bash", "arguments": {"command": "echo hello"}}}},
    {"reply": {"text": "It says hello."}}])");
  const auto env = scene.environment("dumb");
  Terminal terminal({binary(), "run", "-a", "helper", "go"}, env, scene.world.workspace());
  terminal.wait_for("Let me.");
  terminal.wait_for("allow?");
  terminal.type("y\n");
  terminal.wait_for("It says hello.");
  CHECK(terminal.wait() == exited(0));
  scene.check();
}
