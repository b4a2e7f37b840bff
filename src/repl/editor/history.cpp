#include "repl/editor/history.hpp"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"

namespace errand::repl {

namespace {

std::string encoded(std::string_view line) {
  std::string out;
  for (const char c : line) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out + '\n';
}

std::string decoded(std::string_view written) {
  std::string out;
  for (std::size_t i = 0; i < written.size(); ++i) {
    const bool escaped = written[i] == '\\' && i + 1 < written.size();
    if (!escaped)
      out += written[i];
    else
      out += written[++i] == 'n' ? '\n' : written[i];
  }
  return out;
}

std::vector<std::string> newest(std::vector<std::string> lines) {
  if (lines.size() <= History::max_entries) return lines;
  return {lines.end() - static_cast<std::ptrdiff_t>(History::max_entries), lines.end()};
}

bool is_same_file(int fd, const std::string& path) {
  struct stat open {};
  struct stat there {};
  return ::fstat(fd, &open) == 0 && ::stat(path.c_str(), &there) == 0 && open.st_ino == there.st_ino &&
         open.st_dev == there.st_dev;
}

tl::unexpected<Error> cannot(const std::string& what, const std::string& path, int error) {
  return fail_errno(ErrorKind::storage, fmt::format("can't {} the history {}", what, path), error);
}

// The file with a lock on it that goes with the descriptor. Another process may have put a shorter one in its place
// meanwhile.
Result<Fd> open_locked(const std::string& path) {
  while (true) {
    Fd file(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return cannot("open", path, errno);
    while (::flock(file.get(), LOCK_EX) != 0) {
      if (errno != EINTR) return cannot("lock", path, errno);
    }
    if (is_same_file(file.get(), path)) return file;
  }
}

std::vector<std::string> lines_in(std::string_view content) {
  std::vector<std::string> out;
  for (const auto& line : text::lines(content)) {
    if (!line.empty()) out.push_back(unicode::to_valid_utf8(decoded(line)));
  }
  return out;
}

}  // namespace

Result<void> History::open(HistoryFile file) {
  file_ = std::move(file);
  if (!path_exists(file_.path)) return {};
  ERRAND_TRY_ASSIGN(const auto locked, open_locked(file_.path));
  ERRAND_TRY_ASSIGN(const auto content, read_all(locked.get(), max_file_bytes));
  auto all = lines_in(content);
  const bool is_long = all.size() >= 2 * max_entries;
  lines_ = newest(std::move(all));
  if (!is_long) return {};
  std::string shorter;
  for (const auto& line : lines_) shorter += encoded(line);
  return write_file_atomic(file_.path, shorter, 0600);
}

Result<void> History::add(const std::string& line) {
  auto kept = file_.clean ? file_.clean(line) : line;
  if (kept.size() > max_entry_bytes || (!lines_.empty() && lines_.back() == kept)) return {};
  lines_.push_back(std::move(kept));
  if (lines_.size() > 2 * max_entries) lines_ = newest(std::move(lines_));
  return file_.path.empty() ? Result<void>{} : append(lines_.back());
}

Result<void> History::append(const std::string& line) {
  ERRAND_TRY_ASSIGN(const auto locked, open_locked(file_.path));
  auto written = write_all(locked.get(), encoded(line));
  if (!written) return cannot("write", file_.path, errno);
  return {};
}

}  // namespace errand::repl
