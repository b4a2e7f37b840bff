#include "sandbox/lookup.hpp"

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <vector>

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"

namespace errand::sandbox {

namespace {

constexpr int max_links = 40;  // as the kernel has it
constexpr std::size_t max_shown_columns = 300;

Result<std::string> absolute(std::string_view path, std::string_view cwd, std::string_view home) {
  if (path.empty()) return fail(ErrorKind::failure, "the path is empty");
  if (path.find('\0') != std::string_view::npos) return fail(ErrorKind::failure, "the path has a NUL byte in it");
  if (path.size() > PATH_MAX)
    return fail(ErrorKind::failure, fmt::format("the path is longer than {} bytes", PATH_MAX));
  if (path == "~" || path.starts_with("~/")) return fmt::format("{}/{}", home, path.substr(1));
  return join_path(cwd, path);
}

// One lookup: what was found so far, and the components still to come, the next one last.
class Lookup {
 public:
  explicit Lookup(std::string_view asked) : asked_(asked) {}

  Result<Found> walk(std::string_view path) {
    push(path);
    while (!todo_.empty()) {
      const auto name = std::move(todo_.back());
      todo_.pop_back();
      ERRAND_TRY(step(name));
    }
    return Found{found_.empty() ? "/" : found_, missing_ == 0};
  }

 private:
  void push(std::string_view path) {
    const auto parts = text::split(path, '/');
    for (auto i = parts.size(); i-- > 0;) {
      if (!parts[i].empty() && parts[i] != ".") todo_.push_back(parts[i]);
    }
  }

  void up() {
    if (missing_ > 0) --missing_;
    found_.resize(found_.empty() ? 0 : found_.rfind('/'));
  }

  Result<void> step(const std::string& name) {
    if (name == "..") {
      up();
      return {};
    }
    if (name.size() > NAME_MAX) return refuse(fmt::format("a name in it is longer than {} bytes", NAME_MAX));
    if (found_.size() + name.size() + 2 > PATH_MAX) return refuse(fmt::format("longer than {} bytes", PATH_MAX));
    const auto candidate = fmt::format("{}/{}", found_, name);
    if (missing_ > 0) return enter_missing(candidate);
    struct stat info {};
    if (::lstat(candidate.c_str(), &info) != 0) return errno == ENOENT ? enter_missing(candidate) : refuse_errno(errno);
    if (S_ISLNK(info.st_mode)) return follow(candidate);
    if (!S_ISDIR(info.st_mode) && !todo_.empty()) {
      return fail(ErrorKind::failure, fmt::format("\"{}\" is not a directory", shown_path(candidate)));
    }
    found_ = candidate;
    return {};
  }

  Result<void> enter_missing(const std::string& candidate) {
    found_ = candidate;
    ++missing_;
    return {};
  }

  Result<void> follow(const std::string& link) {
    if (++links_ > max_links) return refuse_errno(ELOOP);
    std::array<char, PATH_MAX> target{};
    const auto size = ::readlink(link.c_str(), target.data(), target.size());
    if (size < 0) return refuse_errno(errno);
    const std::string_view text(target.data(), static_cast<std::size_t>(size));
    if (text.starts_with('/')) found_.clear();
    push(text);
    return {};
  }

  [[nodiscard]] tl::unexpected<Error> refuse(std::string_view why) const {
    return fail(ErrorKind::failure, fmt::format("the path \"{}\" is refused: {}", shown_path(asked_), why));
  }

  [[nodiscard]] tl::unexpected<Error> refuse_errno(int number) const {
    return fail_errno(ErrorKind::failure, fmt::format("can't look up \"{}\"", shown_path(asked_)), number);
  }

  std::string_view asked_;
  std::string found_;  // "" is the root directory
  std::vector<std::string> todo_;
  int missing_ = 0;  // how many of the last components of found_ do not exist
  int links_ = 0;
};

}  // namespace

Result<Found> look_up(std::string_view path, std::string_view cwd, std::string_view home) {
  ERRAND_TRY_ASSIGN(const auto from_root, absolute(path, cwd, home));
  return Lookup(path).walk(from_root);
}

std::string home_directory() {
  const char* home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/') return normalize_path(home);
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> buffer{};
  if (::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return "/";
  return found->pw_dir[0] == '/' ? normalize_path(found->pw_dir) : "/";
}

std::string shown_path(std::string_view path) {
  return text::ellipsize(text::replace_all(unicode::sanitize(path), "\n", "⏎"), max_shown_columns);
}

}  // namespace errand::sandbox
