// Workspace's writing half: everything happens in the descriptor of the file's directory.
#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/id.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "sandbox/beneath.hpp"
#include "sandbox/workspace.hpp"

namespace errand::sandbox {

namespace {

enum class Target { is_new, exists };

// A new file beside the one to be replaced, removed again unless it took its place.
class Temporary {
 public:
  // A new file gets what the umask leaves of 0666; a replaced one's mode is set before any byte is written.
  Temporary(int directory, mode_t mode)
      : directory_(directory),
        name_(fmt::format(".errand-{}.tmp", random_hex(8))),
        fd_(::openat(directory, name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)) {}
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (fd_ && !renamed_) ::unlinkat(directory_, name_.c_str(), 0);
  }

  [[nodiscard]] bool valid() const { return fd_.valid(); }
  [[nodiscard]] int fd() const { return fd_.get(); }

  // Where the file system has no RENAME_NOREPLACE a plain rename must do. errno is set on failure.
  bool rename_to(const std::string& name, Target target) {
    if (target == Target::is_new) {
      renamed_ = ::renameat2(directory_, name_.c_str(), directory_, name.c_str(), RENAME_NOREPLACE) == 0;
      if (renamed_ || (errno != EINVAL && errno != ENOSYS)) return renamed_;
    }
    renamed_ = ::renameat(directory_, name_.c_str(), directory_, name.c_str()) == 0;
    return renamed_;
  }

 private:
  int directory_;
  std::string name_;
  Fd fd_;
  bool renamed_ = false;
};

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

// Mode and, where we may, owner of the file that is replaced.
bool take_over(int fd, const struct stat& old) {
  if (old.st_uid != ::geteuid() || old.st_gid != ::getegid()) {
    [[maybe_unused]] const int only_root_can = ::fchown(fd, old.st_uid, old.st_gid);
  }
  return ::fchmod(fd, old.st_mode & 0777U) == 0;
}

// A rename is durable only once the directory that holds the name is; one we may not read is left to the kernel.
void sync_directory(int directory) {
  const Fd readable(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (readable) ::fsync(readable.get());
}

}  // namespace

Result<void> Workspace::write_file(const Resolved& file, std::string_view content, const struct stat* expected,
                                   Leave leave) const {
  ERRAND_TRY(admit(file.path, Access::write, leave));
  if (file.place == Place::guarded) policy_.own_names->paths.with([&](auto& paths) { paths.insert(file.path); });
  if (file.path == "/") return cannot("write", file.path, EISDIR);
  ERRAND_TRY_ASSIGN(const auto directory, open_parent(file.path));
  const auto name = file_name(file.path);
  const auto changed = [&](std::string_view how) {
    return fail(ErrorKind::failure, fmt::format("\"{}\" {}; read it again", display(file.path), how));
  };

  struct stat old {};
  const bool exists = ::fstatat(directory.get(), name.c_str(), &old, AT_SYMLINK_NOFOLLOW) == 0;
  if (!exists && errno != ENOENT) return cannot("write", file.path, errno);
  if (exists && S_ISLNK(old.st_mode)) return cannot("write", file.path, ELOOP);
  if (exists && !S_ISREG(old.st_mode)) {
    return fail(ErrorKind::failure, fmt::format("\"{}\" exists and is not a regular file", display(file.path)));
  }
  if (expected != nullptr && !exists) return changed("was removed since it was read");
  if (expected != nullptr && !same_file(old, *expected)) return changed("changed on disk since it was read");
  if (exists && !file.exists) return changed("was made by another program meanwhile");

  Temporary temporary(directory.get(), exists ? 0600 : 0666);
  if (!temporary.valid()) return cannot("write", file.path, errno);
  if (exists && !take_over(temporary.fd(), old)) return cannot("write", file.path, errno);
  if (auto written = write_all(temporary.fd(), content); !written) {
    return fail(std::move(written).error().within(fmt::format("while writing \"{}\"", display(file.path))));
  }
  if (::fsync(temporary.fd()) != 0) return cannot("write", file.path, errno);
  if (!temporary.rename_to(name, exists ? Target::exists : Target::is_new)) {
    if (errno == EEXIST) return changed("was made by another program meanwhile");
    return cannot("write", file.path, errno);
  }
  sync_directory(directory.get());
  return {};
}

Result<void> Workspace::remove_file(const Resolved& file, const struct stat& expected, Leave leave) const {
  ERRAND_TRY(admit(file.path, Access::write, leave));
  ERRAND_TRY_ASSIGN(const auto directory, open_parent(file.path));
  const auto name = file_name(file.path);
  struct stat now {};
  if (::fstatat(directory.get(), name.c_str(), &now, AT_SYMLINK_NOFOLLOW) != 0) {
    return cannot("remove", file.path, errno);
  }
  if (!same_file(now, expected)) {
    return fail(ErrorKind::failure, fmt::format("\"{}\" changed on disk since it was read", display(file.path)));
  }
  if (::unlinkat(directory.get(), name.c_str(), 0) != 0) return cannot("remove", file.path, errno);
  sync_directory(directory.get());
  return {};
}

// Goes down from the root, making what is missing.
Result<Fd> Workspace::open_parent(const std::string& path) const {
  const auto parent = parent_path(path);
  const auto start = start_of(parent);
  constexpr int flags = O_PATH | O_DIRECTORY;
  auto directory = open_beneath(start.fd, start.relative, flags);
  if (!directory && errno == ENOENT) {
    directory = open_beneath(start.fd, "", flags);
    for (const auto& name : text::split(start.relative, '/')) {
      if (!directory) break;
      auto next = open_beneath(directory.get(), name, flags);
      if (!next && errno == ENOENT && (::mkdirat(directory.get(), name.c_str(), 0777) == 0 || errno == EEXIST)) {
        next = open_beneath(directory.get(), name, flags);
      }
      directory = std::move(next);
    }
  }
  if (!directory) return cannot("write", path, errno);
  if (const auto opened = path_of(directory.get()); !opened.empty() && opened != parent) {
    return cannot("write", path, ELOOP);
  }
  return directory;
}

}  // namespace errand::sandbox
