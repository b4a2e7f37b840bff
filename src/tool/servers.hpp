#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "base/error.hpp"
#include "chat/agent.hpp"
#include "sandbox/policy.hpp"
#include "tool/tool.hpp"

namespace errand::tool {

enum class ServerState {
  pending,    ///< not asked yet, or still starting
  connected,  ///< its tools are known
  failed,
  needs_auth,  ///< it wants to know who asks
};

/// As events name it: "pending", "connected", "failed", "needs-auth".
[[nodiscard]] std::string_view name_of(ServerState state);

/// How a server is doing.
struct ServerStatus {
  std::string name;
  ServerState state = ServerState::pending;
  std::string detail;                 ///< connected: what it calls itself, sanitised; failed: why, and what to do
  std::vector<Tool*> tools;           ///< of a connected one; they live as long as the Servers
  std::vector<std::string> left_out;  ///< sentences about tools of it that can't be offered
};

/// The servers that agents bring tools from, each connected when it is first wanted and shared by all who want the same
/// one in the same sandbox. A server that fails fails nothing else: its status says why. Thread-safe.
class Servers {
 public:
  virtual ~Servers() = default;

  /// Begins to connect to those that are not; waits for none.
  virtual void begin(const std::vector<chat::McpServer>& wanted, const sandbox::SandboxPolicy& policy) = 0;

  /// Waits until each is connected or has failed, at most its `timeout`, and lists the tools of a server anew that said
  /// they have changed. In the order of `wanted`. Fails only as `call` does: `cancelled`, `timeout`.
  virtual Result<std::vector<ServerStatus>> connect(const std::vector<chat::McpServer>& wanted,
                                                    const sandbox::SandboxPolicy& policy, const Call& call) = 0;

  /// As they are now; nothing is begun.
  [[nodiscard]] virtual std::vector<ServerStatus> look(const std::vector<chat::McpServer>& wanted,
                                                       const sandbox::SandboxPolicy& policy) const = 0;

  /// Ends the connection, if there is one, and makes another. Fails only as `call` does.
  virtual Result<ServerStatus> reconnect(const chat::McpServer& server, const sandbox::SandboxPolicy& policy,
                                         const Call& call) = 0;
};

}  // namespace errand::tool
