#include "cli/session_files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <optional>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "sandbox/beneath.hpp"

namespace errand::cli {

namespace {

using store::Upkeep;

constexpr int max_copies = 1000;
constexpr std::size_t max_files = 100'000;
constexpr std::int64_t max_bytes = std::int64_t{64} << 30U;
constexpr std::size_t copied_at_once = std::size_t{1} << 20U;
constexpr const char* unfinished = ".import.part";

bool is_inside(std::string_view name) {
  if (name.empty() || name.find('\0') != std::string_view::npos) return false;
  const auto parts = text::split(name, '/');
  return std::ranges::none_of(parts, [](const auto& part) { return part.empty() || part == "." || part == ".."; });
}

Fd open_directory(const std::string& path) {
  return Fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

// The file where it is what was said; an invalid one else.
Fd open_as_said(int root, const Upkeep::KeptFile& file) {
  if (!is_inside(file.name)) return {};
  auto out = sandbox::open_beneath(root, file.name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  struct stat info {};
  if (!out || ::fstat(out.get(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_size != file.bytes) return {};
  return out;
}

// The directory that a file of that name belongs into, made as far as it is missing.
Result<Fd> directory_for(int root, const std::string& name) {
  ERRAND_TRY_ASSIGN(auto at, duplicate(root));
  auto parts = text::split(name, '/');
  parts.pop_back();
  for (const auto& part : parts) {
    const std::string below(part);
    if (::mkdirat(at.get(), below.c_str(), 0700) != 0 && errno != EEXIST) {
      return fail_errno(ErrorKind::storage, fmt::format("can't make the directory {}", unicode::sanitize(name)), errno);
    }
    Fd next(::openat(at.get(), below.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next) {
      return fail_errno(ErrorKind::storage, fmt::format("can't open the directory of {}", unicode::sanitize(name)),
                        errno);
    }
    at = std::move(next);
  }
  return at;
}

Result<void> copy_bytes(int from, int to, std::int64_t bytes) {
  std::string buffer(copied_at_once, '\0');
  while (bytes > 0) {
    const auto wanted = std::min<std::int64_t>(bytes, static_cast<std::int64_t>(buffer.size()));
    const auto got = ::read(from, buffer.data(), static_cast<std::size_t>(wanted));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(ErrorKind::failure, "can't read it", errno);
    if (got == 0) return fail(ErrorKind::failure, "it became shorter");
    ERRAND_TRY(write_all(to, std::string_view(buffer).substr(0, static_cast<std::size_t>(got))));
    bytes -= got;
  }
  return {};
}

Result<void> copy_into(int directory, const std::string& name, int from, std::int64_t bytes) {
  ::unlinkat(directory, unfinished, 0);
  const Fd to(::openat(directory, unfinished, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!to) return fail_errno(ErrorKind::storage, "can't write it", errno);
  auto copied = copy_bytes(from, to.get(), bytes);
  if (copied && ::fsync(to.get()) != 0) copied = fail_errno(ErrorKind::storage, "can't write it", errno);
  if (copied && ::renameat2(directory, unfinished, directory, name.c_str(), RENAME_NOREPLACE) != 0 && errno != EEXIST) {
    copied = fail_errno(ErrorKind::storage, "can't write it", errno);
  }
  ::unlinkat(directory, unfinished, 0);
  if (copied) ::fsync(directory);
  return copied;
}

Result<void> bring(int from, int to, const Upkeep::KeptFile& file) {
  const auto source = open_as_said(from, file);
  if (!source) {
    return fail(ErrorKind::failure, fmt::format("{} is not the file that was archived", unicode::sanitize(file.name)));
  }
  ERRAND_TRY_ASSIGN(const auto directory, directory_for(to, file.name));
  const auto name = file_name(file.name);
  struct stat info {};
  if (::fstatat(directory.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) return {};
  auto copied = copy_into(directory.get(), name, source.get(), file.bytes);
  if (copied) return {};
  return fail(std::move(copied).error().within(fmt::format("while copying {}", unicode::sanitize(file.name))));
}

bool has_all(const std::string& directory, const std::vector<Upkeep::KeptFile>& files) {
  const auto root = open_directory(directory);
  return root && std::ranges::all_of(files, [&](const auto& file) { return open_as_said(root.get(), file).valid(); });
}

Result<void> check_size(const std::vector<Upkeep::KeptFile>& files) {
  std::int64_t left = max_bytes;
  for (const auto& file : files) {
    if (file.bytes < 0 || file.bytes > left || files.size() > max_files) {
      return fail(ErrorKind::failure,
                  fmt::format("its files have more than {} bytes, or are more than {}", max_bytes, max_files));
    }
    left -= file.bytes;
  }
  return {};
}

}  // namespace

std::string archived_files(const std::string& directory, const std::string& session,
                           const std::vector<Upkeep::KeptFile>& files) {
  if (!check_size(files)) return {};
  for (int copy = 1; copy <= max_copies; ++copy) {
    auto path = join_path(directory, copy == 1 ? session + ".files" : fmt::format("{}.{}.files", session, copy));
    if (has_all(path, files)) return path;
    // The first copy may be gone from an archive, and the second still be there.
    if (copy > 1 && !path_exists(path)) return {};
  }
  return {};
}

Result<void> bring_files(const std::string& from, const std::string& to, const std::vector<Upkeep::KeptFile>& files) {
  ERRAND_TRY(check_size(files));
  const auto source = open_directory(from);
  if (!source) return fail_errno(ErrorKind::failure, fmt::format("can't read {}", from), errno);
  const auto target = open_directory(to);
  if (!target) return fail_errno(ErrorKind::storage, fmt::format("can't open {}", to), errno);
  for (const auto& file : files) ERRAND_TRY(bring(source.get(), target.get(), file));
  return {};
}

}  // namespace errand::cli
