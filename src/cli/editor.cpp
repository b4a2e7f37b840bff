#include "cli/editor.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/try.hpp"
#include "cli/prompt_input.hpp"

namespace errand::cli {

namespace {

std::string chosen_editor() {
  for (const auto* name : {"VISUAL", "EDITOR"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return "vi";
}

// A child that hears all signals, whichever are blocked here.
class Attributes {
 public:
  Attributes() {
    sigset_t none;
    sigset_t normal;
    sigemptyset(&none);
    sigemptyset(&normal);
    for (const int ignored_here : {SIGPIPE, SIGXFSZ}) sigaddset(&normal, ignored_here);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &normal);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

// False: the terminal was closed first.
bool ends_before_terminal(const Fd& child) {
  std::array<pollfd, 2> waits = {pollfd{child.get(), POLLIN, 0}, pollfd{STDIN_FILENO, 0, 0}};
  while (::poll(waits.data(), waits.size(), -1) < 0 || (waits[0].revents | waits[1].revents) == 0) {
    if (errno != EINTR) return true;  // waitpid() says what is wrong
  }
  return waits[0].revents != 0;
}

// A program that does not look at its terminal need not notice that it was closed: it hears of it from the kernel when
// the leader of the session ends, which may be us.
Result<int> wait_for(pid_t child) {
  const Fd ended(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  if (ended && !ends_before_terminal(ended)) return fail(ErrorKind::failure, "the terminal was closed");
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return fail_errno(ErrorKind::failure, "can't wait for the editor", errno);
  }
  return status;
}

// Of a shell: the program can't be run (126) or is not there (127).
constexpr int status_of_no_program = 126;

// Through a shell, as git does it: what it is called may hold options too. A program that ran and says that nothing
// came of it (vi's :cq) is `cancelled`.
Result<void> run_on_file(const std::string& program, const std::string& path) {
  auto script = program + " \"$@\"";
  auto name = program;
  auto file = path;
  std::array<char, 3> shell = {"sh"};
  std::array<char, 3> option = {"-c"};
  const std::array<char*, 6> argv = {shell.data(), option.data(), script.data(), name.data(), file.data(), nullptr};
  pid_t child = 0;
  const Attributes attributes;
  if (const int failed = ::posix_spawn(&child, "/bin/sh", nullptr, attributes.get(), argv.data(), environ);
      failed != 0) {
    return fail_errno(ErrorKind::failure, fmt::format("can't start \"{}\"", program), failed);
  }
  const auto status = wait_for(child);
  if (!status) return fail(status.error());
  if (WIFEXITED(*status) && WEXITSTATUS(*status) == 0) return {};
  if (WIFEXITED(*status) && WEXITSTATUS(*status) < status_of_no_program)
    return fail(ErrorKind::cancelled, fmt::format("exit status {}", WEXITSTATUS(*status)));
  return fail(ErrorKind::failure, fmt::format("\"{}\" failed", program));
}

// A file that is gone when this goes.
class PassingFile {
 public:
  static Result<PassingFile> make(std::string_view ending, std::string_view text) {
    const char* directory = std::getenv("TMPDIR");
    PassingFile out(
        fmt::format("{}/errand-XXXXXX{}", directory == nullptr || *directory == '\0' ? "/tmp" : directory, ending));
    const Fd file(::mkostemps(out.path_.data(), static_cast<int>(ending.size()), O_CLOEXEC));
    if (!file) {
      const auto failed = errno;
      return fail_errno(ErrorKind::failure, fmt::format("can't make the file {}", std::exchange(out.path_, {})),
                        failed);
    }
    ERRAND_TRY(write_all(file.get(), text));
    return out;
  }
  PassingFile(PassingFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  PassingFile& operator=(PassingFile&&) = delete;
  ~PassingFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit PassingFile(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

bool has_terminal() {
  return ::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0;
}

// As man and git do it.
std::string chosen_pager() {
  const char* value = std::getenv("PAGER");
  return value != nullptr && *value != '\0' ? value : "$(command -v less || echo more)";
}

}  // namespace

Result<void> edit_file(const std::string& path) {
  if (!has_terminal()) {
    return fail(ErrorKind::usage, "an editor needs a terminal", fmt::format("the file is {}", path));
  }
  const auto editor = chosen_editor();
  const auto edited = run_on_file(editor, path);
  if (edited) return {};
  if (edited.error().kind == ErrorKind::cancelled) {
    return fail(ErrorKind::failure, fmt::format("the editor \"{}\" ended with {}", editor, edited.error().message));
  }
  return fail(ErrorKind::failure, fmt::format("the editor \"{}\" failed", editor), "set VISUAL or EDITOR");
}

Result<std::string> edit_text(const std::string& text) {
  // A file of text ends with a line end: what an editor appends stands on a line of its own.
  const bool lacks_end = !text.empty() && !text.ends_with('\n');
  ERRAND_TRY_ASSIGN(const auto file, PassingFile::make(".md", lacks_end ? text + "\n" : text));
  auto edited = edit_file(file.path());
  if (!edited && edited.error().hint.empty()) edited.error().hint = "the text stays as it was";
  ERRAND_TRY(std::move(edited));
  return read_file(file.path(), max_input_bytes);
}

Result<void> page_text(const std::string& text) {
  if (!has_terminal()) return fail(ErrorKind::usage, "a pager needs a terminal");
  ERRAND_TRY_ASSIGN(const auto file, PassingFile::make(".txt", text));
  if (run_on_file(chosen_pager(), file.path())) return {};
  return fail(ErrorKind::failure, "the pager failed", "set PAGER");
}

}  // namespace errand::cli
