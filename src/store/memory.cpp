#include "store/memory.hpp"

#include <algorithm>
#include <cerrno>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "store/as_storage.hpp"
#include "store/file_area.hpp"

namespace errand::store {

namespace {

// What of a project's path is shown in a file name; the hash tells those of one name apart.
constexpr std::size_t max_name_bytes = 40;
constexpr std::size_t hash_digits = 12;

// A person may have put a whole document there.
constexpr std::size_t max_read_bytes = std::size_t{1} << 20U;

// `<data>/<user>/memory/…`: nothing from the user's directory down may be a link, which could lead to another user's.
Result<bool> is_own_file(const std::string& path) {
  auto directory = parent_path(path);
  std::vector<std::string> below = {path, directory};
  while (file_name(directory) != "memory" && directory != "/" && directory != ".") {
    directory = parent_path(directory);
    below.push_back(directory);
  }
  below.push_back(parent_path(directory));
  for (auto at = below.rbegin(); at != below.rend(); ++at) {
    struct stat info {};
    if (::lstat(at->c_str(), &info) != 0) {
      if (errno == ENOENT) return false;
      return fail_errno(ErrorKind::storage, fmt::format("can't look at {}", *at), errno);
    }
    if (S_ISLNK(info.st_mode)) return fail(ErrorKind::storage, fmt::format("{} is a symbolic link", *at));
  }
  return true;
}

// Held from reading to writing, so that two processes' notes are both there afterwards.
Result<Fd> lock_directory(const std::string& path) {
  const auto directory = parent_path(path);
  ERRAND_TRY(is_own_file(path));
  ERRAND_TRY(as_storage(make_directories(parent_path(directory), 0700)));
  ERRAND_TRY(make_private_directory(directory));
  Fd lock(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock) return fail_errno(ErrorKind::storage, fmt::format("can't open {}", directory), errno);
  while (::flock(lock.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return fail_errno(ErrorKind::storage, fmt::format("can't lock {}", directory), errno);
  }
  return lock;
}

std::string as_line(std::string_view note) {
  auto line = unicode::sanitize(note);
  std::ranges::replace_if(
      line, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return std::string(text::trim(line));
}

std::string_view said_in(std::string_view line) {
  line = text::trim(line);
  if (line.starts_with("- ")) line.remove_prefix(2);
  return text::trim(line);
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines) out += line + "\n";
  return out;
}

// Which line a note means; `failure` when that is not clear.
Result<void> erase_note(std::vector<std::string>& lines, const std::string& note, const std::string& path) {
  const auto says_just_that = [&](const std::string& line) { return said_in(line) == said_in(note); };
  if (std::erase_if(lines, says_just_that) > 0) return {};
  const auto holds = [&](const std::string& line) { return line.find(note) != std::string::npos; };
  const auto count = std::ranges::count_if(lines, holds);
  if (count == 1) {
    std::erase_if(lines, holds);
    return {};
  }
  return fail(ErrorKind::failure,
              count == 0 ? fmt::format("no note in {} says \"{}\"", path, note)
                         : fmt::format("{} notes in {} hold \"{}\"", count, path, note),
              count == 0 ? "see \"errand memory show\"" : "write the whole note");
}

// "/home/ada/my tool" is known by "my_tool-<hash>".
std::string project_name(std::string_view project) {
  std::string name;
  for (const char c : file_name(project)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    name += plain ? c : '_';
    if (name.size() == max_name_bytes) break;
  }
  return fmt::format("{}-{}.md", name, sha256_hex(project).substr(0, hash_digits));
}

}  // namespace

Result<std::string> MemoryFile::read() const {
  ERRAND_TRY_ASSIGN(const bool there, is_own_file(path_));
  if (!there) return std::string();
  return as_storage(read_file(path_, max_read_bytes));
}

Result<void> MemoryFile::write(std::string_view text) const {
  ERRAND_TRY_ASSIGN(const auto lock, lock_directory(path_));
  return as_storage(write_file_atomic(path_, text, 0600));
}

Result<void> MemoryFile::add(std::string_view note) const {
  const auto line = as_line(note);
  if (line.empty()) return fail(ErrorKind::failure, "the note is empty");
  ERRAND_TRY_ASSIGN(const auto lock, lock_directory(path_));
  ERRAND_TRY_ASSIGN(auto text, read());
  const auto lines = text::lines(text);
  if (std::ranges::any_of(lines, [&](const auto& known) { return said_in(known) == said_in(line); })) return {};
  if (!text.empty() && text.back() != '\n') text += '\n';
  text += fmt::format("- {}\n", said_in(line));
  if (text.size() > max_memory_bytes) {
    return fail(ErrorKind::failure, fmt::format("{} would have more than {} bytes", path_, max_memory_bytes),
                "remove notes that no longer hold");
  }
  return as_storage(write_file_atomic(path_, text, 0600));
}

Result<void> MemoryFile::remove(std::string_view note) const {
  const auto line = as_line(note);
  if (line.empty()) return fail(ErrorKind::failure, "the note is empty");
  ERRAND_TRY_ASSIGN(const auto lock, lock_directory(path_));
  ERRAND_TRY_ASSIGN(const auto text, read());
  auto lines = text::lines(text);
  ERRAND_TRY(erase_note(lines, line, path_));
  return as_storage(write_file_atomic(path_, joined(lines), 0600));
}

Memories memories_of(const std::string& data_directory, std::string_view user, std::string_view project) {
  const auto directory = join_path(join_path(data_directory, user), "memory");
  return {MemoryFile(join_path(directory, "user.md")),
          MemoryFile(join_path(join_path(directory, "projects"), project_name(project)))};
}

}  // namespace errand::store
