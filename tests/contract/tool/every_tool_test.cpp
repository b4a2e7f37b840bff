#include <thread>

#include <catch2/catch.hpp>

#include "http/transport.hpp"
#include "support/tool_bench.hpp"
#include "tool/notes.hpp"

namespace errand::tool {
namespace {

// A valid input for each tool, that would take long or go on for ever where that is possible.
const std::vector<std::pair<std::string, Json>>& valid_inputs() {
  static const std::vector<std::pair<std::string, Json>> inputs = {
      {"Read", {{"file_path", "a.txt"}}},
      {"Write", {{"file_path", "b.txt"}, {"content", "x"}}},
      {"Edit", {{"file_path", "a.txt"}, {"old_string", "x"}, {"new_string", "y"}}},
      {"Glob", {{"pattern", "**/*"}}},
      {"Grep", {{"pattern", "x"}}},
      {"Bash", {{"command", "sleep 60"}}},
      {"BashOutput", {{"id", "bash_1"}}},
      {"KillShell", {{"id", "bash_1"}}},
      {"WebFetch", {{"url", "http://127.0.0.1:8080/"}}},
      {"TodoWrite", {{"todos", Json::array()}}},
      {"AskUserQuestion", Json::parse(R"({"questions":[{"question":"q","options":[{"label":"a"},{"label":"b"}]}]})")},
      {"Skill", {{"name", "s"}}},
      {"Memory", {{"action", "add"}, {"note", "n"}}},
      {"ExitPlanMode", {{"plan", "1. x"}}},
  };
  return inputs;
}

// The network, with one page everywhere.
class CannedWeb final : public http::Transport {
 public:
  Result<http::ResponseHead> send(const http::Request&, const http::OnBody& on_body, const Call& call) override {
    if (auto go_on = call.check(); !go_on) return fail(go_on.error());
    const http::ResponseHead head{200, {{"content-type", "text/html"}}};
    if (auto taken = on_body(head, "<p>x</p>"); !taken) return fail(taken.error());
    return head;
  }
};

// Takes every note and keeps none.
class Unwritten final : public Notes {
 public:
  Result<void> add(Scope, std::string_view) override { return {}; }
  Result<void> remove(Scope, std::string_view) override { return {}; }
  Result<std::string> read(Scope) override { return std::string(); }
};

// Arguments as models get them wrong.
const std::vector<Json>& odd_inputs() {
  static const std::vector<Json> inputs = {
      Json(),
      Json(7),
      Json("text"),
      Json::array(),
      Json::object(),
      Json::parse(R"({"file_path":7,"pattern":[],"command":null})"),
      Json::parse(R"({"unknown":true})"),
      Json::parse(R"({"questions":"x","todos":{"a":1},"edits":[[]]})"),
      Json::parse(
          R"({"file_path":"a\u0000b","pattern":"{{{{","command":"\u001b[2J","name":"\n","offset":-1,"limit":1e99})")};
  return inputs;
}

TEST_CASE("every tool: name, description and schema are fit for a model API", "[tool][contract]") {
  test::ToolBench bench;
  REQUIRE(bench.registry.all().size() == valid_inputs().size());
  std::size_t bytes = 0;
  for (const auto& tool : bench.registry.all()) {
    const auto& spec = tool->spec();
    CAPTURE(spec.name);
    CHECK(spec.name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
          std::string::npos);
    CHECK(spec.name.size() <= 64);
    CHECK_FALSE(spec.description.empty());
    CHECK(spec.description.size() <= 300);
    const auto schema = Json::parse(spec.input_schema, nullptr, false);
    REQUIRE(schema.is_object());
    CHECK(schema.dump() == spec.input_schema);  // compact, and the same bytes after a round trip
    CHECK(schema.at("type") == "object");
    CHECK(schema.at("additionalProperties") == false);
    for (const auto& name : schema.at("required")) CHECK(schema.at("properties").contains(name.get<std::string>()));
    if (spec.name == "ExitPlanMode") continue;  // plan mode alone offers it
    bytes += Json{{"name", spec.name}, {"description", spec.description}, {"input_schema", schema}}.dump().size();
  }
  // With Task all fourteen stay under 2,500 tokens and the first request under 10 kB.
  CHECK(bytes <= 6600);
}

TEST_CASE("every tool: a wrong input is answered with a sentence", "[tool][contract]") {
  test::ToolBench bench;
  for (const auto& tool : bench.registry.all()) {
    for (const auto& input : odd_inputs()) {
      CAPTURE(tool->spec().name, input.dump());
      const auto valid = validate(tool->spec(), input);
      // What people are shown of a call is made before anything is known about it.
      CHECK(tool->summary(input).find('\n') == std::string::npos);
      CHECK_NOTHROW(tool->targets(input));
      CHECK_NOTHROW(tool->subject(input));
      if (valid) continue;
      CHECK(valid.error().kind == ErrorKind::failure);
      CHECK(valid.error().message.find(tool->spec().name) != std::string::npos);
      CHECK(valid.error().message.find('\n') == std::string::npos);
      CHECK(valid.error().message.size() < 400);
    }
  }
}

TEST_CASE("every tool: its valid input validates and has a one-line summary", "[tool][contract]") {
  test::ToolBench bench;
  for (const auto& [name, input] : valid_inputs()) {
    CAPTURE(name);
    auto* const tool = bench.registry.find(name);
    REQUIRE(tool != nullptr);
    CHECK(validate(tool->spec(), input));
    const auto summary = tool->summary(input);
    CHECK(summary.starts_with(name));
    CHECK(summary.find('\n') == std::string::npos);
    // What Memory writes is the store's, whose path is no argument of a call.
    const bool touches_files =
        tool->spec().effect == chat::Effect::read || (tool->spec().effect == chat::Effect::write && name != "Memory");
    CHECK(tool->targets(input).size() == (touches_files ? 1 : 0));
    for (const auto& target : tool->targets(input)) {
      CHECK(target.write == (tool->spec().effect == chat::Effect::write));
    }
  }
}

TEST_CASE("every tool: runs without anyone listening", "[tool][contract]") {
  CannedWeb web;
  Unwritten notes;
  test::ToolBench bench([](sandbox::SandboxPolicy& policy) { policy.allowed_domains = {"127.0.0.1:8080"}; });
  bench.write("a.txt", "x\n");
  bench.write("s/SKILL.md", "body\n");
  bench.skills = {{"s", "", bench.root() + "/s", "project"}};
  bench.person.answers = std::vector<std::string>{"a"};
  bench.person.plan_answer =
      chat::PlanAnswer{chat::PlanAnswer::Verdict::approve, chat::PermissionMode::ask, "1. x", ""};
  REQUIRE(bench.call("Bash", {{"command", "true"}, {"run_in_background", true}}));
  for (const auto& [name, valid] : valid_inputs()) {
    CAPTURE(name);
    const auto input = name == "Bash" ? Json{{"command", "echo x"}} : valid;
    auto* const tool = bench.registry.find(name);
    Context context{.files = bench.files(),
                    .shell = bench.shell,
                    .state = bench.state,
                    .interaction = bench.person,
                    .skills = bench.skills,
                    .call_id = "c",
                    .cwd = bench.root(),
                    .targets = {},
                    .may_read = {},
                    .report = {},
                    .on_contact = {},
                    .web = &web,
                    .notes = &notes,
                    .leave_plan = [](chat::PermissionMode) {}};
    for (const auto& target : tool->targets(input)) {
      context.targets.push_back(*bench.files().resolve(target.path, bench.root()));
    }
    const auto output = tool->run(input, context, {});
    if (!output) FAIL(output.error().message);
    CHECK_FALSE(output->content.empty());
    CHECK_FALSE(output->is_error);
  }
}

TEST_CASE("every tool: the user's stop ends it at once", "[tool][contract]") {
  CannedWeb web;
  test::ToolBench bench([](sandbox::SandboxPolicy& policy) { policy.allowed_domains = {"127.0.0.1:8080"}; });
  bench.web = &web;
  for (int i = 0; i < 200; ++i) bench.write("d" + std::to_string(i) + "/f.txt", "x\n");
  bench.write("a.txt", "x\n");
  bench.write("s/SKILL.md", "body\n");
  bench.skills = {{"s", "", bench.root() + "/s", "project"}};
  bench.person.answers = std::vector<std::string>{"a"};
  for (const auto& [name, input] : valid_inputs()) {
    CAPTURE(name);
    std::stop_source source;
    const auto started = Call::Clock::now();
    std::jthread stopper([&] { source.request_stop(); });
    const auto output = bench.call(name, input, Call{source.get_token()});
    CHECK(Call::Clock::now() - started < std::chrono::seconds(10));  // sleep 60 would take longer
    if (!output) CHECK((output.error().kind == ErrorKind::cancelled || output.error().kind == ErrorKind::failure));
  }
}

}  // namespace
}  // namespace errand::tool
