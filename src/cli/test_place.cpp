#include "cli/test_place.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/time.hpp"
#include "base/try.hpp"
#include "config/load.hpp"
#include "config/trust.hpp"
#include "http/recording.hpp"
#include "version.hpp"

namespace errand::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_skill_files = 2'000;
// The run's own settings; all other variables are the user's business and could change what comes of a case.
constexpr std::array<std::string_view, 8> kept_variables = {"ASAN_OPTIONS", "LANG", "LC_ALL",       "LSAN_OPTIONS",
                                                            "PATH",         "TZ",   "TSAN_OPTIONS", "UBSAN_OPTIONS"};

Result<void> copy_if_there(const std::string& from, const std::string& to) {
  if (!is_regular_file(from)) return {};
  ERRAND_TRY_ASSIGN(const auto content, read_file(from));
  return put_file(to, content);
}

// Regular files alone: a link in a skill may lead anywhere.
Result<void> copy_skills(const std::string& from, const std::string& to) {
  std::error_code error;
  std::size_t files = 0;
  for (fs::recursive_directory_iterator at(from, error), end; !error && at != end; at.increment(error)) {
    if (at->symlink_status().type() != fs::file_type::regular) continue;
    if (++files > max_skill_files)
      return fail(ErrorKind::failure, fmt::format("{} holds more than {} files", from, max_skill_files));
    const auto name = at->path().string().substr(from.size() + 1);
    ERRAND_TRY(copy_if_there(at->path().string(), join_path(to, name)));
  }
  return {};
}

}  // namespace

Result<TestPlace> TestPlace::make(After after) {
  std::error_code error;
  auto pattern = (fs::temp_directory_path(error) / "errand-test-XXXXXX").string();
  if (error || ::mkdtemp(pattern.data()) == nullptr)
    return fail_errno(ErrorKind::failure, "can't make a temporary directory", error ? error.value() : errno);
  TestPlace place(pattern, after);
  ERRAND_TRY_ASSIGN(place.root_, real_path(pattern));
  return place;
}

TestPlace::TestPlace(TestPlace&& other) noexcept : root_(std::exchange(other.root_, {})), after_(other.after_) {}

TestPlace::~TestPlace() {
  if (root_.empty() || after_ == After::keep) return;
  std::error_code left_behind;  // in the system's temporary directory, which is emptied by others
  fs::remove_all(root_, left_behind);
}

TestSurrounding surrounding_of(const TestPlace& place, TestMode mode, const config::Sources& ours) {
  TestSurrounding out;
  const auto home = place.root() + "/home";
  if (mode != TestMode::replay) {
    out.env = ours.env;
  } else {
    for (const auto name : kept_variables) {
      if (const auto found = ours.env.find(name); found != ours.env.end()) out.env[std::string(name)] = found->second;
    }
    out.env["HOME"] = home;
    out.env["XDG_CONFIG_HOME"] = home + "/.config";
    out.env["XDG_DATA_HOME"] = home + "/.local/share";
  }
  out.env["XDG_STATE_HOME"] = home + "/.local/state";
  out.env["ERRAND_DATA_DIR"] = place.root() + "/data";
  out.env["ERRAND_USER"] = "tester";
  out.sources = ours;
  out.sources.cwd = place.workspace();
  out.sources.env = out.env;
  out.sources.state_dir = home + "/.local/state/errand";
  if (mode != TestMode::replay) return out;
  out.sources.home = home;
  out.sources.user_config_dir = home + "/.config/errand";
  return out;
}

Result<void> put_file(const std::string& path, std::string_view content) {
  ERRAND_TRY(make_directories(parent_path(path), 0700));
  return write_file_atomic(path, content);
}

Result<void> copy_settings(const config::Project& project, const TestPlace& place) {
  ERRAND_TRY(make_directories(place.root() + "/home", 0700));
  ERRAND_TRY(make_directories(place.workspace(), 0700));
  return copy_if_there(join_path(project.root, "config.yaml"), join_path(place.workspace(), "config.yaml"));
}

Result<void> copy_definitions(const config::Project& project, const TestPlace& place) {
  ERRAND_TRY(copy_settings(project, place));
  ERRAND_TRY(put_file(join_path(place.workspace(), "agents.yaml"), "agents: {}\n"));
  for (const auto* name : {"agents.yaml", "subagents.yaml"}) {
    ERRAND_TRY(copy_if_there(join_path(project.root, name), join_path(place.workspace(), name)));
  }
  const auto skills = join_path(project.root, "skills");
  if (is_directory(skills)) ERRAND_TRY(copy_skills(skills, join_path(place.workspace(), "skills")));
  return {};
}

Result<void> trust_copy(const config::Project& project, const TestSurrounding& around) {
  if (project.trust != config::Trust::trusted) return {};
  ERRAND_TRY(make_directories(around.sources.state_dir, 0700));
  auto copy = config::load(around.sources);
  if (!copy) return fail(combined(std::move(copy).error()));
  return config::trust_project(*copy);
}

std::string empty_recording_path(const TestPlace& place) {
  return place.root() + "/no-network.jsonl";
}

Result<std::string> empty_recording(const TestPlace& place) {
  auto path = empty_recording_path(place);
  http::Recording empty;
  empty.made_by = fmt::format("errand {}", version);
  empty.began = to_rfc3339(now());
  ERRAND_TRY(put_file(path, http::header_lines(empty)));
  return path;
}

}  // namespace errand::cli
