#include "mcp/servers.hpp"

#include <thread>
#include <tuple>

#include "base/try.hpp"

namespace errand::mcp {

namespace {

// Whether commands may touch the same things.
bool is_same_place(const sandbox::SandboxPolicy& a, const sandbox::SandboxPolicy& b) {
  const auto parts = [](const sandbox::SandboxPolicy& p) {
    return std::tie(p.workspace, p.writable, p.readable, p.hidden, p.shown, p.env, p.network, p.allowed_domains,
                    p.memory_bytes, p.processes, p.cpu, p.enforced);
  };
  return parts(a) == parts(b);
}

}  // namespace

Servers::~Servers() {
  for (const auto& server : servers_) server->begin_end();
  std::vector<std::jthread> ends;
  for (auto& server : servers_) ends.emplace_back([ended = std::move(server)]() mutable { ended.reset(); });
}

// With the lock held.
Server* Servers::find(const chat::McpServer& wanted, const sandbox::SandboxPolicy& policy) const {
  for (const auto& server : servers_) {
    if (server->definition() == wanted && is_same_place(server->policy(), policy)) return server.get();
  }
  return nullptr;
}

Server& Servers::make(const chat::McpServer& wanted, const sandbox::SandboxPolicy& policy) {
  const std::lock_guard lock(mutex_);
  if (auto* const known = find(wanted, policy)) return *known;
  return *servers_.emplace_back(std::make_unique<Server>(wanted, policy, around_));
}

void Servers::begin(const std::vector<chat::McpServer>& wanted, const sandbox::SandboxPolicy& policy) {
  for (const auto& server : wanted) make(server, policy).begin();
}

Result<std::vector<tool::ServerStatus>> Servers::connect(const std::vector<chat::McpServer>& wanted,
                                                         const sandbox::SandboxPolicy& policy, const Call& call) {
  begin(wanted, policy);
  std::vector<tool::ServerStatus> out;
  for (const auto& server : wanted) {
    ERRAND_TRY_ASSIGN(auto status, make(server, policy).wait(call));
    out.push_back(std::move(status));
  }
  return out;
}

std::vector<tool::ServerStatus> Servers::look(const std::vector<chat::McpServer>& wanted,
                                              const sandbox::SandboxPolicy& policy) const {
  std::vector<tool::ServerStatus> out;
  const std::lock_guard lock(mutex_);
  for (const auto& server : wanted) {
    const auto* const known = find(server, policy);
    out.push_back(known != nullptr ? known->status() : tool::ServerStatus{.name = server.name});
  }
  return out;
}

Result<tool::ServerStatus> Servers::reconnect(const chat::McpServer& wanted, const sandbox::SandboxPolicy& policy,
                                              const Call& call) {
  auto& server = make(wanted, policy);
  server.begin_anew();
  return server.wait(call);
}

}  // namespace errand::mcp
