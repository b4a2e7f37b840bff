#include "sandbox/listing.hpp"

#include <memory>
#include <string_view>
#include <utility>

#include <dirent.h>
#include <fcntl.h>

namespace errand::sandbox {

namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

}  // namespace

Listing list(Fd directory, std::size_t most) {
  Listing out;
  const std::unique_ptr<DIR, CloseDirectory> listing(::fdopendir(directory.get()));
  if (!listing) return out;
  directory.release();
  while (const auto* entry = ::readdir(listing.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    out.whole = out.entries.size() < most;
    if (!out.whole) break;
    const bool is_directory = entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN;
    out.entries.push_back({std::string(name), is_directory ? EntryKind::directory : EntryKind::other});
  }
  return out;
}

Listing list(const std::string& path, std::size_t most) {
  return list(Fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), most);
}

}  // namespace errand::sandbox
