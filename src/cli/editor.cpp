#include "cli/editor.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace errand::cli {

namespace {

std::string chosen_editor() {
  for (const auto* name : {"VISUAL", "EDITOR"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return "vi";
}

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
  if (const int failed = ::posix_spawn(&child, "/bin/sh", nullptr, nullptr, argv.data(), environ); failed != 0) {
    return fail_errno(ErrorKind::failure, fmt::format("can't start the editor \"{}\"", editor), failed);
  }
  const auto status = wait_for(child);
  if (!status) return fail(status.error());
  if (WIFEXITED(*status) && WEXITSTATUS(*status) == 0) return {};
  return fail(ErrorKind::failure, fmt::format("the editor \"{}\" failed", editor), "set VISUAL or EDITOR");
}

}  // namespace errand::cli
