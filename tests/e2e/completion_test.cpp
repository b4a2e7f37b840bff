// Completion as bash does it, words taken apart at = and : and all. zsh and fish ask for the same candidates.
#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "support/e2e_program.hpp"
#include "support/e2e_world.hpp"

using namespace errand;
using namespace errand::test::e2e;

namespace {

// Completes the words of a line and prints what bash would offer, one on a line.
constexpr const char* completing = R"sh(
eval "$(errand completion bash)"
compopt() { :; }
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_errand
((${#COMPREPLY[@]})) && printf '%s\n' "${COMPREPLY[@]}"
exit 0
)sh";

std::string completed(const World& world, const std::vector<std::string>& words) {
  auto environment = world.environment();
  environment["PATH"] = parent_path(binary()) + ":/usr/bin:/bin";
  ProgramSpec spec;
  spec.argv = {"/bin/bash", "-c", completing, "bash"};
  spec.argv.insert(spec.argv.end(), words.begin(), words.end());
  spec.env = as_list(environment);
  spec.directory = world.workspace();
  Program bash(spec);
  CHECK(bash.wait() == Exit{});
  CHECK(bash.err().empty());
  return bash.out();
}

}  // namespace

TEST_CASE("completion: bash is offered what fits the word", "[completion]") {
  const World world;
  world.make_files({{"agents.yaml", "agents:\n  helper: { model: opus }\n  hector: { model: opus }\n"},
                    {"notes and more.txt", "x"},
                    {"drawer/a.txt", "x"}});
  CHECK(completed(world, {"errand", "sess"}) == "sessions\n");
  CHECK(completed(world, {"errand", "run", "-a", "he"}) == "helper\nhector\n");
  CHECK(completed(world, {"errand", "run", "--agent", "=", "hel"}) == "helper\n");
  CHECK(completed(world, {"errand", "run", "--agent", "="}).find("=") == std::string::npos);
  CHECK(completed(world, {"errand", "run", "--output-f"}) == "--output-format\n");
  CHECK(completed(world, {"errand", "run", "--output-format", "s"}) == "stream-json\n");
  CHECK(completed(world, {"errand", "run", "-f", "no"}) == "notes and more.txt\n");
  CHECK(completed(world, {"errand", "run", "--file", "=", "no"}) == "notes and more.txt\n");
  CHECK(completed(world, {"errand", "trust", "dr"}) == "drawer\n");
  CHECK(completed(world, {"errand", "run", "hello wor"}).empty());
}
