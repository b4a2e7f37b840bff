#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sys/stat.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "e2e/scene.hpp"

using namespace errand;
using namespace errand::test::e2e;

// Files that the command line names, as a shell makes them: pipes, links, a file with the mode that umask leaves.

namespace {

// $1 is the program, $2 … what stands behind `script`. Everything is in the workspace.
Exit run_script(const Scene& scene, const std::string& script) {
  auto spec = scene.program({});
  const std::vector<std::string> wrapper = {"/bin/sh", "-c", script, "sh"};
  spec.argv.insert(spec.argv.begin(), wrapper.begin(), wrapper.end());
  Program run(spec);
  const auto exit = run.wait();
  UNSCOPED_INFO(run.out() << run.err());
  REQUIRE(exit);
  return *exit;
}

std::string content_of(const Scene& scene, const std::string& name) {
  return read_file(scene.world().path_of(name)).value_or("(none)");
}

unsigned mode_of(const Scene& scene, const std::string& name) {
  struct stat info {};
  return ::lstat(scene.world().path_of(name).c_str(), &info) == 0 ? info.st_mode & 0777U : 0;
}

constexpr const char* model = "turns:\n  - reply: [ { text: \"<{{user}}>\" } ]\n";

}  // namespace

TEST_CASE("files that the command line names may be pipes, and their writers are waited for", "[e2e][cases]") {
  const Scene scene;
  CHECK(run_script(
            scene,
            "mkfifo attached system appended config schema typed\n"
            "(printf 'from -f' >attached) & (printf 'the system prompt' >system) & (printf 'and more' >appended) &\n"
            "(printf 'models: { piped: { provider: anthropic, id: model-of-the-pipe } }' >config) &\n"
            "(printf '{\"type\":\"object\"}' >schema) & (printf 'typed with @' >typed) &\n"
            "\"$1\" run --dry-run --config config -m piped --system-prompt @system --append-system-prompt @appended "
            "--output-schema schema -f attached 'read @typed' >said 2>told") == Exit{0, 0});
  INFO(content_of(scene, "told"));
  const auto body = Json::parse(content_of(scene, "said")).at("body");
  const auto text = body.dump();
  CHECK(body.at("model") == "model-of-the-pipe");
  for (const auto* piece : {"from -f", "the system prompt", "and more", "typed with @"}) {
    CAPTURE(piece);
    CHECK(text.find(piece) != std::string::npos);
  }
}

TEST_CASE("a pipe that nobody writes to is waited for as long as --timeout says", "[e2e][cases]") {
  const Scene scene;
  CHECK(run_script(scene, "mkfifo silent; \"$1\" run -m anthropic/test-model --timeout 100ms -f silent hi") ==
        Exit{124, 0});
}

TEST_CASE("-o has the mode that umask leaves, follows links, and writes to pipes and devices", "[e2e][cases]") {
  const Scene scene;
  scene.world().make_files({{"echo.yaml", model}, {"deep/", ""}});
  CHECK(run_script(
            scene,
            "set -e; answer() { \"$errand\" run -m scripted/echo.yaml \"$@\"; }; errand=$1\n"
            "umask 027; answer -o new one; umask 000; answer -o open two\n"
            "printf old >kept; chmod 604 kept; answer -o kept three\n"
            "printf old >deep/target; chmod 600 deep/target; ln -s deep/target link; answer -o link four\n"
            "ln -s deep/made dangling; answer -o dangling five\n"
            "answer -o - six >stdout; (echo head; answer -o /dev/stdout seven) >appended; answer -o /dev/null eight\n"
            "mkfifo pipe; cat pipe >piped & answer -o pipe nine; wait $!\n"
            "! answer -o deep ten; ! answer -o nowhere/x eleven") == Exit{0, 0});
  CHECK(content_of(scene, "new") == "<one>\n");
  CHECK(mode_of(scene, "new") == 0640U);
  CHECK(mode_of(scene, "open") == 0666U);
  CHECK(content_of(scene, "kept") == "<three>\n");
  CHECK(mode_of(scene, "kept") == 0604U);
  CHECK(mode_of(scene, "link") == 0777U);  // still a link
  CHECK(content_of(scene, "deep/target") == "<four>\n");
  CHECK(mode_of(scene, "deep/target") == 0600U);
  CHECK(content_of(scene, "deep/made") == "<five>\n");
  CHECK(content_of(scene, "stdout") == "<six>\n");
  CHECK(content_of(scene, "appended") == "head\n<seven>\n");
  CHECK(content_of(scene, "piped") == "<nine>\n");
}
