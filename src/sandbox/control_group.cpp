#include "sandbox/control_group.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/id.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "base/try.hpp"

namespace errand::sandbox {

namespace {

constexpr std::string_view name_prefix = "errand-";
constexpr auto procs_file = "cgroup.procs";
// In version 1 a thread moves itself at once by its group's `tasks`; `cgroup.procs`, for whole processes, waits for a
// grace period of the kernel (some 14 ms, cgroup_attach_lock()). Who enters has one thread.
constexpr auto tasks_file = "tasks";
constexpr std::size_t most_bytes = 1U << 20U;
constexpr int removal_tries = 20;  // a millisecond apart

std::string text_of(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return {};
  return read_all(file.get(), most_bytes).value_or("");
}

// errno is set on failure.
bool write_text(const std::string& path, const std::string& text) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file.valid() && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

bool has_word(const std::string& text, std::string_view word) {
  const auto lines = text::lines(text);
  return std::ranges::any_of(lines, [&](const auto& line) {
    const auto words = text::split(line, ' ');
    return std::ranges::find(words, word) != words.end();
  });
}

// Where a hierarchy is mounted, and which part of it that shows.
struct Hierarchy {
  std::string mount_point;
  std::string root;
};

// By controller; "" is version 2 (proc(5), mountinfo).
std::map<std::string, Hierarchy> mounted_hierarchies() {
  std::map<std::string, Hierarchy> out;
  for (const auto& line : text::lines(text_of("/proc/self/mountinfo"))) {
    const auto separator = line.find(" - cgroup");
    if (separator == std::string::npos) continue;
    const auto fields = text::split(line, ' ');
    const auto kind = text::split(line.substr(separator + 3), ' ');
    constexpr std::size_t root = 3;
    constexpr std::size_t mount_point = 4;
    if (fields.size() <= mount_point || kind.size() < 3) continue;
    const Hierarchy hierarchy{fields[mount_point], fields[root]};
    if (kind[0] == "cgroup2") out.emplace("", hierarchy);
    for (const auto& option : text::split(kind[2], ',')) {
      if (kind[0] == "cgroup" && (option == "memory" || option == "pids")) out.emplace(option, hierarchy);
    }
  }
  return out;
}

// Our own group in each hierarchy, by controller as above (cgroups(7), /proc/self/cgroup).
std::map<std::string, std::string> own_groups() {
  std::map<std::string, std::string> out;
  for (const auto& line : text::lines(text_of("/proc/self/cgroup"))) {
    const auto first = line.find(':');
    const auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    for (const auto& controller : text::split(line.substr(first + 1, second - first - 1), ',')) {
      out.emplace(controller, line.substr(second + 1));
    }
  }
  return out;
}

// A container's mount shows a part of the hierarchy only; its own group is then the top of what can be seen.
std::string directory_of(const Hierarchy& hierarchy, const std::string& group) {
  auto below = group;
  if (hierarchy.root != "/") below = is_within(group, hierarchy.root) ? group.substr(hierarchy.root.size()) : "";
  const auto path = hierarchy.mount_point + (below == "/" ? "" : below);
  return is_directory(path) ? path : hierarchy.mount_point;
}

bool may_make_groups_in(const std::string& directory) {
  return ::access(directory.c_str(), W_OK | X_OK) == 0 && ::access(join_path(directory, procs_file).c_str(), W_OK) == 0;
}

bool offers_both(const std::string& controllers) {
  return has_word(controllers, "memory") && has_word(controllers, "pids");
}

// Version 2 hands controllers down only from groups without processes of their own, the topmost excepted.
bool hands_down_controllers(const std::string& directory) {
  const auto handed_down = join_path(directory, "cgroup.subtree_control");
  if (offers_both(text_of(handed_down))) return true;
  if (!offers_both(text_of(join_path(directory, "cgroup.controllers")))) return false;
  return write_text(handed_down, "+memory +pids");
}

void kill_all_in(const std::string& directory) {
  if (write_text(join_path(directory, "cgroup.kill"), "1")) return;
  for (const auto& line : text::lines(text_of(join_path(directory, procs_file)))) {
    const auto pid = std::atoi(line.c_str());
    if (pid > 0) ::kill(pid, SIGKILL);
  }
}

void remove_group(const std::string& directory) {
  for (int i = 0; i < removal_tries; ++i) {
    if (::rmdir(directory.c_str()) == 0 || errno == ENOENT) return;
    kill_all_in(directory);
    ::poll(nullptr, 0, 1);  // what was killed is gone when the kernel says so, and it tells nobody
  }
  log::debug("sandbox: the control group {} could not be removed; the next run does it", directory);
}

// Groups whose owner died: nobody holds their lock.
void sweep(const std::string& parent) {
  std::error_code unreadable;
  for (const auto& entry : std::filesystem::directory_iterator(parent, unreadable)) {
    if (!entry.path().filename().string().starts_with(name_prefix)) continue;
    const Fd directory(::open(entry.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory && ::flock(directory.get(), LOCK_EX | LOCK_NB) == 0) remove_group(entry.path());
  }
}

tl::unexpected<Error> refused(const std::string& path) {
  return fail_errno(ErrorKind::denied, fmt::format("no sandbox can be made: can't use the control group {}", path),
                    errno);
}

}  // namespace

ControlGroup::~ControlGroup() {
  for (const auto& directory : directories_) remove_group(directory.path);
}

std::vector<int> ControlGroup::doors() const {
  std::vector<int> out;
  for (const auto& directory : directories_) out.push_back(directory.door.get());
  return out;
}

int ControlGroup::birthplace() const {
  return directories_.size() == 1 && directories_.front().is_version_2 ? directories_.front().lock.get() : -1;
}

bool ControlGroup::ran_out_of_memory() const {
  return std::ranges::any_of(directories_, [](const Directory& directory) {
    for (const char* file : {"memory.events", "memory.oom_control"}) {
      for (const auto& line : text::lines(text_of(join_path(directory.path, file)))) {
        if (line.starts_with("oom_kill ") && line != "oom_kill 0") return true;
      }
    }
    return false;
  });
}

ControlGroups::ControlGroups() {
  if (find_version_2()) return;
  find_version_1();
}

bool ControlGroups::find_version_2() {
  const auto mounted = mounted_hierarchies();
  const auto own = own_groups();
  const auto hierarchy = mounted.find("");
  const auto group = own.find("");
  if (hierarchy == mounted.end() || group == own.end()) return false;
  auto directory = directory_of(hierarchy->second, group->second);
  // A process may move below the topmost group that is ours to write, no further.
  while (is_within(directory, hierarchy->second.mount_point) && may_make_groups_in(directory)) {
    if (hands_down_controllers(directory)) {
      memory_ = processes_ = directory;
      version_2_ = true;
      description_ = "version 2";
      return true;
    }
    directory = parent_path(directory);
  }
  return false;
}

void ControlGroups::find_version_1() {
  const auto mounted = mounted_hierarchies();
  const auto own = own_groups();
  const auto usable = [&](const std::string& controller) -> std::string {
    const auto hierarchy = mounted.find(controller);
    const auto group = own.find(controller);
    if (hierarchy == mounted.end() || group == own.end()) return {};
    auto directory = directory_of(hierarchy->second, group->second);
    return may_make_groups_in(directory) ? directory : std::string();
  };
  memory_ = usable("memory");
  processes_ = usable("pids");
  if (limits_memory() && limits_processes()) {
    description_ = "version 1";
  } else if (mounted.empty()) {
    description_ = "no control groups are mounted here";
  } else {
    description_ = "this user may not make control groups here";
  }
}

Result<void> ControlGroups::add(ControlGroup& group, const std::string& parent,
                                std::span<const Setting> settings) const {
  const auto* const door = version_2_ ? procs_file : tasks_file;
  // Another errand's sweep may take a group between its making and its locking.
  constexpr int tries = 3;
  for (int i = 1;; ++i) {
    ControlGroup::Directory made{
        join_path(parent, fmt::format("{}{}", name_prefix, random_hex(8))), {}, {}, version_2_};
    if (::mkdir(made.path.c_str(), 0755) != 0) return refused(made.path);
    made.lock = Fd(::open(made.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const bool locked = made.lock && ::flock(made.lock.get(), LOCK_EX | LOCK_NB) == 0;
    if (locked) made.door = Fd(::open(join_path(made.path, door).c_str(), O_WRONLY | O_CLOEXEC));
    if (!made.door && i < tries) continue;
    if (!made.door) return refused(made.path);
    group.directories_.push_back(std::move(made));
    break;
  }
  const auto& directory = group.directories_.back().path;
  for (const auto& [file, value, need] : settings) {
    const auto path = join_path(directory, file);
    if (need == Need::where_there && !path_exists(path)) continue;
    if (!write_text(path, value)) return refused(path);
  }
  return {};
}

Result<ControlGroup> ControlGroups::make(const GroupLimits& limits) const {
  if (!swept_.exchange(true)) {
    for (const auto* parent : {&memory_, &processes_}) {
      if (!parent->empty()) sweep(*parent);
    }
  }
  const auto bytes = limits.memory_bytes > 0 ? std::to_string(limits.memory_bytes) : "";
  const auto processes = limits.processes > 0 ? std::to_string(limits.processes) : "";
  ControlGroup out;
  if (version_2_) {
    // Swap accounting and groups that are killed as one are options of the kernel; the limit holds without.
    const auto settings = std::to_array<Setting>({{"memory.max", bytes.empty() ? "max" : bytes, Need::always},
                                                  {"memory.swap.max", "0", Need::where_there},
                                                  {"memory.oom.group", "1", Need::where_there},
                                                  {"pids.max", processes.empty() ? "max" : processes, Need::always}});
    ERRAND_TRY(add(out, memory_, settings));
    return out;
  }
  if (limits_memory() && !bytes.empty()) {
    const auto settings = std::to_array<Setting>(
        {{"memory.limit_in_bytes", bytes, Need::always}, {"memory.memsw.limit_in_bytes", bytes, Need::where_there}});
    ERRAND_TRY(add(out, memory_, settings));
  }
  if (limits_processes() && !processes.empty()) {
    const auto settings = std::to_array<Setting>({{"pids.max", processes, Need::always}});
    ERRAND_TRY(add(out, processes_, settings));
  }
  return out;
}

}  // namespace errand::sandbox
