#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "mcp/client.hpp"
#include "mcp/placeholders.hpp"
#include "tool/servers.hpp"

namespace errand::mcp {

/// What connections are made with.
struct Surroundings {
  const sandbox::Sandbox& sandbox;
  std::function<http::Transport*()> network;      ///< null where there is none; asked when the first server wants it
  Variables variables;                            ///< for `${NAME}`
  std::function<std::string(std::string)> clean;  ///< takes secrets out of what a server says; from any thread
  std::string version;                            ///< ours, as servers are told
};

/// One server, from its definition to its tools: connected, listed, lost and connected again. Thread-safe.
class Server {
 public:
  Server(chat::McpServer definition, sandbox::SandboxPolicy policy, const Surroundings& around);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  [[nodiscard]] const chat::McpServer& definition() const { return definition_; }
  [[nodiscard]] const sandbox::SandboxPolicy& policy() const { return policy_; }

  /// Begins to connect, on a thread of its own, unless that has begun.
  void begin();

  /// Waits for what begin() began, and lists the tools anew where they have changed.
  Result<tool::ServerStatus> wait(const Call& call);

  /// Drops the connection and begins another. With `lost`, only where that is still the one, or none is: who else saw
  /// it go may have begun already.
  void begin_anew(const std::optional<std::shared_ptr<Client>>& lost = std::nullopt);

  [[nodiscard]] tool::ServerStatus status() const;

  /// What it says, without secrets.
  [[nodiscard]] std::string clean(std::string text) const { return around_.clean(std::move(text)); }

  /// Connects again where the connection was lost. `timeout` and `unavailable` name the server.
  Result<tool::Output> call_tool(const std::string& name, const Json& arguments, const Call& call);

  /// Begins what the destructor waits for.
  void begin_end();

 private:
  void connect(const std::stop_token& stop, int attempt);
  [[nodiscard]] Result<std::unique_ptr<Link>> open_link();
  Result<void> list_anew(const std::shared_ptr<Client>& client, const Call& call);
  Result<std::shared_ptr<Client>> live_client(const Call& call);
  void fail_with(const Error& error, int attempt);
  void use_tools(const std::vector<OfferedTool>& offered);
  [[nodiscard]] tl::unexpected<Error> named(Error error, const Call& call) const;

  const chat::McpServer definition_;
  const sandbox::SandboxPolicy policy_;
  const Surroundings& around_;
  std::mutex reconnecting_;  ///< taken before mutex_
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  bool begun_ = false;
  bool connecting_ = false;
  int attempt_ = 0;     ///< what comes of an earlier one counts for nothing
  bool stale_ = false;  ///< the server said that its tools have changed
  tool::ServerStatus status_;
  std::shared_ptr<Client> client_;
  std::vector<std::unique_ptr<tool::Tool>> tools_;  ///< all there ever were: agents may still hold them
  std::jthread connector_;
};

/// "mcp__server__tool", with letters that no API takes replaced.
std::string tool_name(const std::string& server, std::string tool);

/// Makes tools for a model of what a server offers, by their tool_name(). Those whose name is taken or too long, whose
/// schema is no object's or too long, and those that are too many, are left out and told.
std::vector<std::unique_ptr<tool::Tool>> server_tools(Server& server, const std::vector<OfferedTool>& offered,
                                                      std::vector<std::string>& left_out);

}  // namespace errand::mcp
