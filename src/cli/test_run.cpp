#include "cli/test_run.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "base/try.hpp"
#include "chat/codec.hpp"
#include "cli/setup.hpp"
#include "config/load.hpp"
#include "config/trust.hpp"
#include "http/recording.hpp"
#include "version.hpp"

namespace errand::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds grace_after_timeout{10};  // for the run to save and leave by itself
constexpr std::size_t max_skill_files = 2'000;
constexpr std::size_t max_events_bytes = std::size_t{128} << 20U;
// The run's own settings; all other variables are the user's business and could change what comes of a case.
constexpr std::array<std::string_view, 8> kept_variables = {"ASAN_OPTIONS", "LANG", "LC_ALL",       "LSAN_OPTIONS",
                                                            "PATH",         "TZ",   "TSAN_OPTIONS", "UBSAN_OPTIONS"};

// Where a program looks for its things when it is started for a case.
struct Surrounding {
  config::EnvMap env;
  config::Sources sources;
};

Surrounding surrounding_of(const TestPlace& place, TestMode mode, const config::Sources& ours) {
  Surrounding out;
  const auto home = place.root() + "/home";
  if (mode == TestMode::record) {
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
  if (mode == TestMode::record) return out;
  out.sources.home = home;
  out.sources.user_config_dir = home + "/.config/errand";
  return out;
}

Result<void> put_file(const std::string& path, std::string_view content) {
  ERRAND_TRY(make_directories(parent_path(path), 0700));
  return write_file_atomic(path, content);
}

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

// An agents.yaml also where the project has none: it marks the workspace as a project of its own, so that nothing above
// it is looked at.
Result<void> copy_definitions(const config::Project& project, const std::string& workspace) {
  ERRAND_TRY(make_directories(workspace, 0700));
  ERRAND_TRY(put_file(join_path(workspace, "agents.yaml"), "agents: {}\n"));
  for (const auto* name : {"agents.yaml", "subagents.yaml", "config.yaml"}) {
    ERRAND_TRY(copy_if_there(join_path(project.root, name), join_path(workspace, name)));
  }
  const auto skills = join_path(project.root, "skills");
  if (is_directory(skills)) ERRAND_TRY(copy_skills(skills, join_path(workspace, "skills")));
  return {};
}

// What the user trusts in the project holds in its copy too. It is trusted before the case's own files are there: a
// guarded value that these set makes it another project, in which such values are held back.
Result<void> trust_copy(const config::Project& project, const config::Sources& sources) {
  if (project.trust != config::Trust::trusted) return {};
  ERRAND_TRY(make_directories(sources.state_dir, 0700));
  auto copy = config::load(sources);
  if (!copy) return fail(combined(std::move(copy).error()));
  return config::trust_project(*copy);
}

// A recording without exchanges: whatever would go over the network fails.
Result<std::string> empty_recording(const TestPlace& place) {
  auto path = place.root() + "/no-network.jsonl";
  http::Recording empty;
  empty.made_by = fmt::format("errand {}", version);
  empty.began = to_rfc3339(now());
  ERRAND_TRY(put_file(path, http::header_lines(empty)));
  return path;
}

Result<std::vector<std::string>> argv_of(const config::TestCase& test, TestMode mode, const TestPlace& place) {
  ERRAND_TRY_ASSIGN(auto self, real_path("/proc/self/exe"));
  std::vector<std::string> out = {std::move(self), test.prompts.size() > 1 ? "chat" : "run",
                                  "--output-format=stream-json", "--no-input",
                                  fmt::format("--timeout={}ms", test.timeout.count())};
  if (test.prompts.size() > 1) out.emplace_back(R"(--delimiter=\0)");
  if (!test.agent.empty()) out.push_back("--agent=" + test.agent);
  if (!test.model.empty()) out.push_back("--model=" + test.model);
  if (!test.permission_mode.empty()) out.push_back("--permission-mode=" + test.permission_mode);
  if (test.max_turns) out.push_back(fmt::format("--max-turns={}", *test.max_turns));
  for (const auto& [name, value] : test.variables) out.push_back(fmt::format("--var={}={}", name, value));
  if (mode == TestMode::record) {
    out.push_back("--record=" + test.replay);
    return out;
  }
  auto recording = test.replay;
  if (recording.empty()) {
    ERRAND_TRY_ASSIGN(recording, empty_recording(place));
  }
  out.push_back("--replay=" + recording);
  if (test.strict) out.emplace_back("--replay-strict");
  return out;
}

std::string text_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::int64_t number_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

// Reads the events of a run from what it wrote.
class EventReader {
 public:
  void read(std::string_view line) {
    const auto event = chat::parse_json(line);
    if (!event || !event->is_object()) return;
    const auto type = text_at(*event, "type");
    if (type == "tool_use") out_.tools.push_back(text_at(*event, "name"));
    if (type == "warning") read_warning(*event);
    if (type == "done") read_done(*event);
  }

  TestOutcome finish() { return std::move(out_); }

 private:
  void read_warning(const Json& event) {
    const auto code = text_at(event, "code");
    if (code.starts_with("replay_") || code == "recording") out_.notes.push_back(text_at(event, "message"));
  }

  void read_done(const Json& event) {
    out_.answer = text_at(event, "result");
    out_.turns += number_at(event, "num_turns");
    const auto usage = event.find("usage");
    for (const auto* key : {"input", "output", "cache_read", "cache_write"}) {
      if (usage != event.end() && usage->is_object()) out_.tokens += number_at(*usage, key);
    }
    const auto cost = event.find("total_cost_usd");
    const bool known = cost != event.end() && cost->is_number();
    if (!known) unknown_cost_ = true;
    out_.cost_usd = unknown_cost_ ? std::nullopt : std::optional(out_.cost_usd.value_or(0) + cost->get<double>());
    const auto error = event.find("error");
    if (error != event.end() && error->is_object()) {
      out_.error = text_at(*error, "message");
      if (const auto hint = text_at(*error, "hint"); !hint.empty()) out_.error += "\nhint: " + hint;
    }
  }

  TestOutcome out_;
  bool unknown_cost_ = false;
};

Result<TestOutcome> run_program(const config::TestCase& test, std::vector<std::string> argv, const config::EnvMap& env,
                                const std::string& workspace, const Call& call) {
  ERRAND_TRY_ASSIGN(const auto prompts, memory_file(text::join(test.prompts, std::string_view("\0", 1))));
  ProcessSpec spec;
  spec.argv = std::move(argv);
  for (const auto& [name, value] : env) spec.env.push_back(fmt::format("{}={}", name, value));
  spec.directory = workspace;
  spec.max_output_bytes = max_events_bytes;
  if (!test.prompts.empty()) spec.stdin_fd = prompts.get();
  std::string out;
  std::string err;
  const auto runs = static_cast<std::chrono::milliseconds::rep>(std::max<std::size_t>(test.prompts.size(), 1));
  ERRAND_TRY_ASSIGN(const auto finished, run_process(
                                             spec,
                                             [&](OutputStream stream, std::string_view bytes) {
                                               (stream == OutputStream::standard_output ? out : err) += bytes;
                                             },
                                             call.within(runs * test.timeout + grace_after_timeout)));
  ERRAND_TRY(call.check());
  EventReader events;
  for (const auto& line : text::lines(out)) events.read(line);
  auto outcome = events.finish();
  outcome.exit = finished.exit_code;
  outcome.duration = finished.duration;
  outcome.workspace = workspace;
  if (finished.end == ProcessEnd::timed_out) outcome.error = "it did not end, and was killed";
  if (finished.end == ProcessEnd::output_limit)
    outcome.error = fmt::format("it wrote more than {} bytes, and was killed", max_events_bytes);
  if (outcome.error.empty() && outcome.exit != 0) outcome.error = text::trim(err);
  return outcome;
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

Result<TestOutcome> run_test(const config::TestCase& test, TestMode mode, const TestPlace& place,
                             const Invocation& invocation, const Call& call) {
  ERRAND_TRY_ASSIGN(auto ours, configuration_sources(invocation));
  const auto around = surrounding_of(place, mode, ours);
  ERRAND_TRY_ASSIGN(ours.cwd, real_path(parent_path(test.file)));
  auto config = config::load(ours);
  if (!config) return fail(combined(std::move(config).error()));
  ERRAND_TRY(make_directories(place.root() + "/home", 0700));
  ERRAND_TRY(copy_definitions(config->project, place.workspace()));
  ERRAND_TRY(trust_copy(config->project, around.sources));
  for (const auto& [name, content] : test.files) ERRAND_TRY(put_file(join_path(place.workspace(), name), content));
  ERRAND_TRY_ASSIGN(auto argv, argv_of(test, mode, place));
  return run_program(test, std::move(argv), around.env, place.workspace(), call);
}

}  // namespace errand::cli
