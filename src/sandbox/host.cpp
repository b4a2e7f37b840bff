#include "sandbox/host.hpp"

#include <array>
#include <climits>

#include <unistd.h>

#include "base/file.hpp"
#include "sandbox/lookup.hpp"
#include "sandbox/system_view.hpp"

namespace errand::sandbox {

namespace {

// A home of its own where the user's is, so that "~" means the same inside and outside.
std::string home_inside() {
  constexpr auto elsewhere = "/home/user";
  const auto home = look_up(home_directory(), "/", "/");
  if (!home || home->path == "/") return elsewhere;
  for (const char* system : {"/usr", "/etc", "/proc", "/dev", "/sys", "/var/tmp", "/bin", "/sbin", "/lib"}) {
    if (is_within(home->path, system)) return elsewhere;
  }
  return home->path == "/tmp" ? elsewhere : home->path;
}

// A program that was replaced while it runs is taken from its old place: an upgrade puts the new one there.
std::string own_program() {
  std::array<char, PATH_MAX> target{};
  const auto size = ::readlink("/proc/self/exe", target.data(), target.size());
  std::string path(target.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  constexpr std::string_view deleted = " (deleted)";
  if (path.ends_with(deleted)) path.resize(path.size() - deleted.size());
  return path;
}

}  // namespace

Host look_at_host() {
  return {home_inside(), look_at_system(), own_program(), ControlGroups(), {}};
}

}  // namespace errand::sandbox
