#include "agent/restore.hpp"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "tool/builtin.hpp"
#include "unit/agent/stage.hpp"

// Files that tools changed go back with the session, and nothing else does.

using namespace errand;
using namespace errand::test;
using Action = agent::RestoreStep::Action;

namespace {

chat::ToolCall write_call(const std::string& id, const std::string& path, const std::string& content) {
  return {id, "Write", chat::dump(Json{{"file_path", path}, {"content", content}}), ""};
}

chat::ToolCall read_call(const std::string& id, const std::string& path) {
  return {id, "Read", chat::dump(Json{{"file_path", path}}), ""};
}

// A stage with the real file tools; the agent has changed old.txt twice and made new.txt.
class Changed {
 public:
  Changed() : root(real_path(stage.workspace.path()).value()) {
    tool::add_builtin(stage.tools);
    stage.definition.permission_mode = chat::PermissionMode::automatic;
    put("old.txt", "as it was");
    put("untouched.txt", "mine");
    auto& model = stage.models["main"];
    model.call({read_call("0", "old.txt")});
    model.call({write_call("1", "old.txt", "first change"), write_call("2", "new.txt", "made")});
    model.call({write_call("3", "old.txt", "second change")});
    model.say("done");
    REQUIRE(stage.ask("change them").exit_code == 0);
    session = stage.chat().session()->info.id;
  }

  void put(const std::string& name, const std::string& content) {
    REQUIRE(write_file_atomic(root + "/" + name, content));
  }
  [[nodiscard]] std::string get(const std::string& name) const {
    return read_file(root + "/" + name).value_or("(none)");
  }
  [[nodiscard]] std::vector<agent::RestoreStep> plan(std::int64_t position,
                                                     agent::Foreign foreign = agent::Foreign::keep) const {
    return agent::plan_restore(*stage.store, session, position, files(), foreign).value();
  }
  void restore_all(const std::vector<agent::RestoreStep>& steps) const {
    for (const auto& step : steps) REQUIRE(agent::restore(step, *stage.store, session, files()));
  }
  [[nodiscard]] const sandbox::Workspace& files() const { return *files_; }

  Stage stage;
  std::string root;
  std::string session;

 private:
  std::unique_ptr<sandbox::Workspace> files_ =
      std::make_unique<sandbox::Workspace>(agent::restore_policy(real_path(stage.workspace.path()).value()));
};

}  // namespace

TEST_CASE("restore: files go back to the prompt's moment, and what the tools made is gone", "[agent][restore]") {
  Changed changed;
  REQUIRE(changed.get("old.txt") == "second change");
  changed.restore_all(changed.plan(1));
  CHECK(changed.get("old.txt") == "as it was");
  CHECK(changed.get("new.txt") == "(none)");
  CHECK(changed.get("untouched.txt") == "mine");
  // A second time there is nothing left to do.
  for (const auto& step : changed.plan(1)) CHECK(step.reason == "it is as it was");
}

TEST_CASE("restore: going back into the middle of a run undoes what came after alone", "[agent][restore]") {
  Changed changed;
  std::int64_t after_first = 0;
  int results = 0;  // the third one ends the first change: read, write, write
  for (const auto& record : changed.stage.records()) {
    if (record.type == "tool_result" && ++results == 3) after_first = record.position;
  }
  changed.restore_all(changed.plan(after_first));
  CHECK(changed.get("old.txt") == "first change");
  CHECK(changed.get("new.txt") == "made");
}

TEST_CASE("restore: what somebody else changed since is left alone, unless that is asked for", "[agent][restore]") {
  Changed changed;
  changed.put("old.txt", "my own work");
  std::filesystem::remove(changed.root + "/new.txt");
  auto steps = changed.plan(1);
  REQUIRE(steps.size() == 2);
  CHECK(steps[0].reason == "it is as it was");
  CHECK(steps[1].action == Action::leave);
  CHECK(steps[1].reason == "something else has changed it since");
  changed.restore_all(steps);
  CHECK(changed.get("old.txt") == "my own work");
  changed.restore_all(changed.plan(1, agent::Foreign::discard));
  CHECK(changed.get("old.txt") == "as it was");
}

TEST_CASE("restore: a directory that became a link leads nothing out", "[agent][restore]") {
  Stage stage;
  tool::add_builtin(stage.tools);
  stage.definition.permission_mode = chat::PermissionMode::automatic;
  const auto root = real_path(stage.workspace.path()).value();
  const TempDir elsewhere;
  auto& model = stage.models["main"];
  model.call({write_call("1", "sub/file.txt", "made")});
  model.say("done");
  REQUIRE(stage.ask("make it").exit_code == 0);
  REQUIRE(write_file_atomic(elsewhere / "file.txt", "made"));
  std::filesystem::remove_all(root + "/sub");
  std::filesystem::create_directory_symlink(elsewhere.path(), root + "/sub");
  const sandbox::Workspace files(agent::restore_policy(root));
  const auto session = stage.chat().session()->info.id;
  const auto steps = agent::plan_restore(*stage.store, session, 1, files, agent::Foreign::discard).value();
  REQUIRE(steps.size() == 1);
  CHECK(steps[0].action == Action::leave);
  const auto forced = agent::restore({steps[0].path, Action::remove, {}, {}}, *stage.store, session, files);
  CHECK(!forced);
  CHECK(read_file(elsewhere / "file.txt").value() == "made");
}

TEST_CASE("restore: a subagent's changes are kept with the session it worked for", "[agent][restore]") {
  Stage stage;
  tool::add_builtin(stage.tools);
  stage.definition.permission_mode = chat::PermissionMode::automatic;
  chat::AgentDefinition writer;
  writer.id = "writer";
  writer.description = "writes";
  writer.models = {"small"};
  writer.permission_mode = chat::PermissionMode::automatic;
  stage.subagents = {writer};
  stage.models["main"].call({{"0", "Task", R"({"description":"d","prompt":"write it","subagent_type":"writer"})", ""}});
  stage.models["main"].say("done");
  stage.models["small"].call({write_call("1", "by_child.txt", "made")});
  stage.models["small"].say("written");
  REQUIRE(stage.ask("have it written").exit_code == 0);
  const auto taken = stage.store->snapshots(stage.chat().session()->info.id, 0).value();
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].path.ends_with("/by_child.txt"));
}

TEST_CASE("restore: what a person added between two changes of the tools is a person's work", "[agent][restore]") {
  Changed changed;
  changed.put("old.txt", "second change and mine");
  auto& model = changed.stage.models["main"];
  model.call({read_call("4", "old.txt")});
  model.call({write_call("5", "old.txt", "third change")});
  model.say("done");
  REQUIRE(changed.stage.ask("again").exit_code == 0);
  const auto steps = changed.plan(1);
  REQUIRE(steps.size() == 2);
  CHECK(steps[1].action == Action::leave);
  CHECK(steps[1].reason == agent::changed_by_others);
}

TEST_CASE("restore: one can go back again from where one went back to", "[agent][restore]") {
  Changed changed;
  std::int64_t after_first = 0;
  int results = 0;
  for (const auto& record : changed.stage.records()) {
    if (record.type == "tool_result" && ++results == 3) after_first = record.position;
  }
  changed.restore_all(changed.plan(after_first));
  REQUIRE(changed.get("old.txt") == "first change");
  changed.restore_all(changed.plan(1));
  CHECK(changed.get("old.txt") == "as it was");
  CHECK(changed.get("new.txt") == "(none)");
}
