#include "sandbox/launch.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/try.hpp"
#include "sandbox/arguments.hpp"
#include "sandbox/environment.hpp"
#include "sandbox/gateway.hpp"
#include "sandbox/id_map.hpp"
#include "sandbox/new_names.hpp"
#include "sandbox/place.hpp"
#include "sandbox/seccomp.hpp"
#include "sandbox/setup_report.hpp"
#include "sandbox/system_view.hpp"

namespace errand::sandbox {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds teardown_limit{10'000};
constexpr std::size_t max_held_bytes = 4096;
constexpr std::size_t most_mounts = 800;  // each takes a descriptor, and bubblewrap at most 9,000 words

constexpr std::uint64_t max_file_size = std::uint64_t{2} << 30U;
constexpr std::uint64_t max_open_files = 4096;
constexpr std::uint64_t max_locked_memory = std::uint64_t{8} << 20U;
constexpr std::uint64_t max_message_queues = std::uint64_t{64} << 10U;
constexpr std::uint64_t cpu_grace = 5;  // seconds between SIGXCPU and SIGKILL

bool is_root() {
  return ::geteuid() == 0;
}

// Root may not write what belongs to others in a user namespace of one id: then the workspace's owner is who runs.
std::optional<Identity> identity_for(const SandboxPolicy& policy) {
  struct stat info {};
  if (!is_root() || policy.workspace.empty() || ::stat(policy.workspace.c_str(), &info) != 0) return std::nullopt;
  if (info.st_uid == 0) return std::nullopt;
  return Identity{info.st_uid, info.st_gid};
}

bool may_enter(const struct stat& directory, const Identity& who) {
  if (directory.st_uid == who.user) return (directory.st_mode & S_IXUSR) != 0;
  if (directory.st_gid == who.group) return (directory.st_mode & S_IXGRP) != 0;
  return (directory.st_mode & S_IXOTH) != 0;
}

// The topmost directory above `path` that `who` can't enter.
std::optional<std::string> first_closed(const Identity& who, const std::string& path) {
  std::optional<std::string> out;
  for (auto directory = parent_path(path);; directory = parent_path(directory)) {
    struct stat info {};
    if (::stat(directory.c_str(), &info) != 0 || !may_enter(info, who)) out = directory;
    if (directory == "/") return out;
  }
}

// Each process has these of its own. What the control groups bound is bounded here only where there are none.
std::vector<ResourceLimit> limits_of(const SandboxPolicy& policy, const ControlGroups& groups, bool as_root) {
  const auto fixed = [](int resource, std::uint64_t value) { return ResourceLimit{resource, value, value}; };
  std::vector<ResourceLimit> out = {fixed(RLIMIT_CORE, 0), fixed(RLIMIT_FSIZE, max_file_size),
                                    fixed(RLIMIT_NOFILE, max_open_files), fixed(RLIMIT_MEMLOCK, max_locked_memory),
                                    fixed(RLIMIT_MSGQUEUE, max_message_queues)};
  const auto cpu = std::chrono::ceil<std::chrono::seconds>(policy.cpu).count();
  if (cpu > 0) {
    const auto seconds = static_cast<std::uint64_t>(cpu);
    out.push_back({RLIMIT_CPU, seconds, seconds + cpu_grace});
  }
  // The kernel does not count root's processes.
  if (!as_root && policy.processes > 0) {
    out.push_back(fixed(RLIMIT_NPROC, static_cast<std::uint64_t>(policy.processes)));
  }
  // Private memory rather than address space, of which Java, Go and node reserve far more than they use.
  if (!groups.limits_memory() && policy.memory_bytes > 0) out.push_back(fixed(RLIMIT_DATA, policy.memory_bytes));
  return out;
}

// Keeps back what may be bubblewrap's own complaint until it is known whether the command ran.
class HeldOutput {
 public:
  explicit HeldOutput(const OnOutput& next) : next_(next) {}

  void operator()(OutputStream stream, std::string_view piece) {
    if (passed_ || (!held_.empty() && stream != stream_)) return pass(stream, piece);
    held_.append(piece);
    stream_ = stream;
    constexpr std::string_view mark = "bwrap: ";
    const auto common = std::min(mark.size(), held_.size());
    if (held_.size() > max_held_bytes || held_.compare(0, common, mark, 0, common) != 0) release();
  }

  void release() {
    if (!std::exchange(passed_, true) && !held_.empty()) pass(stream_, held_);
  }

  [[nodiscard]] const std::string& held() const { return held_; }

 private:
  void pass(OutputStream stream, std::string_view piece) const {
    if (next_) next_(stream, piece);
  }

  const OnOutput& next_;
  std::string held_;
  OutputStream stream_ = OutputStream::standard_error;
  bool passed_ = false;
};

// bubblewrap is gone when the command is; its process 1 and what else was inside are killed by the kernel at that
// moment. Waits until that has happened, so that nothing writes to the workspace any more.
void await_teardown(pid_t init) {
  const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, init, 0)));
  if (!process) return;
  pollfd waiting{process.get(), POLLIN, 0};
  if (::poll(&waiting, 1, static_cast<int>(teardown_limit.count())) == 0) {
    log::warn("sandbox: process {} of an ended sandbox is still there", init);
  }
}

std::string take_text(int fd) {
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  std::array<char, 4096> buffer{};
  const auto size = ::read(fd, buffer.data(), buffer.size());
  return {buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

// One sandbox, from what it is made of to its end.
class Launch {
 public:
  Launch(const Host& host, const Command& command, const SandboxPolicy& policy)
      : host_(host),
        command_(command),
        policy_(policy),
        identity_(identity_for(policy)),
        guarded_(find_guarded(policy, host.guards)),
        names_(policy, guarded_, host.watchers) {}

  Result<void> prepare(const std::string& bwrap, BindBy bind_by) {
    ERRAND_TRY_ASSIGN(setup_report_, make_pipe());
    ERRAND_TRY_ASSIGN(inner_report_, make_pipe());
    ERRAND_TRY_ASSIGN(group_, host_.groups.make({policy_.memory_bytes, policy_.processes}));
    if (policy_.network == NetworkAccess::allowlist) {
      ERRAND_TRY_ASSIGN(gateway_, Gateway::open(policy_.allowed_domains, command_.on_contact));
    }
    ERRAND_TRY_ASSIGN(const auto options, keep(make_options(bind_by)));
    ERRAND_TRY_ASSIGN(const auto orders, keep(make_orders()));
    write_spec(bwrap, options, orders);
    return {};
  }

  Result<Launched> run(const OnOutput& on_output, const Call& call) {
    HeldOutput held(on_output);
    const auto pass = [&](OutputStream stream, std::string_view bytes) { held(stream, bytes); };
    auto ran = run_process(spec_, pass, call);
    if (!ran && mapped_ && ran.error().kind == ErrorKind::failure) {
      Launched out;
      out.mapped = true;
      out.output = ran.error().message;
      return out;
    }
    ERRAND_TRY_ASSIGN(auto finished, std::move(ran));
    const auto setup = parse_setup_report(take_text(setup_report_.read_end.get()));
    if (setup.init) await_teardown(*setup.init);
    add_notes(finished);
    const bool ended_by_us = finished.end != ProcessEnd::exited && finished.end != ProcessEnd::signalled;
    Launched out{finished, parse_inner_report(take_text(inner_report_.read_end.get())), false, mapped_.has_value(),
                 held.held()};
    out.ended = ended_by_us || (setup.exit_code && out.inner.ready && out.inner.cannot_execute == 0);
    if (out.ended) held.release();
    if (out.ended && mapped_) host_.id_map.worked();
    return out;
  }

 private:
  // The descriptor stays open until the sandbox has run, and in what is started.
  Result<int> keep(Result<Fd> fd) {
    if (!fd) return fail(std::move(fd).error());
    kept_.push_back(*std::move(fd));
    return kept_.back().get();
  }

  Result<Fd> make_options(BindBy bind_by) {
    ERRAND_TRY_ASSIGN(auto plan, plan_mounts(policy_, guarded_));
    ERRAND_TRY_ASSIGN(auto own, open_own_files(host_.system, host_.home, policy_.network));
    for (auto& mount : plan.mounts) {
      if (bind_by == BindBy::path) mount.source = -1;
    }
    if (identity_) close_what_cant_be_reached(plan.mounts);
    if (is_roots() && bind_by == BindBy::descriptor) map_ids(plan.mounts);
    if (plan.mounts.size() > most_mounts) {
      return fail(
          ErrorKind::denied,
          fmt::format("the shell is refused: the workspace holds {} protected names, more than a sandbox can cover",
                      plan.mounts.size()),
          "remove what is not needed of .env files, .git directories and the like");
    }
    ERRAND_TRY_ASSIGN(auto program, find_program());
    program_ = program.path;
    const Profile profile{.system = host_.system,
                          .files = std::move(own.files),
                          .mounts = std::move(plan.mounts),
                          .environment = confined_environment(policy_, host_.home),
                          .network = policy_.network,
                          .home = host_.home,
                          .program = std::move(program),
                          .cwd = command_.cwd};
    std::ranges::move(plan.kept, std::back_inserter(kept_));
    std::ranges::move(own.kept, std::back_inserter(kept_));
    return memory_file(nul_separated(bubblewrap_options(profile)));
  }

  // Root's commands in root's own workspace, which are root's to the kernel too unless mounts can be id-mapped.
  [[nodiscard]] bool is_roots() const { return is_root() && !identity_; }

  void map_ids(std::vector<Mount>& mounts) {
    const auto mapping = host_.id_map.mapping();
    if (!mapping) return;
    auto mapped = MappedMounts::make(*mapping, mounts);
    if (!mapped) {
      log::debug("sandbox: {}", mapped.error().message);
      return host_.id_map.note(mapped.error().message);
    }
    mapped_ = *std::move(mapped);
    std::ranges::move(mapped_->take_sources(), std::back_inserter(kept_));
  }

  Result<Program> find_program() {
    ERRAND_TRY_ASSIGN(const auto image, host_.second_stage.image());
    const auto through = fmt::format("/proc/self/fd/{}", image.fd);
    if (!image.can_be_executed) {
      ERRAND_TRY_ASSIGN(const auto copied, keep(Fd(::open(through.c_str(), O_RDONLY | O_CLOEXEC))));
      return Program{"/.errand-inner", copied};
    }
    spec_.keep_fds.push_back(image.fd);
    return Program{through};
  }

  // What the user who runs commands can't reach is not shown. Where that is a guard, the directory that can't be
  // entered becomes read-only: its owner could open it again.
  void close_what_cant_be_reached(std::vector<Mount>& mounts) const {
    std::vector<Mount> out;
    for (auto& mount : mounts) {
      const auto closed = first_closed(*identity_, mount.path);
      if (!closed || mount.path == policy_.workspace) {
        out.push_back(std::move(mount));
      } else if (mount.kind != MountKind::writable && !root_of(policy_, *closed).empty()) {
        const auto same = [&](const Mount& other) { return other.path == *closed; };
        std::erase_if(out, same);
        out.push_back({*closed, MountKind::read_only, -1});
      }
    }
    mounts = std::move(out);
  }

  Result<Fd> make_orders() {
    ERRAND_TRY_ASSIGN(const auto filter, system_call_filter(is_roots() ? SetGroupId::refused : SetGroupId::allowed));
    InnerOrders orders;
    ERRAND_TRY_ASSIGN(orders.filter_fd, keep(memory_file(filter)));
    orders.report_fd = inner_report_.write_end.get();
    if (gateway_) orders.proxy_fd = gateway_->inner_end();
    orders.limits = limits_of(policy_, host_.groups, is_roots() && !mapped_);
    orders.writable = policy_.writable;
    for (const auto* path : {"/tmp", "/dev"}) orders.writable.emplace_back(path);
    orders.writable.push_back(host_.home);
    return memory_file(to_text(orders));
  }

  void write_spec(const std::string& bwrap, int options, int orders) {
    spec_.argv = {bwrap,
                  "--args",
                  std::to_string(options),
                  "--json-status-fd",
                  std::to_string(setup_report_.write_end.get()),
                  "--",
                  program_,
                  std::to_string(orders),
                  "--"};
    spec_.argv.insert(spec_.argv.end(), command_.argv.begin(), command_.argv.end());
    spec_.merge_stderr = command_.merge_stderr;
    spec_.max_output_bytes = command_.max_output_bytes;
    spec_.stdin_fd = command_.stdin_fd;
    spec_.identity = identity_;
    if (mapped_) {
      spec_.identity = nobody;
      spec_.in_child = [this] { return mapped_->attach(); };
    }
    spec_.groups = group_.doors();
    spec_.born_in = group_.birthplace();
    spec_.keep_fds.insert(spec_.keep_fds.end(), {setup_report_.write_end.get(), inner_report_.write_end.get()});
    for (const auto& fd : kept_) spec_.keep_fds.push_back(fd.get());
    if (gateway_) {
      spec_.keep_fds.push_back(gateway_->inner_end());
      spec_.watched.push_back({gateway_->outer_end(), [this] { return gateway_->serve(); }});
    }
    if (names_.fd() >= 0) {
      spec_.watched.push_back(
          {names_.fd(), [this] { return names_.was_made() ? Reaction::end_program : Reaction::go_on; }});
    }
  }

  void add_notes(Finished& finished) const {
    finished.note = note_on_names(finished.end);
    if (!finished.note.empty()) {
      finished.end = ProcessEnd::alarmed;
    } else if (finished.exit_code != 0 && group_.ran_out_of_memory()) {
      finished.note =
          fmt::format("a process was killed: the command used all of its memory, {} MiB", policy_.memory_bytes >> 20U);
    }
  }

  [[nodiscard]] std::string note_on_names(ProcessEnd end) const {
    if (!command_.lives_long) return names_.undo(find_guarded(policy_, host_.guards));
    const bool was_made = end == ProcessEnd::alarmed;
    return was_made ? "a protected name was made in the workspace while it ran, so it was ended" : "";
  }

  const Host& host_;
  const Command& command_;
  const SandboxPolicy& policy_;
  std::optional<Identity> identity_;
  std::vector<Guarded> guarded_;
  NewNames names_;
  std::optional<MappedMounts> mapped_;
  Pipe setup_report_;
  Pipe inner_report_;
  ControlGroup group_;
  std::unique_ptr<Gateway> gateway_;
  std::vector<Fd> kept_;
  std::string program_;  // the second stage's, inside
  ProcessSpec spec_;
};

}  // namespace

Result<Launched> launch(const std::string& bwrap, const Host& host, BindBy bind_by, const Command& command,
                        const SandboxPolicy& policy, const OnOutput& on_output, const Call& call) {
  Launch launch(host, command, policy);
  ERRAND_TRY(launch.prepare(bwrap, bind_by));
  return launch.run(on_output, call);
}

}  // namespace errand::sandbox
