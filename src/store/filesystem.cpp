#include "store/filesystem.hpp"

#include <algorithm>
#include <array>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/vfs.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace errand::store {

namespace {

struct Known {
  std::uint64_t type;  // linux/magic.h, and cifs' and smb3's own
  std::string_view name;
};
constexpr std::array<Known, 7> network_types = {{{0x6969, "NFS"},
                                                 {0x517B, "SMB"},
                                                 {0xFF534D42, "CIFS"},
                                                 {0xFE534D42, "SMB"},
                                                 {0x5346414F, "AFS"},
                                                 {0x73757245, "Coda"},
                                                 {0x564C, "NCP"}}};
constexpr std::uint64_t fuse_type = 0x65735546;
constexpr std::array<std::string_view, 7> network_fuse = {"sshfs",     "rclone", "s3fs",     "gcsfuse",
                                                          "glusterfs", "davfs",  "curlftpfs"};

constexpr std::size_t max_mountinfo_bytes = std::size_t{4} << 20U;

// A blank in a mount point is written as an octal number: proc(5).
std::string unescaped(std::string text) {
  text = text::replace_all(std::move(text), "\\040", " ");
  text = text::replace_all(std::move(text), "\\011", "\t");
  return text::replace_all(std::move(text), "\\134", "\\");
}

std::string mountinfo() {
  const Fd file(::open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC));
  if (!file) return {};
  return read_all(file.get(), max_mountinfo_bytes).value_or("");
}

}  // namespace

std::string_view network_filesystem(std::uint64_t statfs_type, std::string_view mounted_type) {
  const auto known = std::ranges::find(network_types, statfs_type, &Known::type);
  if (known != network_types.end()) return known->name;
  if (statfs_type != fuse_type || !mounted_type.starts_with("fuse.")) return {};
  const auto fuse = std::ranges::find(network_fuse, mounted_type.substr(5));
  return fuse == network_fuse.end() ? std::string_view() : *fuse;
}

std::string mounted_type_of(std::string_view mountinfo, std::string_view path) {
  constexpr std::size_t mount_point_field = 4;
  std::string out;
  std::size_t longest = 0;
  for (const auto& line : text::lines(mountinfo)) {
    const auto fields = text::split(line, ' ');
    const auto separator = std::ranges::find(fields, "-");
    if (fields.size() <= mount_point_field || fields.end() - separator < 2) continue;
    const auto point = unescaped(fields[mount_point_field]);
    if (!is_within(path, point) || point.size() < longest) continue;
    longest = point.size();  // a later one of the same place covers it
    out = *(separator + 1);
  }
  return out;
}

Result<void> check_filesystem(const std::string& directory) {
  struct statfs info {};
  if (::statfs(directory.c_str(), &info) != 0) return {};  // whoever opens it says why
  const auto type = static_cast<std::uint64_t>(static_cast<std::uint32_t>(info.f_type));
  std::string mounted;
  if (type == fuse_type) mounted = mounted_type_of(mountinfo(), real_path(directory).value_or(directory));
  const auto network = network_filesystem(type, mounted);
  if (network.empty()) return {};
  return fail(
      ErrorKind::storage,
      fmt::format("{} is on a network file system ({}), where locks do not hold between machines", directory, network),
      "keep sessions on a local disk: name a directory there with --data-dir or ERRAND_DATA_DIR");
}

}  // namespace errand::store
