#include "store/file_area.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/try.hpp"

namespace errand::store {

namespace {

tl::unexpected<Error> foreign(const std::string& path) {
  return fail(ErrorKind::storage, fmt::format("{} belongs to another user", path),
              "name a data directory of your own with --data-dir");
}

// A link could lead into another user's data, and what is behind it is not ours to look after.
tl::unexpected<Error> link_in_the_way(const std::string& path) {
  return fail(ErrorKind::storage, fmt::format("{} is a symbolic link", path),
              "a user's data is in the data directory itself; to keep all of it elsewhere, name that with --data-dir");
}

Result<void> narrow(const std::string& path, const struct stat& info, mode_t allowed) {
  // Root may look after anybody's store; nobody else takes what is not his.
  if (info.st_uid != ::geteuid() && ::geteuid() != 0) return foreign(path);
  if ((info.st_mode & 07777U & ~allowed) == 0) return {};
  if (::chmod(path.c_str(), info.st_mode & allowed) == 0) return {};
  return fail_errno(ErrorKind::storage, fmt::format("can't make {} private", path), errno);
}

std::string temporary_root() {
  const char* set = std::getenv("TMPDIR");
  return set != nullptr && *set == '/' ? set : "/tmp";
}

}  // namespace

Result<void> make_private_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail_errno(ErrorKind::storage, fmt::format("can't make the directory {}", path), errno);
  }
  struct stat info {};
  if (::lstat(path.c_str(), &info) == 0 && S_ISLNK(info.st_mode)) return link_in_the_way(path);
  if (::stat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
    return fail(ErrorKind::storage, fmt::format("{} is in the way: it is no directory", path),
                "move it aside and try again");
  }
  return narrow(path, info, 0700);
}

Result<void> narrow_file(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return {};
    return fail_errno(ErrorKind::storage, fmt::format("can't look at {}", path), errno);
  }
  if (S_ISLNK(info.st_mode)) return link_in_the_way(path);
  if (!S_ISREG(info.st_mode)) {
    return fail(ErrorKind::storage, fmt::format("{} is in the way: it is no file", path),
                "move it aside and try again");
  }
  return narrow(path, info, 0600);
}

FileArea FileArea::temporary() {
  FileArea out;
  out.removed_with_us_ = true;
  return out;
}

FileArea::FileArea(FileArea&& other) noexcept
    : root_(std::exchange(other.root_, {})), removed_with_us_(std::exchange(other.removed_with_us_, false)) {}

FileArea::~FileArea() {
  if (!removed_with_us_ || root_.empty()) return;
  std::error_code failed;
  std::filesystem::remove_all(root_, failed);
  if (failed) log::warn("store: can't remove {}: {}", root_, failed.message());
}

Result<std::string> FileArea::directory_of(std::string_view session) {
  if (root_.empty()) {
    auto pattern = join_path(temporary_root(), "errand-XXXXXX");
    if (::mkdtemp(pattern.data()) == nullptr) {
      return fail_errno(ErrorKind::storage, fmt::format("can't make a directory in {}", temporary_root()), errno);
    }
    root_ = std::move(pattern);
  }
  ERRAND_TRY(make_private_directory(root_));
  auto path = join_path(root_, session);
  ERRAND_TRY(make_private_directory(path));
  return path;
}

std::string FileArea::existing_directory_of(std::string_view session) const {
  if (root_.empty()) return {};
  auto path = join_path(root_, session);
  return is_directory(path) ? path : std::string();
}

Result<void> FileArea::remove(std::string_view session) const {
  const auto path = existing_directory_of(session);
  if (path.empty()) return {};
  std::error_code failed;
  std::filesystem::remove_all(path, failed);
  if (failed) return fail(ErrorKind::storage, fmt::format("can't remove {}: {}", path, failed.message()));
  return {};
}

Result<void> FileArea::move(std::string_view session, const std::string& target) const {
  const auto path = existing_directory_of(session);
  if (path.empty()) return {};
  if (::renameat2(AT_FDCWD, path.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) == 0) return {};
  return fail_errno(ErrorKind::storage, fmt::format("can't move {} to {}", path, target), errno);
}

}  // namespace errand::store
