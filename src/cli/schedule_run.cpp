#include "cli/schedule_run.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include <fmt/format.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "agent/task_group.hpp"
#include "base/exit_code.hpp"
#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/patient_process.hpp"
#include "base/sync.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "cli/output.hpp"
#include "cli/schedule_due.hpp"
#include "render/output.hpp"

namespace errand::cli {

namespace {

constexpr std::size_t max_at_once = 16;
constexpr std::size_t max_kept_output_bytes = std::size_t{4} << 20U;  // of each of a run's streams
constexpr std::size_t no_output_limit = std::size_t{1} << 40U;        // what is more is dropped, not killed
// For a run that is to stop: it keeps what was done, and prints what there is.
constexpr std::chrono::seconds patience_with_stopping{10};

// Whether looking would change anything: most minutes it does not, and then nothing is locked or written.
bool is_quiet(const std::vector<ScheduleEntry>& entries, Timestamp at) {
  return std::ranges::all_of(entries, [&](ScheduleEntry entry) {
    const auto before = entry.handled;
    const auto looked = look_at(entry, at);
    return !looked.start && !looked.problem && entry.handled == before;
  });
}

Result<void> keep_named(std::vector<ScheduleEntry>& entries, const std::vector<std::string>& names) {
  if (names.empty()) return {};
  std::vector<std::string> known;
  for (const auto& entry : entries) known.push_back(entry.name);
  for (const auto& name : names) {
    if (std::ranges::find(known, name) != known.end()) continue;
    return fail(ErrorKind::failure, fmt::format("there is no entry \"{}\"", name),
                text::suggest(name, known, "entries"));
  }
  std::erase_if(entries, [&](const auto& e) { return std::ranges::find(names, e.name) == names.end(); });
  return {};
}

std::vector<std::string> environment() {
  std::vector<std::string> out;
  const auto ours = fmt::format("{}=", trigger_variable);
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    if (!std::string_view(*at).starts_with(ours)) out.emplace_back(*at);
  }
  out.push_back(ours + std::string(trigger_of_schedule));
  return out;
}

struct Said {
  std::string out, err;
  bool cut = false;

  void add(OutputStream stream, std::string_view text) {
    auto& into = stream == OutputStream::standard_output ? out : err;
    const auto room = max_kept_output_bytes - std::min(max_kept_output_bytes, into.size());
    cut = cut || text.size() > room;
    into += text.substr(0, room);
  }
};

// Readable at once, and as often again as a living owner gives a sign.
Result<Fd> renewal_clock() {
  Fd out(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  itimerspec ticks{};
  ticks.it_value.tv_nsec = 1;
  ticks.it_interval.tv_sec = store::owner_renewal.count();
  if (!out || ::timerfd_settime(out.get(), 0, &ticks, nullptr) != 0) {
    return fail_errno(ErrorKind::failure, "can't make a timer", errno);
  }
  return out;
}

// One run of an entry, from its start to what becomes of it in the file.
class DueRun {
 public:
  DueRun(const ScheduleFile& file, const Place& place, const Invocation& invocation)
      : file_(file), place_(place), invocation_(invocation) {}

  // Its exit code.
  int go(const ScheduleEntry& entry, const Call& call) {
    Said said;
    const auto exit = start(entry, said, call);
    const int code = exit ? *exit : exit_code_of(exit.error().kind);
    tell(entry, said, exit);
    // Also when everything is to stop: what the run came to is known, and is the next look's business.
    if (auto kept = keep(entry, code); !kept) {
      print_error(
          std::move(kept).error().within(fmt::format("while keeping that {} ended with exit {}", entry.name, code)));
      return code == exit_success ? exit_code_of(ErrorKind::storage) : code;
    }
    return code;
  }

  // Once every run has ended: how writing their answers went.
  [[nodiscard]] const render::Output& answers() const { return answers_; }

 private:
  Result<int> start(const ScheduleEntry& entry, Said& said, const Call& call) const {
    ERRAND_TRY_ASSIGN(const auto self, real_path("/proc/self/exe"));
    ProcessSpec spec;
    spec.argv = {self, "run", "--data-dir=" + place_.data_directory, "--user=" + place_.user, "--no-input"};
    spec.argv.insert(spec.argv.end(), entry.arguments.begin(), entry.arguments.end());
    spec.env = environment();
    spec.directory = entry.directory;
    spec.max_output_bytes = no_output_limit;
    ERRAND_TRY_ASSIGN(const auto ticks, renewal_clock());
    spec.watched.push_back({ticks.get(), [&] { return renew(entry, ticks.get()); }});
    if (!is_directory(entry.directory)) {
      return fail(ErrorKind::failure, fmt::format("there is no directory {}", entry.directory));
    }
    const auto hear = [&](OutputStream stream, std::string_view text) { said.add(stream, text); };
    ERRAND_TRY_ASSIGN(const auto finished, run_patiently(spec, hear, call, patience_with_stopping));
    return finished.exit_code;
  }

  // An answer goes to stdout as it is; what was said beside it only where it explains a failure.
  void tell(const ScheduleEntry& entry, const Said& said, const Result<int>& exit) {
    const std::lock_guard lock(telling_);
    answers_.put(said.out);
    answers_.flush();
    if (said.cut) print_note(invocation_.globals, fmt::format("{}: what it said is cut", entry.name));
    if (exit && *exit == exit_success) return;
    for (const auto& line : text::lines(said.err)) {
      if (!write_all(STDERR_FILENO, fmt::format("{}: {}\n", entry.name, unicode::sanitize(line)))) return;
    }
    if (!exit) return print_error(Error(exit.error()).within(fmt::format("while starting {}", entry.name)));
    if (!write_all(STDERR_FILENO, fmt::format("{}: failed with exit {}\n", entry.name, *exit))) return;
  }

  Result<void> keep(const ScheduleEntry& entry, int code) const {
    return change(entry, [&](ScheduleEntry& kept) {
      kept.last->ended = now();
      kept.last->exit = code;
      kept.starter.reset();
    });
  }

  // For those who can't look this process up. A sign that can't be given is given with the next tick.
  Reaction renew(const ScheduleEntry& entry, int ticks) const {
    std::uint64_t count = 0;
    if (::read(ticks, &count, sizeof count) != sizeof count) return Reaction::go_on;
    const auto kept = change(entry, [](ScheduleEntry& found) { found.renewed = now(); });
    if (!kept) log::warn("schedule: no sign of life of {}: {}", entry.name, kept.error().message);
    return Reaction::go_on;
  }

  Result<void> change(const ScheduleEntry& entry, const std::function<void(ScheduleEntry&)>& change) const {
    return file_.change(
        [&](std::vector<ScheduleEntry>& entries) -> Result<void> {
          const auto found = std::ranges::find(entries, entry.name, &ScheduleEntry::name);
          const bool same = found != entries.end() && found->last && found->last->started == entry.last->started;
          if (same) change(*found);  // else it was removed meanwhile, or started again beside this one
          return {};
        },
        Call{});
  }

  const ScheduleFile& file_;
  const Place& place_;
  const Invocation& invocation_;
  std::mutex telling_;
  render::Output answers_{STDOUT_FILENO};
};

}  // namespace

Result<int> run_due(const ScheduleFile& file, const Place& place, const std::vector<std::string>& names,
                    const Invocation& invocation) {
  const Call call{invocation.signals.begin_run()};
  ERRAND_TRY_ASSIGN(auto wanted, file.read());
  ERRAND_TRY(keep_named(wanted, names));
  if (is_quiet(wanted, now())) return exit_success;
  std::vector<ScheduleEntry> started;
  bool failed = false;
  const auto mark = [&](std::vector<ScheduleEntry>& entries) -> Result<void> {
    const auto at = now();
    for (auto& entry : entries) {
      if (!names.empty() && std::ranges::find(names, entry.name) == names.end()) continue;
      const auto looked = look_at(entry, at);
      for (const auto& note : looked.notes) print_note(invocation.globals, note);
      if (looked.problem) print_error(*looked.problem);
      failed = failed || looked.problem.has_value();
      if (looked.start) started.push_back(entry);
    }
    return {};
  };
  ERRAND_TRY(file.change(mark, call));
  DueRun run(file, place, invocation);
  Sync<bool> run_failed(false);
  agent::run_together(started.size(), max_at_once, [&](std::size_t i) {
    if (run.go(started[i], call) != exit_success) run_failed.with([](bool& any) { any = true; });
  });
  if (const auto by = invocation.signals.cancelled()) return by->exit_code;
  if (run.answers().closed()) return exit_broken_pipe;
  if (run.answers().error()) return fail(*run.answers().error());
  failed = failed || run_failed.with([](bool any) { return any; });
  return failed ? exit_code_of(ErrorKind::failure) : exit_success;
}

}  // namespace errand::cli
