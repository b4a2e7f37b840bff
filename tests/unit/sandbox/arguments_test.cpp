#include "sandbox/arguments.hpp"

#include <catch2/catch.hpp>

#include "unit/sandbox/files.hpp"

using namespace errand;
using namespace errand::sandbox;

namespace {

Profile example() {
  Profile profile;
  profile.system.directories = {"/usr", "/etc/alternatives"};
  profile.system.links = {{"usr/bin", "/bin"}};
  profile.system.has_sysrq = true;
  profile.files = {{"/etc/passwd", 7}};
  profile.mounts = {{"/docs", MountKind::read_only, 8},          {"/w", MountKind::writable, 9},
                    {"/w/.git", MountKind::writable, 10},        {"/w/.git/hooks", MountKind::read_only, -1},
                    {"/w/data", MountKind::empty_directory, -1}, {"/w/data/files/s1", MountKind::read_only, 11},
                    {"/w/token", MountKind::unreadable_file, -1}};
  profile.environment = {{"PATH", "/usr/bin"}, {"WORDS", "two words"}};
  profile.home = "/home/u";
  profile.program = {"/.errand-inner", 12};
  profile.cwd = "/w";
  return profile;
}

// One option with its values a line.
std::string lines_of(const std::vector<std::string>& options) {
  std::string out;
  for (const auto& option : options) {
    if (!out.empty()) out += option.starts_with("--") ? "\n" : " ";
    out += option;
  }
  return out + "\n";
}

bool has(const std::vector<std::string>& options, const std::string& option) {
  return std::find(options.begin(), options.end(), option) != options.end();
}

}  // namespace

TEST_CASE("arguments: the whole list, in the order bubblewrap acts", "[sandbox][arguments]") {
  const std::string golden = ERRAND_SOURCE_DIR "/tests/golden/sandbox/options.txt";
  const auto actual = lines_of(bubblewrap_options(example()));
  if (std::getenv("UPDATE_GOLDEN") != nullptr) test::put(golden, actual);
  CHECK(actual == test::content_of(golden));
}

TEST_CASE("arguments: only the full network is shared with the host", "[sandbox][arguments]") {
  auto profile = example();
  for (const auto access : {NetworkAccess::none, NetworkAccess::allowlist}) {
    profile.network = access;
    CHECK(has(bubblewrap_options(profile), "--unshare-net"));
  }
  profile.network = NetworkAccess::full;
  CHECK_FALSE(has(bubblewrap_options(profile), "--unshare-net"));
}

TEST_CASE("arguments: a kernel without sysrq-trigger has nothing to cover", "[sandbox][arguments]") {
  auto profile = example();
  profile.system.has_sysrq = false;
  CHECK_FALSE(has(bubblewrap_options(profile), "/proc/sysrq-trigger"));
}

TEST_CASE("arguments: each option ends with a NUL, empty ones too", "[sandbox][arguments]") {
  CHECK(nul_separated({"--setenv", "A", ""}) == std::string("--setenv\0A\0\0", 12));
}
