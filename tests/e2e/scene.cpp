#include "e2e/scene.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include <catch2/catch.hpp>

#include "base/json.hpp"
#include "base/text.hpp"

namespace errand::test::e2e {

namespace {

constexpr const char* script = R"(turns:
  - when: { user: "dig" }
    reply: [ { text: "I dig." }, { tool_use: { name: Read, input: { file_path: a.txt } } } ]
  - when: { user: "dig" }
    reply: [ { text: "Dug." } ]
  - when: { user: "work" }
    reply: [ { text: "First I look." }, { tool_use: { name: Read, input: { file_path: a.txt } } }, { tool_use: { name: Glob, input: { pattern: "*" } } } ]
  - reply: [ { tool_use: { name: TodoWrite, input: { todos: [ { content: write, status: in_progress } ] } } } ]
  - reply: [ { thinking: "hm" }, { text: "Then I write." }, { tool_use: { name: Write, input: { file_path: b.txt, content: "x" } } } ]
  - reply: [ { tool_use: { name: Bash, input: { command: "echo one; echo two" } } }, { tool_use: { name: Read, input: { file_path: b.txt } } } ]
  - reply: [ { tool_use: { name: Task, input: { description: one, prompt: dig, subagent_type: digger } } }, { tool_use: { name: Task, input: { description: two, prompt: dig, subagent_type: digger } } } ]
  - reply: [ { tool_use: { name: Bash, input: { command: "seq 1 20000" } } } ]
  - reply: [ { text: "All of it " }, { text: "is done." } ]
)";

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

// What was acknowledged: an event that is kept, once it has been said.
bool is_lasting(const Json& event) {
  static const std::vector<std::string> types = {"user", "assistant", "tool_use", "tool_result",
                                                 "todo", "usage",     "done"};
  return std::ranges::find(types, event.at("type").get<std::string>()) != types.end();
}

// Whether the record is that event: all the event's fields but those of the stream itself.
bool is_kept_as(const Json& event, const Json& record) {
  for (const auto& [key, value] : event.items()) {
    if (key == "seq" || key == "run_id" || key == "session_id") continue;
    if (!record.contains(key) || record.at(key) != value) return false;
  }
  return true;
}

}  // namespace

Scene::Scene() {
  world_.make_files({{"agents.yaml", helper_agent("scripted/turns.yaml")},
                     {"subagents.yaml", "subagents:\n  digger: { description: Digs }\n"},
                     {"turns.yaml", script},
                     {"a.txt", "alpha\n"}});
  server_.serve(Protocol::anthropic, Json::parse(R"([{"reply": {"text": "Going on."}, "repeat": 1000}])"));
}

ProgramSpec Scene::program(std::vector<std::string> argv) const {
  argv.insert(argv.begin(), binary());
  auto env = world_.environment();
  env["ANTHROPIC_API_KEY"] = test_key;
  env["ANTHROPIC_BASE_URL"] = server_.url();
  return {.argv = std::move(argv), .env = as_list(env), .directory = world_.workspace(), .input = {}};
}

std::size_t Scene::undisturbed_lines() const {
  Program run(work());
  REQUIRE(run.wait() == Exit{0, 0});
  return lines_in(run.out());
}

ProgramSpec Scene::work() const {
  world_.make_files({{"b.txt", nullptr}});
  return program({"run", "-a", "helper", "--permission-mode", "auto", "--output-format", "stream-json", "work"});
}

std::vector<std::string> Scene::killed_after(std::size_t lines, std::chrono::microseconds more) const {
  Program run(work());
  run.wait_for_lines(lines);
  run.wait_for_end(more);
  run.send_signal(SIGKILL);
  REQUIRE(run.wait());
  auto said = text::split(run.out(), '\n');
  said.pop_back();
  return said;
}

std::string Scene::output_of(const std::vector<std::string>& argv) const {
  Program command(program(argv));
  const auto exit = command.wait();
  INFO(command.out() << command.err());
  REQUIRE(exit == Exit{0, 0});
  return command.out();
}

Json Scene::answer_of(const std::vector<std::string>& argv) const {
  return Json::parse(output_of(argv));
}

void Scene::go_on() const {
  Program run(program({"run", "-c", "-m", "anthropic/test-model", "and now?"}));
  const auto exit = run.wait();
  INFO(run.err());
  CHECK(exit == Exit{0, 0});
  CHECK(run.out() == "Going on.\n");
  for (const auto& failure : server_.failures()) FAIL_CHECK(failure);
}

void check_kept(const std::vector<Json>& said, const Json& records) {
  auto from = records.begin();
  for (const auto& event : said) {
    INFO(event.dump());
    const auto found = std::find_if(from, records.end(), [&](const Json& record) { return is_kept_as(event, record); });
    CHECK(found != records.end());
    if (found != records.end()) from = found;
  }
}

Said read_lines(const std::vector<std::string>& lines) {
  Said out;
  for (const auto& line : lines) {
    const auto event = Json::parse(line);
    const auto session = event.at("session_id").get<std::string>();
    if (out.session.empty()) out.session = session;
    out.ended = event.at("type") == "done";
    if (is_lasting(event)) out.lasting[session].push_back(event);
  }
  return out;
}

Json records_of(const Scene& scene, const std::string& session) {
  return scene.answer_of({"sessions", "show", session, "--json"}).at("records");
}

int number_in(const char* variable, int otherwise) {
  const char* value = std::getenv(variable);
  return value == nullptr ? otherwise : std::stoi(value);
}

}  // namespace errand::test::e2e
