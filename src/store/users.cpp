#include "store/users.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.hpp"
#include "store/open.hpp"

namespace errand::store {

namespace {

constexpr std::uint64_t bytes_of_block = 512;  // stat(2)

bool is_ours(const std::string& path, mode_t type) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && (info.st_mode & S_IFMT) == type &&
         (info.st_uid == ::geteuid() || ::geteuid() == 0);
}

std::uint64_t bytes_on_disk(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_blocks) * bytes_of_block : 0;
}

}  // namespace

Result<std::vector<std::string>> readable_users(const std::string& data_directory) {
  std::vector<std::string> out;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(data_directory, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    const auto name = entry->path().filename().string();
    const auto directory = join_path(data_directory, name);
    if (is_valid_user(name) && is_ours(directory, S_IFDIR) && is_ours(join_path(directory, "errand.db"), S_IFREG)) {
      out.push_back(name);
    }
  }
  if (failed && failed != std::errc::no_such_file_or_directory) {
    return fail(ErrorKind::storage, fmt::format("can't read {}: {}", data_directory, failed.message()));
  }
  std::ranges::sort(out);
  return out;
}

std::uint64_t bytes_of_user(const std::string& data_directory, const std::string& user) {
  const auto root = join_path(data_directory, user);
  auto bytes = bytes_on_disk(root);
  std::error_code failed;
  for (std::filesystem::recursive_directory_iterator
           entry(root, std::filesystem::directory_options::skip_permission_denied, failed),
       end;
       !failed && entry != end; entry.increment(failed)) {
    bytes += bytes_on_disk(entry->path().string());
  }
  return bytes;
}

}  // namespace errand::store
