#include "sandbox/watcher_pool.hpp"

#include <array>
#include <utility>

#include <sys/inotify.h>
#include <unistd.h>

namespace errand::sandbox {

namespace {

constexpr std::size_t most_idle = 8;  // a user has 128 of them

}  // namespace

Fd WatcherPool::take() {
  return idle_.with([](auto& idle) {
    if (idle.empty()) return Fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    Fd instance = std::move(idle.back());
    idle.pop_back();
    return instance;
  });
}

void WatcherPool::give_back(Fd instance, const std::vector<int>& watches) {
  if (!instance) return;
  for (const int watch : watches) ::inotify_rm_watch(instance.get(), watch);
  std::array<char, 4096> events{};
  while (::read(instance.get(), events.data(), events.size()) > 0) {
  }
  idle_.with([&](auto& idle) {
    if (idle.size() < most_idle) idle.push_back(std::move(instance));
  });
}

}  // namespace errand::sandbox
