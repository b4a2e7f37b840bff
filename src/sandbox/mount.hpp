#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sandbox/policy.hpp"

namespace errand::sandbox {

/// What a command finds at a path of the host.
enum class MountKind {
  read_only,
  writable,
  empty_directory,  ///< covered by an empty directory that can't be written
  unreadable_file,  ///< covered by a device that can't be opened
};

/// One path of the host as the sandbox shows it, at the same place.
struct Mount {
  std::string path;
  MountKind kind = MountKind::read_only;
  int source = -1;  ///< O_PATH descriptor of what was checked; -1: look `path` up again
  bool operator==(const Mount&) const = default;
};

/// A file of the sandbox's own, read from a descriptor.
struct File {
  std::string path;
  int source = -1;
  bool operator==(const File&) const = default;
};

struct Link {
  std::string target;
  std::string path;
  bool operator==(const Link&) const = default;
};

/// The host's programs and what they need of /etc: the same for every command.
struct SystemView {
  std::vector<std::string> directories;   ///< shown read-only
  std::vector<Link> links;                ///< /bin -> usr/bin …
  std::vector<std::string> copied_files;  ///< small files of /etc
  bool has_sysrq = false;                 ///< the kernel has /proc/sysrq-trigger
};

/// The second stage's program: where it is started from inside.
struct Program {
  std::string path;
  int copied_from = -1;  ///< a descriptor to copy to `path` first; -1: nothing has to be made
};

/// Everything bubblewrap is told about one command's surroundings.
struct Profile {
  SystemView system;
  std::vector<File> files;                                       ///< made in the sandbox
  std::vector<Mount> mounts;                                     ///< later ones on top of earlier ones
  std::vector<std::pair<std::string, std::string>> environment;  ///< complete
  NetworkAccess network = NetworkAccess::none;
  std::string home;  ///< private and empty
  Program program;   ///< the second stage
  std::string cwd;
};

}  // namespace errand::sandbox
