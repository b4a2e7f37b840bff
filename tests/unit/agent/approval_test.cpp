// What a person is asked, shown and spared before a call runs.

#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "base/json.hpp"
#include "tool/builtin.hpp"
#include "unit/agent/stage.hpp"

using namespace errand;
using namespace errand::test;
using chat::ApprovalAnswer;
using chat::Verdict;

namespace {

chat::ToolCall call_of(const std::string& id, const std::string& name, const Json& input) {
  return {id, name, input.dump(), ""};
}

chat::ToolCall edit(const std::string& id, const std::string& path, const std::string& before,
                    const std::string& after) {
  return call_of(id, "Edit", {{"file_path", path}, {"old_string", before}, {"new_string", after}});
}

// Where a person is asked about whatever changes something.
struct Scene {
  Scene() {
    stage.definition.permission_mode = chat::PermissionMode::ask;
    stage.person.there = true;
    stage.tools.add(tool::make_read());
    stage.tools.add(tool::make_edit());
    stage.tools.add(tool::make_write());
  }

  void file(const std::string& name, const std::string& text) const {
    REQUIRE(write_file_atomic(join_path(stage.workspace.path(), name), text));
  }
  [[nodiscard]] std::string content(const std::string& name) const {
    return read_file(join_path(stage.workspace.path(), name)).value();
  }

  void allow(Verdict verdict = Verdict::allow_once) { stage.person.answers.push_back(ApprovalAnswer{verdict, ""}); }

  // What the model was told of its newest calls.
  [[nodiscard]] std::string told() {
    const auto history = stage.models["main"].asked().back();
    std::string out;
    for (const auto& result : std::get<chat::ToolMessage>(history.back()).results)
      out += chat::text_of(result.content) + "\n";
    return out;
  }

  Stage stage;
};

}  // namespace

TEST_CASE("approval: an edit is asked about as it changes the file, with its lines' numbers and neighbours",
          "[agent][approval]") {
  Scene scene;
  scene.file("a.txt", "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
  scene.stage.models["main"].call({call_of("r", "Read", {{"file_path", "a.txt"}})});
  scene.stage.models["main"].call({edit("e", "a.txt", "5", "five")});
  scene.stage.models["main"].say("done");
  scene.allow();
  CHECK(scene.stage.ask("go").exit_code == 0);
  REQUIRE(scene.stage.person.questions.size() == 1);
  CHECK(scene.stage.person.questions[0].detail ==
        "--- a.txt\n+++ a.txt\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
  CHECK(scene.content("a.txt") == "1\n2\n3\n4\nfive\n6\n7\n8\n9\n");
}

TEST_CASE("approval: nobody is asked about a change that can't be made; the model hears why", "[agent][approval]") {
  Scene scene;
  scene.file("a.txt", "one\ntwo\none\n");
  auto& model = scene.stage.models["main"];
  SECTION("a file that was not read") {
    model.call({edit("e", "a.txt", "two", "2")});
    model.say("done");
    scene.stage.ask("go");
    CHECK_THAT(scene.told(), Catch::Contains("has not been read yet"));
  }
  SECTION("a file that would be overwritten unread") {
    model.call({call_of("w", "Write", {{"file_path", "a.txt"}, {"content", "new"}})});
    model.say("done");
    scene.stage.ask("go");
    CHECK_THAT(scene.told(), Catch::Contains("has not been read yet"));
  }
  SECTION("a text that is there twice, or not at all") {
    const auto before = GENERATE(as<std::string>(), "one", "three");
    model.call({call_of("r", "Read", {{"file_path", "a.txt"}})});
    model.call({edit("e", "a.txt", before, "x")});
    model.say("done");
    const auto result = scene.stage.ask("go");
    CHECK_THAT(scene.told(), Catch::Contains("a.txt"));
    CHECK(result.done.denials.empty());
  }
  CHECK(scene.stage.person.questions.empty());
  CHECK(scene.content("a.txt") == "one\ntwo\none\n");
}

TEST_CASE("approval: what an earlier call of the reply may make right is asked about", "[agent][approval]") {
  Scene scene;
  scene.file("a.txt", "one\n");
  scene.stage.models["main"].call({call_of("r", "Read", {{"file_path", "a.txt"}}), edit("e", "a.txt", "one", "two"),
                                   edit("f", "./a.txt", "two", "three")});
  scene.stage.models["main"].say("done");
  scene.allow();
  scene.allow();
  CHECK(scene.stage.ask("go").exit_code == 0);
  CHECK(scene.stage.person.questions.size() == 2);
  CHECK(scene.content("a.txt") == "three\n");
}

TEST_CASE("approval: of a file that it may not read the model learns nothing before the person has said yes",
          "[agent][approval]") {
  Scene scene;
  const TempDir elsewhere;
  const auto path = join_path(elsewhere.path(), "a.txt");
  REQUIRE(write_file_atomic(path, "the combination is 1234\n"));
  scene.stage.models["main"].call({edit("e", path, "the combination", "x")});
  scene.stage.models["main"].say("done");
  scene.stage.person.answers.push_back(ApprovalAnswer{Verdict::deny, ""});
  scene.stage.ask("go");
  CHECK(scene.stage.person.questions.size() == 1);
  CHECK_THAT(scene.told(), !Catch::Contains("read"));
}

TEST_CASE("approval: a rule for a file means that file, wherever the agent works later", "[agent][approval]") {
  Scene scene;
  scene.stage.models["main"].call({call_of("w", "Write", {{"file_path", "new.txt"}, {"content", "x"}})});
  scene.stage.models["main"].say("done");
  scene.allow(Verdict::allow_always);
  scene.stage.ask("go");
  REQUIRE(scene.stage.saved_rules.size() == 1);
  CHECK(scene.stage.saved_rules[0].spec == "/" + real_path(scene.stage.workspace.path()).value() + "/new.txt");
}

TEST_CASE("approval: what is kept holds in the next session too, what was said for one ends with it",
          "[agent][approval]") {
  const auto verdict = GENERATE(Verdict::allow_always, Verdict::allow_session);
  Scene scene;
  auto& chat = scene.stage.chat();
  const auto write = [&](const std::string& text) {
    scene.stage.models["main"].call({call_of("w", "Write", {{"file_path", "new.txt"}, {"content", text}})});
    scene.stage.models["main"].say("done");
    scene.stage.ask("go");
  };
  scene.allow(verdict);
  write("1");
  REQUIRE(chat.granted().size() == 1);
  chat.use_models({"main"});
  write("2");  // the agent is another one, the session is not
  CHECK(scene.stage.person.questions.size() == 1);
  chat.start_new();
  CHECK(chat.granted().size() == (verdict == Verdict::allow_always ? 1 : 0));
}

TEST_CASE("approval: a question that is cancelled is no denial", "[agent][approval]") {
  Scene scene;
  scene.stage.models["main"].call({call_of("w", "Write", {{"file_path", "new.txt"}, {"content", "x"}})});
  scene.stage.models["main"].say("done");
  scene.stage.person.answers.push_back(fail(ErrorKind::cancelled, "cancelled"));
  const auto result = scene.stage.ask("go");
  CHECK(scene.told() == "cancelled: the user cancelled the run before this call ended\n");
  CHECK(result.done.denials.empty());
}

TEST_CASE("approval: another mode holds from the next prompt on, with the model that is open", "[agent][approval]") {
  Scene scene;
  auto& model = scene.stage.models["main"];
  model.say("hello");
  scene.stage.ask("hi");
  scene.stage.chat().use_mode(chat::PermissionMode::automatic);
  model.call({call_of("w", "Write", {{"file_path", "new.txt"}, {"content", "x"}})});
  model.say("done");
  CHECK(scene.stage.ask("go").exit_code == 0);
  CHECK(scene.stage.person.questions.empty());
  CHECK(scene.stage.chat().session()->info.start.permission_mode == "auto");
  scene.stage.chat().use_mode(chat::PermissionMode::plan);
  model.call({call_of("x", "Write", {{"file_path", "more.txt"}, {"content", "x"}})});
  model.say("done");
  scene.stage.ask("more");
  CHECK_THAT(scene.told(), Catch::Contains("plan mode is read-only"));
}
