#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "mcp/server.hpp"
#include "tool/servers.hpp"

namespace errand::mcp {

/// The servers of this process.
class Servers final : public tool::Servers {
 public:
  explicit Servers(Surroundings around) : around_(std::move(around)) {}
  Servers(const Servers&) = delete;
  Servers& operator=(const Servers&) = delete;
  /// Ends all of them at once, and waits.
  ~Servers() override;

  void begin(const std::vector<chat::McpServer>& wanted, const sandbox::SandboxPolicy& policy) override;
  Result<std::vector<tool::ServerStatus>> connect(const std::vector<chat::McpServer>& wanted,
                                                  const sandbox::SandboxPolicy& policy, const Call& call) override;
  [[nodiscard]] std::vector<tool::ServerStatus> look(const std::vector<chat::McpServer>& wanted,
                                                     const sandbox::SandboxPolicy& policy) const override;
  Result<tool::ServerStatus> reconnect(const chat::McpServer& server, const sandbox::SandboxPolicy& policy,
                                       const Call& call) override;

 private:
  [[nodiscard]] Server* find(const chat::McpServer& wanted, const sandbox::SandboxPolicy& policy) const;
  Server& make(const chat::McpServer& wanted, const sandbox::SandboxPolicy& policy);

  const Surroundings around_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Server>> servers_;
};

}  // namespace errand::mcp
