#include "cli/output.hpp"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>
#include <unistd.h>

#include "base/exit_code.hpp"
#include "base/fd.hpp"
#include "base/json.hpp"
#include "base/secrets.hpp"
#include "base/unicode.hpp"
#include "render/fold.hpp"
#include "version.hpp"

namespace errand::cli {

namespace {

std::vector<secrets::Secret> secrets_in_environment() {
  std::vector<secrets::Secret> out;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view variable(*at);
    const auto equals = std::min(variable.find('='), variable.size());
    if (equals == variable.size() || !secrets::is_secret_name(variable.substr(0, equals))) continue;
    out.push_back(
        {std::string(variable.substr(equals + 1)), std::string(variable.substr(0, equals)), secrets::Source::variable});
  }
  return out;
}

}  // namespace

Result<int> print_out(std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EPIPE) return exit_broken_pipe;
    if (written < 0) return fail_errno(ErrorKind::failure, "can't write to stdout", errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return exit_success;
}

Result<int> print_json(const Json& json) {
  const auto text = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  // JSON escapes the controls of ASCII; a terminal obeys others too.
  return print_out(::isatty(STDOUT_FILENO) != 0 ? unicode::sanitize(text) : text);
}

// What fails before or after a run was told of by no event that could have been cleaned.
std::string error_text(const Error& error) {
  secrets::Redactor redactor;
  redactor.learn(secrets_in_environment());
  return redactor.clean(unicode::sanitize(describe(error)));
}

void print_error(const Error& error) {
  if (!write_all(STDERR_FILENO, render::fold(error_text(error), render::fold_columns(STDERR_FILENO)))) return;
}

void print_note(const Globals& globals, std::string_view line) {
  if (globals.quiet) return;
  if (!write_all(STDERR_FILENO, render::fold(unicode::sanitize(line) + "\n", render::fold_columns(STDERR_FILENO))))
    return;
}

std::string version_line() {
  return fmt::format("errand {}\n", version);
}

}  // namespace errand::cli
