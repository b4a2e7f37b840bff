#include "store/owner.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <optional>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/text.hpp"

namespace errand::store {

namespace {

struct ProcessStat {
  char state = '?';
  std::int64_t started = 0;
};

// The command's name, in parentheses, may hold anything: the fields that count follow the last one.
std::optional<ProcessStat> read_stat(std::int64_t pid) {
  constexpr std::size_t started_field = 19;  // field 22, and the first after the name is field 3
  const auto content = read_file(fmt::format("/proc/{}/stat", pid));
  if (!content) return std::nullopt;
  const auto name_end = content->rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  const auto fields = text::split(text::trim(std::string_view(*content).substr(name_end + 1)), ' ');
  if (fields.size() <= started_field || fields[0].empty()) return std::nullopt;
  ProcessStat out{fields[0][0], 0};
  const auto& ticks = fields[started_field];
  if (std::from_chars(ticks.data(), ticks.data() + ticks.size(), out.started).ec != std::errc{}) return std::nullopt;
  return out;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

std::string boot_id() {
  const auto id = read_file("/proc/sys/kernel/random/boot_id");
  return id ? std::string(text::trim(*id)) : std::string();
}

bool process_lives(const Owner& owner) {
  const auto stat = read_stat(owner.pid);
  if (!stat) {
    // With hidepid the process may be there all the same.
    return ::kill(static_cast<pid_t>(owner.pid), 0) == 0 || errno == EPERM;
  }
  const bool ended = stat->state == 'Z' || stat->state == 'X' || stat->state == 'x';
  return !ended && stat->started == owner.started;
}

}  // namespace

Owner current_owner() {
  Owner out;
  out.pid = ::getpid();
  if (const auto stat = read_stat(out.pid)) out.started = stat->started;
  out.boot = boot_id();
  out.host = host_name();
  struct stat info {};
  if (::stat("/proc/self/ns/pid", &info) == 0) out.pid_namespace = static_cast<std::int64_t>(info.st_ino);
  return out;
}

bool is_neighbour(const Owner& owner, const Owner& self) {
  return !self.boot.empty() && owner.boot == self.boot && self.pid_namespace != 0 &&
         owner.pid_namespace == self.pid_namespace && owner.pid > 0;
}

bool is_alive(const Owner& owner, const Owner& self, Timestamp renewed, Timestamp at) {
  if (is_neighbour(owner, self)) return process_lives(owner);
  const bool rebooted = owner.host == self.host && !owner.boot.empty() && !self.boot.empty() && owner.boot != self.boot;
  if (rebooted) return false;
  return std::chrono::abs(at - renewed) < owner_patience;
}

}  // namespace errand::store
