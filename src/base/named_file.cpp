#include "base/named_file.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <optional>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/id.hpp"
#include "base/pause.hpp"
#include "base/record_reader.hpp"
#include "base/try.hpp"

namespace errand {

namespace {

constexpr int most_links = 40;  // as the kernel follows

// Nothing tells of a pipe's first reader.
constexpr std::chrono::milliseconds look_again{50};

std::optional<mode_t> mode_of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  return info.st_mode;
}

bool is_stream_mode(mode_t mode) {
  return S_ISFIFO(mode) || S_ISSOCK(mode) || S_ISCHR(mode);
}

tl::unexpected<Error> cant_write(const std::string& path, int code) {
  return fail_errno(ErrorKind::failure, fmt::format("can't write {}", path), code);
}

Result<std::string> read_stream(int fd, const Call& call, std::size_t max_bytes) {
  std::string out;
  std::array<char, 65536> buffer{};
  while (true) {
    ERRAND_TRY(wait_readable(fd, call));
    const auto got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return fail_errno(ErrorKind::failure, "can't read", errno);
    if (got == 0) return out;
    out.append(buffer.data(), static_cast<std::size_t>(got));
    if (out.size() > max_bytes) return fail(ErrorKind::limit, fmt::format("more than {} bytes", max_bytes));
  }
}

/// Where a write to `path` goes.
struct Destination {
  std::string path;         // no link, but for one of /proc
  bool is_replaced = true;  // by a new file; else it is written to
};

// A link below /proc stands for an open file, which has no other name; /dev/fd leads there.
bool is_open_file(const std::string& path) {
  return is_within(real_path(parent_path(path)).value_or(std::string()), "/proc");
}

Result<Destination> destination_of(const std::string& path) {
  Destination out{path};
  for (int i = 0; i < most_links; ++i) {
    if (is_open_file(out.path)) return Destination{out.path, false};
    std::array<char, PATH_MAX> target{};
    const auto size = ::readlink(out.path.c_str(), target.data(), target.size());
    if (size < 0) {
      const auto mode = mode_of(out.path);
      out.is_replaced = !mode || S_ISREG(*mode) || S_ISDIR(*mode);  // a directory is refused by who opens it
      return out;
    }
    out.path = join_path(parent_path(out.path), std::string_view(target.data(), static_cast<std::size_t>(size)));
  }
  return cant_write(path, ELOOP);
}

Result<Fd> open_stream(const std::string& path, const Call& call) {
  while (true) {
    Fd out(::open(path.c_str(), O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (out) return out;
    const int why = errno;
    const auto mode = mode_of(path);
    if (why != ENXIO || !mode || !S_ISFIFO(*mode)) return cant_write(path, why);
    ERRAND_TRY(pause_for(look_again, call));
  }
}

Result<void> write_stream(const std::string& path, std::string_view content, const Call& call) {
  ERRAND_TRY_ASSIGN(const auto out, open_stream(path, call));
  ::fcntl(out.get(), F_SETFL, O_APPEND);
  if (auto written = write_all(out.get(), content); !written) {
    return fail(std::move(written).error().within(fmt::format("while writing {}", path)));
  }
  return {};
}

std::string name_beside(const std::string& path) {
  return fmt::format("{}.{}", path, random_hex(6));
}

// The kernel takes from `mode` what the umask says, and gives what the directory's access list wants.
Fd create(const std::string& path, mode_t mode) {
  return Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
}

Result<void> fill_and_rename(int fd, const std::string& temporary, const std::string& path, std::string_view content) {
  if (auto written = write_all(fd, content); !written) {
    return fail(std::move(written).error().within(fmt::format("while writing {}", path)));
  }
  const auto old = mode_of(path);
  if (old && ::fchmod(fd, *old & 0777U) != 0) return cant_write(path, errno);
  if (::fsync(fd) != 0 || ::rename(temporary.c_str(), path.c_str()) != 0) return cant_write(path, errno);
  // A rename is durable only once the directory that holds the name is.
  const Fd directory(::open(parent_path(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory) ::fsync(directory.get());
  return {};
}

Result<void> replace(const std::string& path, std::string_view content, mode_t mode) {
  const auto temporary = name_beside(path);
  // What may be private stays so until it has the mode of what it replaces.
  const auto file = create(temporary, mode_of(path) ? 0600 : mode);
  if (!file) return cant_write(path, errno);
  auto done = fill_and_rename(file.get(), temporary, path, content);
  if (!done) ::unlink(temporary.c_str());
  return done;
}

}  // namespace

Result<std::string> read_named_file(const std::string& path, const Call& call, std::size_t max_bytes) {
  if (!is_stream(path)) return read_file(path, max_bytes);
  // Without O_NONBLOCK the open itself would wait for a writer, and nothing could end that.
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file) return fail_errno(ErrorKind::failure, fmt::format("can't read {}", path), errno);
  auto content = read_stream(file.get(), call, max_bytes);
  if (!content) return fail(std::move(content).error().within(fmt::format("while reading {}", path)));
  return content;
}

bool is_stream(const std::string& path) {
  const auto mode = mode_of(path);
  return mode && is_stream_mode(*mode);
}

Result<void> write_named_file(const std::string& path, std::string_view content, const Call& call, mode_t mode) {
  ERRAND_TRY_ASSIGN(const auto destination, destination_of(path));
  if (!destination.is_replaced) return write_stream(destination.path, content, call);
  return replace(destination.path, content, mode);
}

Result<void> check_named_file(const std::string& path) {
  ERRAND_TRY_ASSIGN(const auto destination, destination_of(path));
  if (is_directory(destination.path)) return cant_write(path, EISDIR);
  if (!destination.is_replaced) {
    if (::access(destination.path.c_str(), W_OK) != 0) return cant_write(path, errno);
    return {};
  }
  const auto trial = name_beside(destination.path);
  const auto file = create(trial, 0600);
  if (!file) return cant_write(path, errno);
  ::unlink(trial.c_str());
  return {};
}

}  // namespace errand
