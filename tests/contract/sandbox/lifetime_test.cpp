// What becomes of a command's processes, output and exit code.
#include <filesystem>
#include <thread>

#include "contract/sandbox/fixture.hpp"

using namespace errand;
using std::chrono::milliseconds;
using test::Confined;

namespace {

// How many of this machine's processes have `marker` among their arguments.
int processes_with(const std::string& marker) {
  int found = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (test::content_of(entry.path() / "cmdline").find(marker) != std::string::npos) ++found;
  }
  return found;
}

}  // namespace

TEST_CASE("sandbox: exit codes and signals come through", "[sandbox][lifetime]") {
  if (!test::can_confine()) return;
  const Confined f;
  struct Case {
    const char* script;
    int exit_code;
  };
  const auto c = GENERATE(values<Case>({{"true", 0},
                                        {"exit 3", 3},
                                        {"exit 255", 255},
                                        {"kill -9 $$", 137},
                                        {"kill -TERM $$", 143},
                                        {"no-such-program 2>/dev/null", 127}}));
  CAPTURE(c.script);
  const auto ran = f.run(c.script);
  CHECK(ran.finished.exit_code == c.exit_code);
  CHECK(ran.out.empty());
}

TEST_CASE("sandbox: stdin is empty, here-documents work, output keeps its order", "[sandbox][lifetime]") {
  if (!test::can_confine()) return;
  const Confined f;
  CHECK(f.out("cat; echo end") == "end\n");
  CHECK(f.out("cat <<'E'\na 'quoted' $line\nE\nwc -l <<< x") == "a 'quoted' $line\n1\n");
  CHECK(f.out("echo a; echo b >&2; echo c") == "a\nb\nc\n");
  CHECK(f.out("echo 'bwrap: this is what the command says'") == "bwrap: this is what the command says\n");
}

TEST_CASE("sandbox: what a command leaves running is dead when it ended", "[sandbox][lifetime]") {
  if (!test::can_confine()) return;
  const Confined f;
  CHECK(f.out("for i in 1 2 3; do setsid nohup sleep 86397.$i >/dev/null 2>&1 & done; echo started") == "started\n");
  CHECK(processes_with("86397.") == 0);
}

TEST_CASE("sandbox: a timeout kills what ignores signals and keeps what was printed", "[sandbox][lifetime]") {
  if (!test::can_confine()) return;
  const Confined f;
  const auto ran = f.run("trap '' TERM INT HUP; setsid sleep 86398 & echo before; sleep 86398; echo after",
                         Call{}.within(milliseconds(500)));
  CHECK(ran.finished.end == ProcessEnd::timed_out);
  CHECK(ran.out == "before\n");
  CHECK(ran.finished.duration < milliseconds(10'000));
  CHECK(processes_with("86398") == 0);
}

TEST_CASE("sandbox: a stop ends a command", "[sandbox][lifetime]") {
  if (!test::can_confine()) return;
  const Confined f;
  std::stop_source stop;
  const std::jthread stopper([&] {
    std::this_thread::sleep_for(milliseconds(200));
    stop.request_stop();
  });
  const auto ran = f.run("sleep 86399", Call{stop.get_token(), Call::Clock::time_point::max()});
  CHECK(ran.finished.end == ProcessEnd::cancelled);
  CHECK(processes_with("86399") == 0);
}

TEST_CASE("sandbox: what lives long ends where somebody makes a guarded name, which stays where it is",
          "[sandbox][lifetime]") {
  if (!errand::test::can_confine()) return;
  const Confined box;
  sandbox::Command command;
  command.argv = {"/bin/bash", "-c", "echo begun; sleep 60"};
  command.cwd = box.policy.workspace;
  command.lives_long = true;
  const auto person = [&](OutputStream, std::string_view) {
    errand::test::put(box.policy.workspace + "/.env", "KEY=1");
  };
  const auto finished =
      errand::test::shared_sandbox().run(command, box.policy, person, Call{}.within(std::chrono::seconds(120)));
  REQUIRE(finished);
  CHECK(finished->end == ProcessEnd::alarmed);
  CHECK(finished->note == "a protected name was made in the workspace while it ran, so it was ended");
  CHECK(read_file(box.policy.workspace + "/.env").value() == "KEY=1");
}

TEST_CASE("sandbox: a burst of processes dies with its sandbox", "[sandbox][lifetime]") {
  if (!test::can_confine()) return;
  const Confined f;
  const auto ran = f.run(
      "spawn() { for i in 1 2 3 4 5; do (setsid sleep 86396; :) & done; }; "
      "for j in $(seq 20); do spawn & done; echo spawned; sleep 100",
      Call{}.within(milliseconds(4000)));
  CHECK(ran.finished.end == ProcessEnd::timed_out);
  CHECK(ran.out == "spawned\n");
  CHECK(processes_with("86396") == 0);
}

TEST_CASE("sandbox: endless output is cut off", "[sandbox][lifetime]") {
  if (!test::can_confine()) return;
  const Confined f;
  sandbox::Command command;
  command.argv = {"/usr/bin/yes"};
  command.cwd = f.policy.workspace;
  command.max_output_bytes = 100'000;
  std::size_t bytes = 0;
  const auto finished = test::shared_sandbox().run(
      command, f.policy, [&](OutputStream, std::string_view piece) { bytes += piece.size(); }, {});
  REQUIRE(finished);
  CHECK(finished->end == ProcessEnd::output_limit);
  CHECK(bytes < 2'000'000);
}

TEST_CASE("sandbox: twenty commands at once do not disturb each other", "[sandbox][lifetime]") {
  if (!test::can_confine()) return;
  const Confined f;
  test::put(f.dir / "ws/.git/config", "");
  std::vector<std::string> outputs(20);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      threads.emplace_back([&f, &outputs, i] {
        const auto ran = f.try_run("echo " + std::to_string(i) + " | tee own-" + std::to_string(i) + "; exit 7");
        outputs[i] = ran ? ran->out + std::to_string(ran->finished.exit_code) : describe(ran.error());
      });
    }
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    CHECK(outputs[i] == std::to_string(i) + "\n7");
    CHECK(test::content_of(f.dir / "ws/own-" + std::to_string(i)) == std::to_string(i) + "\n");
  }
}
