#include "cli/editor.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
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
    sigaddset(&normal, SIGPIPE);
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

Result<int> wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return fail_errno(ErrorKind::failure, "can't wait for the editor", errno);
  }
  return status;
}

}  // namespace

// Through a shell, as git does it: the variable may hold options too.
Result<void> edit_file(const std::string& path) {
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0) {
    return fail(ErrorKind::usage, "an editor needs a terminal", fmt::format("the file is {}", path));
  }
  const auto editor = chosen_editor();
  auto script = editor + " \"$@\"";
  auto name = editor;
  auto file = path;
  std::array<char, 3> shell = {"sh"};
  std::array<char, 3> option = {"-c"};
  const std::array<char*, 6> argv = {shell.data(), option.data(), script.data(), name.data(), file.data(), nullptr};
  pid_t child = 0;
  const Attributes attributes;
  if (const int failed = ::posix_spawn(&child, "/bin/sh", nullptr, attributes.get(), argv.data(), environ);
      failed != 0) {
    return fail_errno(ErrorKind::failure, fmt::format("can't start the editor \"{}\"", editor), failed);
  }
  const auto status = wait_for(child);
  if (!status) return fail(status.error());
  if (WIFEXITED(*status) && WEXITSTATUS(*status) == 0) return {};
  return fail(ErrorKind::failure, fmt::format("the editor \"{}\" failed", editor), "set VISUAL or EDITOR");
}

Result<std::string> edit_text(const std::string& text) {
  const char* directory = std::getenv("TMPDIR");
  auto path = fmt::format("{}/errand-XXXXXX.md", directory == nullptr || *directory == '\0' ? "/tmp" : directory);
  Fd file(::mkostemps(path.data(), 3, O_CLOEXEC));
  if (!file) return fail_errno(ErrorKind::failure, fmt::format("can't make a file for the editor in {}", path), errno);
  auto edited = [&]() -> Result<std::string> {
    ERRAND_TRY(write_all(file.get(), text));
    ERRAND_TRY(edit_file(path));
    return read_file(path, max_input_bytes);
  }();
  ::unlink(path.c_str());
  return edited;
}

}  // namespace errand::cli
