#include <algorithm>
#include <memory>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "e2e/scene.hpp"

using namespace errand;
using namespace errand::test::e2e;

// Days on which the machine does not play along. Nothing that was acknowledged may be missing afterwards.

namespace {

constexpr const char* bubblewrap = "/usr/bin/bwrap";

std::string in_workspace(const Scene& scene, const std::string& name) {
  return scene.world().path_of(name);
}

int exit_in(const Scene& scene, const std::string& name) {
  return std::stoi(read_file(in_workspace(scene, name)).value_or("-1"));
}

std::vector<std::string> whole_lines(const std::string& text) {
  auto lines = text::split(text, '\n');
  lines.pop_back();
  return lines;
}

// Runs the script with a data directory of its own on a file system of `bytes`.
void on_a_small_disk(const Scene& scene, int bytes, const std::string& script) {
  auto spec = scene.program({});
  const std::vector<std::string> wrapper = {
      bubblewrap, "--dev-bind", "/",  "/",    "--size", std::to_string(bytes), "--tmpfs", scene.world().data(),
      "--",       "/bin/sh",    "-c", script, "sh"};
  spec.argv.insert(spec.argv.begin(), wrapper.begin(), wrapper.end());
  REQUIRE(make_directories(scene.world().data(), 0700));
  Program run(spec);
  const auto exit = run.wait();
  INFO(run.out() << run.err());
  REQUIRE(exit == Exit{0, 0});
}

// $1 is the program. The disk is full but for `free` KiB while it works, and has room again afterwards.
std::string full_disk_script(const std::string& data, int disk_kib, int free_kib) {
  return fmt::format(
      "dd if=/dev/zero of={0}/filler bs=1024 count={1} status=none\n"
      "\"$1\" chat -m scripted/talk.yaml --keep-going --output-format stream-json <prompts >said 2>told; echo $? "
      ">code\n"
      "rm {0}/filler\n"
      "\"$1\" sessions list --all --json >list 2>list_err; echo $? >list_code\n"
      "\"$1\" sessions show latest --json >shown 2>shown_err\n"
      "\"$1\" sessions fsck >checked 2>&1; echo $? >fsck_code\n"
      "\"$1\" run -c -m anthropic/test-model and now >went_on 2>went_on_err; echo $? >on_code\n",
      data, disk_kib - free_kib);
}

}  // namespace

TEST_CASE("a disk that fills up at any write costs nothing that was said before", "[e2e][crash]") {
  constexpr int disk_kib = 4096;
  int failed = 0;
  int succeeded = 0;
  for (const int free_kib : {8, 100, 160, 200, 240, 280, 320, 360, 420, 500, 600, 3000}) {
    CAPTURE(free_kib);
    const Scene scene;
    std::string prompts;
    std::string turns = "turns:\n";
    for (int i = 0; i < 40; ++i) {
      prompts += fmt::format("question {} {}\n", i, std::string(2000, 'q'));
      turns += fmt::format("  - reply: [ {{ text: \"answer {} {}\" }} ]\n", i, std::string(2000, 'a'));
    }
    scene.world().make_files({{"prompts", prompts}, {"talk.yaml", turns}});
    on_a_small_disk(scene, disk_kib * 1024, full_disk_script(scene.world().data(), disk_kib, free_kib));
    const auto code = exit_in(scene, "code");
    INFO(read_file(in_workspace(scene, "told")).value());
    CHECK((code == 0 || code == 9));
    (code == 0 ? succeeded : failed) += 1;
    CHECK(exit_in(scene, "list_code") == 0);
    auto said = read_lines(whole_lines(read_file(in_workspace(scene, "said")).value()));
    if (said.session.empty()) continue;  // nothing was acknowledged
    // The end of the run that failed is told though it can't be kept: somebody has to say so.
    std::erase_if(said.lasting[said.session], [](const Json& event) { return event.value("is_error", false); });
    const auto shown = Json::parse(read_file(in_workspace(scene, "shown")).value());
    check_kept(said.lasting.at(said.session), shown.at("records"));
    INFO(read_file(in_workspace(scene, "checked")).value());
    CHECK(exit_in(scene, "fsck_code") == 0);
    INFO(read_file(in_workspace(scene, "went_on_err")).value());
    CHECK(exit_in(scene, "on_code") == 0);
    CHECK(read_file(in_workspace(scene, "went_on")).value() == "Going on.\n");
  }
  CHECK(failed > 3);  // else the disk was never full
  CHECK(succeeded > 0);
}

TEST_CASE("ten processes talk in ten sessions of one store at once", "[e2e][crash]") {
  const Scene scene;
  std::string turns = "turns:\n";
  std::string prompts;
  for (int i = 0; i < 10; ++i) {
    turns += fmt::format("  - reply: [ {{ text: answer {} }} ]\n", i);
    prompts += fmt::format("question {}\n", i);
  }
  scene.world().make_files({{"talk.yaml", turns}});
  std::vector<std::unique_ptr<Program>> chats;
  for (int i = 0; i < 10; ++i) {
    auto spec = scene.program({"chat", "-m", "scripted/talk.yaml", "--name", fmt::format("talk{}", i)});
    spec.stdin_is = ProgramSpec::Input::text;
    spec.input = prompts;
    chats.push_back(std::make_unique<Program>(spec));
  }
  std::string answers;
  for (int i = 0; i < 10; ++i) answers += fmt::format("answer {}\n", i);
  for (const auto& chat : chats) {
    const auto exit = chat->wait();
    INFO(chat->err());
    CHECK(exit == Exit{0, 0});
    CHECK(chat->out() == answers);
  }
  const auto sessions = scene.answer_of({"sessions", "list", "--json"}).at("sessions");
  REQUIRE(sessions.size() == 10);
  for (const auto& session : sessions) {
    CHECK(session.at("turns") == 10);
    CHECK(session.at("status") == "idle");
  }
  scene.output_of({"sessions", "fsck"});
}

TEST_CASE("of two processes that want one session each prompt is answered or refused, none is lost", "[e2e][crash]") {
  const Scene scene;
  scene.world().make_files({{"one.yaml", "turns: [ { reply: [ { text: one } ] } ]\n"}});
  scene.output_of({"run", "-m", "scripted/one.yaml", "begin"});
  std::size_t answered = 0;
  for (int i = 0; i < 10; ++i) {
    Program first(scene.program({"run", "-c", "-m", "scripted/one.yaml", fmt::format("first {}", i)}));
    Program second(scene.program({"run", "-c", "-m", "scripted/one.yaml", fmt::format("second {}", i)}));
    for (auto* run : {&first, &second}) {
      const auto exit = run->wait();
      REQUIRE(exit);
      INFO(run->err());
      CHECK((exit->code == 0 || exit->code == 75));
      if (exit->code == 0) ++answered;
    }
  }
  const auto records = records_of(scene, "latest");
  const auto prompts = std::ranges::count_if(records, [](const Json& record) { return record.at("type") == "user"; });
  CHECK(static_cast<std::size_t>(prompts) == 1 + answered);
  CHECK(answered >= 10);
}

TEST_CASE("a directory that can't be written is said at once, and nothing is half begun", "[e2e][crash]") {
  if (::geteuid() == 0 && ::access(bubblewrap, X_OK) != 0) return;
  const Scene scene;
  REQUIRE(make_directories(scene.world().data(), 0700));
  auto spec = scene.program({"run", "-a", "helper", "work"});
  const std::vector<std::string> wrapper = {bubblewrap,           "--dev-bind",         "/", "/", "--ro-bind",
                                            scene.world().data(), scene.world().data(), "--"};
  spec.argv.insert(spec.argv.begin(), wrapper.begin(), wrapper.end());
  Program run(spec);
  const auto exit = run.wait();
  INFO(run.err());
  CHECK(exit == Exit{9, 0});
  CHECK(run.out().empty());
  CHECK(run.err().find(scene.world().data()) != std::string::npos);
}
