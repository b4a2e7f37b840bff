#include "sandbox/id_map.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/try.hpp"
#include "sandbox/beneath.hpp"
#include "sandbox/lookup.hpp"

namespace errand::sandbox {

namespace {

// Covered in bubblewrap's mount namespace alone. Every system has it (Filesystem Hierarchy Standard 3.15), and nothing
// of it is shown inside by its path.
constexpr auto stage = "/mnt";

// Root becomes nobody and everybody else stays: what could not be mapped at all (nobody's own files) a command could
// not even remove from a directory of its own.
std::string map_to(std::uint32_t id) {
  constexpr std::uint32_t past_last = 4'294'967'295U;
  return fmt::format("0 {0} 1\n1 1 {1}\n{2} {2} {3}\n", id, id - 1, id + 1, past_last - (id + 1));
}

bool write_map(pid_t pid, const char* file, std::uint32_t id) {
  const auto path = fmt::format("/proc/{}/{}", pid, file);
  const Fd map(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return map && write_all(map.get(), map_to(id)).has_value();
}

// A namespace needs a process to be made by; it stays as long as a descriptor of it does.
Fd make_user_namespace() {
  const auto pid = static_cast<pid_t>(::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, 0));
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) ::pause();
  }
  if (pid < 0) return {};
  Fd space;
  if (write_map(pid, "uid_map", nobody.user) && write_map(pid, "gid_map", nobody.group)) {
    space = Fd(::open(fmt::format("/proc/{}/ns/user", pid).c_str(), O_RDONLY | O_CLOEXEC));
  }
  const int why = errno;
  ::kill(pid, SIGKILL);
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  errno = why;
  return space;
}

struct Inode {
  dev_t device = 0;
  ino_t number = 0;
  bool operator==(const Inode&) const = default;
};

std::optional<Inode> inode_of(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return std::nullopt;
  return Inode{info.st_dev, info.st_ino};
}

bool is_directory_fd(int fd) {
  struct stat info {};
  return ::fstat(fd, &info) == 0 && S_ISDIR(info.st_mode);
}

bool make_place(const std::string& place, bool is_directory) {
  if (is_directory) return ::mkdir(place.c_str(), 0755) == 0;
  return ::mknod(place.c_str(), S_IFREG | 0644, 0) == 0;
}

}  // namespace

Result<MappedMounts> MappedMounts::make(int mapping, std::vector<Mount>& mounts) {
  MappedMounts out;
  std::vector<int> sources;
  std::string top;
  for (const auto& mount : mounts) {  // parents come first
    if (mount.source >= 0 && (top.empty() || !is_within(mount.path, top))) {
      ERRAND_TRY(out.add_tree(mapping, mount));
      top = mount.path;
    }
    int source = mount.source;
    if (source >= 0) {
      ERRAND_TRY_ASSIGN(source, out.open_in_tree(top, mount));
    }
    sources.push_back(source);
  }
  for (std::size_t i = 0; i < mounts.size(); ++i) mounts[i].source = sources[i];
  return out;
}

Result<void> MappedMounts::add_tree(int mapping, const Mount& top) {
  constexpr unsigned whole = AT_EMPTY_PATH | AT_RECURSIVE;
  Tree tree;
  tree.mount = Fd(::open_tree(top.source, "", whole | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
  if (!tree.mount) return fail_errno(ErrorKind::denied, "this kernel can't copy a mount", errno);
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_IDMAP;
  attributes.userns_fd = static_cast<std::uint64_t>(mapping);
  if (::mount_setattr(tree.mount.get(), "", whole, &attributes, sizeof attributes) != 0) {
    return fail_errno(ErrorKind::denied, fmt::format("\"{}\" can't be id-mapped", shown_path(top.path)), errno);
  }
  tree.is_directory = is_directory_fd(top.source);
  tree.place = fmt::format("{}/{}", stage, trees_.size());
  trees_.push_back(std::move(tree));
  return {};
}

Result<int> MappedMounts::open_in_tree(const std::string& top, const Mount& mount) {
  const int tree = trees_.back().mount.get();
  Fd source;
  if (mount.path == top) {
    ERRAND_TRY_ASSIGN(source, duplicate(tree));
  } else {
    source = open_beneath(tree, mount.path.substr(top.size() + 1), O_PATH);
  }
  if (!source) {
    return fail_errno(ErrorKind::denied, fmt::format("can't look at \"{}\" again", shown_path(mount.path)), errno);
  }
  if (inode_of(source.get()) != inode_of(mount.source)) {
    return fail(ErrorKind::denied, fmt::format("\"{}\" is another file by now", shown_path(mount.path)));
  }
  sources_.push_back(std::move(source));
  return sources_.back().get();
}

bool MappedMounts::attach() const {
  if (::unshare(CLONE_NEWNS) != 0) return false;
  // What the host mounts and unmounts still arrives, what we do stays here.
  if (::mount(nullptr, "/", nullptr, MS_SLAVE | MS_REC, nullptr) != 0) return false;
  if (::mount("tmpfs", stage, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m") != 0) return false;
  const auto mask = ::umask(0);
  const bool attached = std::ranges::all_of(trees_, [](const Tree& tree) {
    return make_place(tree.place, tree.is_directory) &&
           ::move_mount(tree.mount.get(), "", AT_FDCWD, tree.place.c_str(), MOVE_MOUNT_F_EMPTY_PATH) == 0;
  });
  ::umask(mask);  // commands make files with it
  return attached;
}

std::optional<int> IdMap::mapping() {
  return state_.with([](State& state) -> std::optional<int> {
    if (state.given_up) return std::nullopt;
    if (!std::exchange(state.tried, true)) {
      state.space = is_directory(stage) ? make_user_namespace() : Fd();
      if (!state.space) state.refusal = "no user namespace can be made for it";
    }
    if (!state.space) return std::nullopt;
    return state.space.get();
  });
}

std::string IdMap::refusal() const {
  return state_.with([](const State& state) { return state.refusal; });
}

void IdMap::note(std::string why) {
  state_.with([&](State& state) { state.refusal = std::move(why); });
}

void IdMap::worked() {
  state_.with([](State& state) { state.proven = true; });
}

bool IdMap::give_up() {
  return state_.with([](State& state) {
    if (state.proven || state.given_up || !state.space) return false;
    state.given_up = true;
    state.refusal = "no sandbox can be made with id-mapped mounts here";
    return true;
  });
}

void IdMap::take_up() {
  state_.with([](State& state) {
    state.given_up = false;
    state.refusal.clear();
  });
}

}  // namespace errand::sandbox
