#include "sandbox/arguments.hpp"

namespace errand::sandbox {

namespace {

// Temporary space lives in memory; these bound it until a memory limit does.
constexpr auto tmp_bytes = "1073741824";
constexpr auto home_bytes = "268435456";
constexpr auto shared_memory_bytes = "67108864";
constexpr auto cover_bytes = "65536";

class Options {
 public:
  template <class... Words>
  void add(const Words&... words) {
    (out_.emplace_back(words), ...);
  }

  std::vector<std::string> take() { return std::move(out_); }

 private:
  std::vector<std::string> out_;
};

// As uid 1000 a command has no capability, also when we are root; files of ours stay ours to it.
void add_namespaces(Options& options, const Profile& profile) {
  options.add("--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try");
  // With an allow-list too: what is allowed goes through a proxy, see inner.hpp.
  if (profile.network != NetworkAccess::full) options.add("--unshare-net");
  options.add("--uid", "1000", "--gid", "1000", "--hostname", "sandbox");
  // The second stage gives up the bounding set with it, then this one too.
  options.add("--cap-add", "CAP_SETPCAP");
  options.add("--die-with-parent", "--new-session", "--clearenv");
  for (const auto& [name, value] : profile.environment) options.add("--setenv", name, value);
}

void add_system(Options& options, const Profile& profile) {
  options.add("--perms", "0755", "--dir", "/etc");
  for (const auto& directory : profile.system.directories) options.add("--ro-bind", directory, directory);
  for (const auto& link : profile.system.links) options.add("--symlink", link.target, link.path);
  for (const auto& file : profile.files) {
    options.add("--perms", "0644", "--file", std::to_string(file.source), file.path);
  }
  // For root, kernel settings stay writable through a new /proc.
  options.add("--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys");
  if (profile.system.has_sysrq) options.add("--ro-bind", "/dev/null", "/proc/sysrq-trigger");
  options.add("--dev", "/dev", "--perms", "1777", "--size", shared_memory_bytes, "--tmpfs", "/dev/shm");
  options.add("--remount-ro", "/dev");
  options.add("--perms", "1777", "--size", tmp_bytes, "--tmpfs", "/tmp", "--dir", "/var");
  options.add("--symlink", "../tmp", "/var/tmp");
  options.add("--perms", "0700", "--size", home_bytes, "--tmpfs", profile.home);
}

void add_program(Options& options, const Program& program) {
  if (program.copied_from < 0) return;
  options.add("--perms", "0755", "--file", std::to_string(program.copied_from), program.path);
}

void add_bind(Options& options, const Mount& mount, std::string option) {
  if (mount.source < 0) return options.add(option, mount.path, mount.path);
  options.add(option + "-fd", std::to_string(mount.source), mount.path);
}

void add_mount(Options& options, const Mount& mount) {
  switch (mount.kind) {
    case MountKind::read_only:
      return add_bind(options, mount, "--ro-bind");
    case MountKind::writable:
      return add_bind(options, mount, "--bind");
    case MountKind::empty_directory:
      return options.add("--perms", "0755", "--size", cover_bytes, "--tmpfs", mount.path);
    case MountKind::unreadable_file:
      return options.add("--ro-bind", "/dev/null", mount.path);
  }
}

}  // namespace

std::vector<std::string> bubblewrap_options(const Profile& profile) {
  Options options;
  add_namespaces(options, profile);
  add_system(options, profile);
  add_program(options, profile.program);
  for (const auto& mount : profile.mounts) add_mount(options, mount);
  // Only now: mount points had to be made in them.
  for (const auto& mount : profile.mounts) {
    if (mount.kind == MountKind::empty_directory) options.add("--remount-ro", mount.path);
  }
  options.add("--remount-ro", "/", "--chdir", profile.cwd);
  return options.take();
}

std::string nul_separated(const std::vector<std::string>& options) {
  std::string out;
  for (const auto& option : options) out.append(option).push_back('\0');
  return out;
}

}  // namespace errand::sandbox
