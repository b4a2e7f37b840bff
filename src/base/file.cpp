#include "base/file.hpp"

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/try.hpp"

namespace errand {

namespace {

struct FreeDeleter {
  void operator()(char* pointer) const { std::free(pointer); }
};

// A rename is durable only once the directory that holds the name is.
void sync_directory(const std::string& path) {
  const Fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory) ::fsync(directory.get());
}

Result<void> fill_and_rename(int fd, const std::string& temporary, const std::string& path, std::string_view content,
                             mode_t mode) {
  if (auto written = write_all(fd, content); !written) {
    return fail(std::move(written).error().within(fmt::format("while writing {}", path)));
  }
  struct stat old {};
  const mode_t wanted = ::stat(path.c_str(), &old) == 0 ? old.st_mode & 0777U : mode;
  if (::fchmod(fd, wanted) != 0 || ::fsync(fd) != 0 || ::rename(temporary.c_str(), path.c_str()) != 0) {
    return fail_errno(ErrorKind::failure, fmt::format("can't write {}", path), errno);
  }
  sync_directory(parent_path(path));
  return {};
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file) return fail_errno(ErrorKind::failure, fmt::format("can't read {}", path), errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return fail_errno(ErrorKind::failure, fmt::format("can't read {}", path), errno);
  if (S_ISDIR(info.st_mode)) return fail(ErrorKind::failure, fmt::format("can't read {}: it is a directory", path));
  auto content = read_all(file.get(), max_bytes);
  if (!content) return fail(std::move(content).error().within(fmt::format("while reading {}", path)));
  return content;
}

Result<void> write_file_atomic(const std::string& path, std::string_view content, mode_t mode) {
  std::string temporary = path + ".XXXXXX";
  const Fd file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!file) return fail_errno(ErrorKind::failure, fmt::format("can't write {}", path), errno);
  auto done = fill_and_rename(file.get(), temporary, path, content, mode);
  if (!done) ::unlink(temporary.c_str());
  return done;
}

Result<void> make_directories(const std::string& path, mode_t mode) {
  if (is_directory(path)) return {};
  const auto parent = parent_path(path);
  if (parent != path) ERRAND_TRY(make_directories(parent, mode));
  if (::mkdir(path.c_str(), mode) != 0 && !(errno == EEXIST && is_directory(path))) {
    return fail_errno(ErrorKind::failure, fmt::format("can't make the directory {}", path), errno);
  }
  return {};
}

bool is_directory(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

bool is_regular_file(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

bool path_exists(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0;
}

std::string join_path(std::string_view base, std::string_view rest) {
  if (rest.starts_with('/') || base.empty()) return std::string(rest);
  if (rest.empty()) return std::string(base);
  return base.ends_with('/') ? fmt::format("{}{}", base, rest) : fmt::format("{}/{}", base, rest);
}

std::string parent_path(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return slash == 0 ? "/" : std::string(path.substr(0, slash));
}

std::string file_name(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const auto slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

std::string normalize_path(std::string_view path) {
  const bool absolute = path.starts_with('/');
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const auto slash = path.find('/');
    const auto part = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else if (!absolute) {
      parts.push_back(part);
    }
  }
  std::string out = absolute ? "/" : "";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += '/';
    out += parts[i];
  }
  return out.empty() ? "." : out;
}

bool is_within(std::string_view path, std::string_view directory) {
  if (directory == "/") return path.starts_with('/');
  if (!path.starts_with(directory)) return false;
  return path.size() == directory.size() || path[directory.size()] == '/';
}

Result<std::string> real_path(const std::string& path) {
  const std::unique_ptr<char, FreeDeleter> resolved(::realpath(path.c_str(), nullptr));
  if (!resolved) return fail_errno(ErrorKind::failure, fmt::format("can't find {}", path), errno);
  return std::string(resolved.get());
}

Result<std::string> current_directory() {
  const std::unique_ptr<char, FreeDeleter> directory(::getcwd(nullptr, 0));
  if (!directory) return fail_errno(ErrorKind::failure, "can't tell the working directory", errno);
  return std::string(directory.get());
}

}  // namespace errand
