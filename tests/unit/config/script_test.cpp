#include "config/script.hpp"

#include <catch2/catch.hpp>

#include "support.hpp"

using namespace errand;
using namespace errand::config;

namespace {

// What a part is, on one line.
std::string shown(const chat::Script::Part& part) {
  using Script = chat::Script;
  if (const auto* say = std::get_if<Script::Say>(&part)) return "say " + say->text;
  if (const auto* think = std::get_if<Script::Think>(&part)) return "think " + think->text;
  if (const auto* use = std::get_if<Script::Use>(&part)) return "use " + use->name + " " + use->input;
  if (const auto* wait = std::get_if<Script::Wait>(&part)) return "wait " + std::to_string(wait->duration.count());
  return "fail " + describe(std::get<Script::Fail>(part).error);
}

}  // namespace

TEST_CASE("script: every part of a turn is read", "[config][script]") {
  World world;
  world.write("s.yaml", R"yaml(
turns:
  - when: { user: "(?i)tests", tool_result: ok }
    reply:
      - thinking: Hm
      - text: "Running {{user}}."
      - delay: 1s
      - tool_use: { name: Bash, input: { command: "make -s test", n: 3, x: 1.5, on: true, "off": "true", none: null, list: [a, 2] } }
      - tool_use: { name: Read }
      - tool_use: { name: Edit, input: "{ broken" }
    stop_reason: tool_use
    usage: { input: 10, output: 2, cache_read: 3, cache_write: 4, reasoning: 1 }
  - reply:
      - error: { kind: unavailable, message: overloaded, hint: wait, retryable: true }
)yaml");
  const auto script = load_script(world.dir / "s.yaml");
  REQUIRE(script.has_value());
  CHECK(script->path == world.dir / "s.yaml");
  REQUIRE(script->turns.size() == 2);
  const auto& turn = script->turns[0];
  CHECK(turn.when_user == "(?i)tests");
  CHECK(turn.when_tool_result == "ok");
  CHECK(turn.stop_reason == chat::StopReason::tool_use);
  CHECK(turn.usage == chat::Usage{.input = 10, .output = 2, .cache_read = 3, .cache_write = 4, .reasoning = 1});
  std::vector<std::string> parts;
  for (const auto& part : turn.reply) parts.push_back(shown(part));
  CHECK(parts ==
        std::vector<std::string>{
            "think Hm", "say Running {{user}}.", "wait 1000",
            R"(use Bash {"command":"make -s test","n":3,"x":1.5,"on":true,"off":"true","none":null,"list":["a",2]})",
            "use Read {}", "use Edit { broken"});
  CHECK(shown(script->turns[1].reply.at(0)) == "fail error: overloaded\n  hint: wait\n");
  CHECK(std::get<chat::Script::Fail>(script->turns[1].reply[0]).error.retryable);
}

TEST_CASE("script: what is wrong is told with its place, all at once", "[config][script]") {
  struct Case {
    std::string_view text;
    std::string_view told;
  };
  const auto c = GENERATE(values<Case>({
      {"", "error: the script holds no turns\n  at s.yaml:1:1\n  hint: write turns: [ { reply: [ { text: … } ] } ]\n"},
      {"turn: []\n",
       "error: unknown key \"turn\"\n  at s.yaml:1:1\n  hint: did you mean \"turns\"? known keys: turns\n"
       "error: the script has no turns\n  at s.yaml:1:1\n  hint: write turns: [ { reply: [ { text: … } ] } ]\n"},
      {"turns:\n  - when: { user: x }\n",
       "error: a turn of turns has no reply\n  at s.yaml:2:5\n  hint: write reply: [ { text: … } ]\n"},
      {"turns: [ { reply: [ { text: a, delay: 1s } ] } ]\n",
       "error: a part of turns.reply must have one key, not 2\n  at s.yaml:1:21\n"
       "  hint: write each of text, thinking, tool_use, delay and error as an item of its own\n"},
      {"turns: [ { reply: [ { tool_use: { input: [1] } } ] } ]\n",
       "error: turns.reply.tool_use.input must be a map of keys, not a list\n  at s.yaml:1:42\n"
       "error: turns.reply.tool_use has no name\n  at s.yaml:1:33\n  hint: name the tool the model calls\n"},
      {"turns: [ { reply: [ { error: { kind: unavailble } } ], stop_reason: done } ]\n",
       "error: turns.reply.error.kind must be failure, auth, unavailable, limit, timeout or internal, not "
       "\"unavailble\"\n"
       "  at s.yaml:1:38\n  hint: did you mean \"unavailable\"?\n"
       "error: turns.stop_reason must be end_turn, tool_use, max_tokens, stop_sequence, refusal, pause_turn or "
       "model_context_window_exceeded, not \"done\"\n  at s.yaml:1:69\n"},
  }));
  World world;
  world.write("s.yaml", c.text);
  const auto script = load_script(world.dir / "s.yaml");
  REQUIRE_FALSE(script.has_value());
  CHECK(script.error().kind == ErrorKind::config);
  auto told = describe(script.error());
  for (auto at = told.find(world.dir.path()); at != std::string::npos; at = told.find(world.dir.path())) {
    told.erase(at, world.dir.path().size() + 1);
  }
  CHECK(told == c.told);
}

TEST_CASE("script: a file that is not there is a mistake in the configuration", "[config][script]") {
  const auto script = load_script("/nowhere/s.yaml");
  REQUIRE_FALSE(script.has_value());
  CHECK(script.error().kind == ErrorKind::config);
  CHECK(script.error().message.find("/nowhere/s.yaml") != std::string::npos);
}
