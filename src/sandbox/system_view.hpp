#pragma once

#include <vector>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "sandbox/mount.hpp"

namespace errand::sandbox {

/// Looks at the host: which of the programs' directories are there, as directories or links, and which parts of /etc.
SystemView look_at_system();

/// Descriptors for the files every sandbox has of its own, and for the host's small files; to be kept until the
/// sandbox runs. `home` goes into the generated password file; with NetworkAccess::full the host's name resolution
/// is copied.
struct OwnFiles {
  std::vector<File> files;
  std::vector<Fd> kept;
};
Result<OwnFiles> open_own_files(const SystemView& system, const std::string& home, NetworkAccess network);

}  // namespace errand::sandbox
