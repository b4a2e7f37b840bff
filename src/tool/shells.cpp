#include "tool/shells.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace errand::tool {

struct Shells::Shell {
  std::mutex mutex;
  int number = 0;
  std::string command;
  std::string output;
  std::size_t dropped_bytes = 0;
  std::optional<Result<Finished>> finished;
  std::jthread thread;

  void take(std::string_view bytes) {
    const std::lock_guard lock(mutex);
    output.append(bytes);
    if (output.size() <= max_kept_bytes) return;
    // By more than is too much, so that a chatty command does not move a mebibyte with each line.
    const auto dropped = output.size() - max_kept_bytes / 2;
    output.erase(0, dropped);
    dropped_bytes += dropped;
  }

  void run(const Work& work, const std::stop_token& stop) {
    auto ended =
        work([this](OutputStream, std::string_view bytes) { take(bytes); }, Call{stop, Call::Clock::time_point::max()});
    const std::lock_guard lock(mutex);
    finished = std::move(ended);
  }

  [[nodiscard]] bool is_running() {
    const std::lock_guard lock(mutex);
    return !finished;
  }
};

Shells::~Shells() {
  // All at once, then one after the other: none waits for another's end.
  for (auto& [id, shell] : shells_) shell->thread.request_stop();
  for (auto& [id, shell] : shells_) {
    if (shell->thread.joinable()) shell->thread.join();
  }
}

Result<std::string> Shells::start(Work work, std::string command) {
  const std::lock_guard lock(mutex_);
  const auto running = std::ranges::count_if(shells_, [](const auto& entry) { return entry.second->is_running(); });
  if (static_cast<std::size_t>(running) >= most_running) {
    return fail(ErrorKind::failure,
                fmt::format("{} commands run in the background already; end one with KillShell first", running));
  }
  auto id = fmt::format("bash_{}", ++last_number_);
  const auto shell = std::make_shared<Shell>();
  shell->number = last_number_;
  shell->command = std::move(command);
  shells_.emplace(id, shell);
  // The thread is joined before the shell goes.
  shell->thread =
      std::jthread([&of = *shell, work = std::move(work)](const std::stop_token& stop) { of.run(work, stop); });
  return id;
}

std::optional<Shells::News> Shells::news(const std::string& id) {
  const auto shell = find(id);
  if (!shell) return std::nullopt;
  const std::lock_guard lock(shell->mutex);
  return News{std::exchange(shell->output, {}), std::exchange(shell->dropped_bytes, 0), shell->finished};
}

bool Shells::stop(const std::string& id) {
  const auto shell = find(id);
  if (!shell) return false;
  const std::lock_guard one_joins(mutex_);
  shell->thread.request_stop();
  if (shell->thread.joinable()) shell->thread.join();
  return true;
}

std::vector<std::string> Shells::ids() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  for (const auto& [id, shell] : shells_) out.push_back(id);
  return out;
}

std::vector<Shells::Status> Shells::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<int, Status>> numbered;
  for (const auto& [id, shell] : shells_) {
    const std::lock_guard one(shell->mutex);
    numbered.push_back({shell->number, {id, shell->command, shell->finished}});
  }
  std::ranges::sort(numbered, {}, &std::pair<int, Status>::first);
  std::vector<Status> out;
  for (auto& [number, status] : numbered) out.push_back(std::move(status));
  return out;
}

std::shared_ptr<Shells::Shell> Shells::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = shells_.find(id);
  return found == shells_.end() ? nullptr : found->second;
}

}  // namespace errand::tool
