#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/call.hpp"
#include "base/error.hpp"
#include "base/process.hpp"

namespace errand::tool {

/// The commands a session runs in the background. They end when this goes. Thread-safe.
class Shells {
 public:
  static constexpr std::size_t most_running = 8;
  static constexpr std::size_t max_kept_bytes = 1U << 20U;  ///< of output nobody asked for yet; the oldest goes first

  /// Runs the command until it ends or is stopped.
  using Work = std::function<Result<Finished>(const OnOutput&, const Call&)>;

  /// What is new since it was last asked for.
  struct News {
    std::string output;                        ///< as it came
    std::size_t dropped_bytes = 0;             ///< of older output
    std::optional<Result<Finished>> finished;  ///< absent: it runs
  };

  Shells() = default;
  Shells(const Shells&) = delete;
  Shells& operator=(const Shells&) = delete;
  /// Stops all and waits for them.
  ~Shells();

  /// One of them as list() tells it.
  struct Status {
    std::string id;
    std::string command;                       ///< as start() was told
    std::optional<Result<Finished>> finished;  ///< absent: it runs
  };

  /// The new command's id, "bash_1" …; `failure` when too many run. `command` is what people call it.
  Result<std::string> start(Work work, std::string command = {});

  /// Nothing when there is no such id.
  std::optional<News> news(const std::string& id);

  /// Stops it and waits until it is dead. False when there is no such id.
  bool stop(const std::string& id);

  [[nodiscard]] std::vector<std::string> ids() const;

  /// All of them, oldest first. Takes no news away.
  [[nodiscard]] std::vector<Status> list() const;

 private:
  struct Shell;
  [[nodiscard]] std::shared_ptr<Shell> find(const std::string& id) const;

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Shell>> shells_;
  int last_number_ = 0;
};

}  // namespace errand::tool
