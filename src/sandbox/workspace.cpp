#include "sandbox/workspace.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "sandbox/beneath.hpp"
#include "sandbox/listing.hpp"
#include "sandbox/lookup.hpp"
#include "sandbox/place.hpp"

namespace errand::sandbox {

namespace {

constexpr std::size_t max_similar = 3;
constexpr std::size_t max_names_compared = 5000;  // a suggestion is not worth reading a huge directory

std::string_view kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a named pipe";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  return "a regular file";
}

std::vector<std::string> names_in(Fd directory) {
  std::vector<std::string> out;
  for (auto& entry : list(std::move(directory), max_names_compared).entries) out.push_back(std::move(entry.name));
  std::ranges::sort(out);
  return out;
}

}  // namespace

Workspace::Workspace(SandboxPolicy policy)
    : policy_(std::move(policy)), home_(home_directory()), top_(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) {
  auto paths = policy_.writable;
  paths.insert(paths.end(), policy_.readable.begin(), policy_.readable.end());
  std::ranges::sort(paths, std::ranges::greater{}, &std::string::size);
  for (auto& path : paths) {
    if (!path.starts_with('/')) continue;
    auto fd = open_beneath(top_.get(), path.substr(1), O_PATH | O_DIRECTORY);
    if (fd) roots_.push_back({std::move(path), std::move(fd)});
  }
}

Workspace::~Workspace() = default;

Result<Resolved> Workspace::resolve(std::string_view path, std::string_view cwd) const {
  ERRAND_TRY_ASSIGN(auto found, look_up(path, cwd, home_));
  const auto place = place_of(policy_, found.path);
  return Resolved{std::move(found.path), place, found.exists};
}

Result<OpenedFile> Workspace::open_file(const Resolved& file, Leave leave) const {
  ERRAND_TRY(admit(file.path, Access::read, leave));
  OpenedFile out;
  // Looked at before it is opened for reading: opening a device can already do something.
  for (const int flags : {O_PATH, O_RDONLY | O_NONBLOCK | O_NOCTTY}) {
    ERRAND_TRY_ASSIGN(out.fd, open_at(file.path, flags, leave));
    if (::fstat(out.fd.get(), &out.info) != 0) return cannot("read", file.path, errno);
    if (!S_ISREG(out.info.st_mode)) {
      return fail(ErrorKind::failure,
                  fmt::format("\"{}\" is {}, not a regular file", display(file.path), kind_of(out.info.st_mode)));
    }
  }
  return out;
}

Result<Fd> Workspace::open_directory(const Resolved& directory, Leave leave) const {
  ERRAND_TRY(admit(directory.path, Access::read, leave));
  const auto start = start_of(directory.path);
  auto fd = open_beneath(start.fd, start.relative, O_RDONLY | O_DIRECTORY);
  if (!fd && errno == ENOTDIR) {
    return fail(ErrorKind::failure, fmt::format("\"{}\" is not a directory", display(directory.path)));
  }
  if (!fd && errno == ENOENT) return missing(directory.path, "directory", leave);
  if (!fd) return cannot("list", directory.path, errno);
  if (const auto opened = path_of(fd.get()); !opened.empty() && opened != directory.path) {
    return cannot("list", directory.path, ELOOP);
  }
  return fd;
}

bool Workspace::visible(std::string_view absolute_path) const {
  return place_of(policy_, absolute_path) != Place::hidden;
}

std::string Workspace::display(std::string_view absolute_path) const {
  if (absolute_path == policy_.workspace) return ".";
  if (!policy_.workspace.empty() && policy_.workspace != "/" && is_within(absolute_path, policy_.workspace)) {
    absolute_path.remove_prefix(policy_.workspace.size() + 1);
  }
  return shown_path(absolute_path);
}

Workspace::Start Workspace::start_of(std::string_view path) const {
  for (const auto& root : roots_) {
    if (!is_within(path, root.path) || root.path == "/") continue;
    struct stat info {};
    if (::fstat(root.fd.get(), &info) != 0 || info.st_nlink == 0) continue;  // removed and perhaps made anew
    return {root.fd.get(), std::string(path.substr(std::min(path.size(), root.path.size() + 1)))};
  }
  return {top_.get(), std::string(path.substr(1))};
}

Result<void> Workspace::admit(std::string_view path, Access access, Leave leave) const {
  if (!path.starts_with('/') || normalize_path(path) != path || path.find('\0') != std::string_view::npos) {
    return fail(ErrorKind::internal, fmt::format("the path \"{}\" was not resolved", shown_path(path)));
  }
  const auto denied = [&](std::string_view why) {
    return fail(ErrorKind::denied, fmt::format("\"{}\" {}", display(path), why));
  };
  const auto place = place_of(policy_, path);
  if (place == Place::hidden) return denied("can't be used: it is the program's own data or configuration");
  if (leave == Leave::outside_too) return {};
  if (place == Place::outside) return denied("is outside the workspace, and the user has not allowed it");
  if (access == Access::read) return {};
  if (place == Place::readable) return denied("is read-only here, and the user has not allowed to change it");
  if (place == Place::guarded) {
    return denied(
        "is protected because it steers programs outside the sandbox, and the user has not allowed to change it");
  }
  return {};
}

Result<Fd> Workspace::open_at(const std::string& path, int flags, Leave leave) const {
  const auto start = start_of(path);
  auto fd = open_beneath(start.fd, start.relative, flags);
  if (!fd && errno == ENOENT) return missing(path, "file", leave);
  if (!fd) return cannot("read", path, errno);
  // A directory moved while its path was walked would be another file than the one decided upon.
  if (const auto opened = path_of(fd.get()); !opened.empty() && opened != path) return cannot("read", path, ELOOP);
  return fd;
}

// The sentence names what is there instead, when the directory may be seen.
tl::unexpected<Error> Workspace::missing(const std::string& path, std::string_view what, Leave leave) const {
  auto directory = parent_path(path);
  auto name = file_name(path);
  while (directory != "/" && !is_directory(directory)) {
    name = file_name(directory);
    directory = parent_path(directory);
  }
  std::vector<std::string> similar;
  const auto start = start_of(directory);
  if (admit(directory, Access::read, leave)) {
    auto names = names_in(open_beneath(start.fd, start.relative, O_RDONLY | O_DIRECTORY));
    std::erase_if(names, [&](const auto& other) { return !visible(join_path(directory, other)); });
    while (similar.size() < max_similar) {
      const auto near = text::nearest(name, names);
      if (!near) break;
      similar.push_back(display(join_path(directory, *near)));
      std::erase(names, *near);
    }
  }
  auto message =
      fmt::format("no {} \"{}\"{}", what, display(path), is_within(path, policy_.workspace) ? " in the workspace" : "");
  if (!similar.empty()) message += fmt::format("; similar: {}", fmt::join(similar, ", "));
  return fail(ErrorKind::failure, std::move(message));
}

tl::unexpected<Error> Workspace::cannot(std::string_view verb, const std::string& path, int error_number) const {
  if (error_number == ELOOP || error_number == EXDEV) {
    return fail(ErrorKind::denied,
                fmt::format("can't {} \"{}\": it was moved or became a symbolic link meanwhile", verb, display(path)));
  }
  return fail_errno(ErrorKind::failure, fmt::format("can't {} \"{}\"", verb, display(path)), error_number);
}

}  // namespace errand::sandbox
