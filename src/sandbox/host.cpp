#include "sandbox/host.hpp"

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

}  // namespace

Host look_at_host() {
  return {home_inside(), look_at_system(), ControlGroups(), {}, {}, {}, {}};
}

}  // namespace errand::sandbox
