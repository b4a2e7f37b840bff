#include "tool/shell_end.hpp"

#include <array>
#include <csignal>

#include <fmt/format.h>

#include "base/time.hpp"

namespace errand::tool {

namespace {

std::string_view signal_name(int signal) {
  struct Named {
    int signal;
    std::string_view name;
  };
  constexpr std::array names = {
      Named{SIGHUP, "SIGHUP"},   Named{SIGINT, "SIGINT"},   Named{SIGQUIT, "SIGQUIT"}, Named{SIGILL, "SIGILL"},
      Named{SIGTRAP, "SIGTRAP"}, Named{SIGABRT, "SIGABRT"}, Named{SIGBUS, "SIGBUS"},   Named{SIGFPE, "SIGFPE"},
      Named{SIGKILL, "SIGKILL"}, Named{SIGSEGV, "SIGSEGV"}, Named{SIGPIPE, "SIGPIPE"}, Named{SIGALRM, "SIGALRM"},
      Named{SIGTERM, "SIGTERM"}, Named{SIGXCPU, "SIGXCPU"}, Named{SIGXFSZ, "SIGXFSZ"}, Named{SIGSYS, "SIGSYS"}};
  for (const auto& known : names) {
    if (known.signal == signal) return known.name;
  }
  return {};
}

}  // namespace

std::string describe_end(const Finished& finished, std::size_t max_output_bytes) {
  const auto after = format_duration(finished.duration);
  switch (finished.end) {
    case ProcessEnd::timed_out:
      return fmt::format("[timed out after {}: the command was killed; this is its output until then]", after);
    case ProcessEnd::cancelled:
      return fmt::format("[cancelled by the user after {}]", after);
    case ProcessEnd::output_limit:
      return fmt::format("[killed: it wrote more than {} MiB; this is the output until then]", max_output_bytes >> 20U);
    case ProcessEnd::alarmed:
      return {};  // the sandbox's note says it
    case ProcessEnd::exited:
    case ProcessEnd::signalled:
      break;
  }
  if (finished.exit_code == 0) return {};
  const int signal = finished.exit_code - 128;
  if (finished.end == ProcessEnd::signalled) {
    const auto name = signal_name(signal);
    return fmt::format("[killed by signal {}{}]", signal, name.empty() ? "" : fmt::format(" ({})", name));
  }
  const auto name = signal_name(signal);  // what a shell says of a child that a signal ended
  return fmt::format("[exit code {}{}]", finished.exit_code, name.empty() ? "" : fmt::format(", as from {}", name));
}

}  // namespace errand::tool
