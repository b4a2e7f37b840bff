#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/call.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "chat/agent.hpp"
#include "http/transport.hpp"
#include "sandbox/sandbox.hpp"

namespace errand::mcp {

/// A connection to a server: requests go out, answers come back. What the server asks is answered (answer_to()). Safe
/// to call from several threads at once.
class Link {
 public:
  Link() = default;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  /// Ends the connection and waits for that.
  virtual ~Link() = default;

  /// The result a request is answered with. Fails with `failure` when the answer is an error, `auth` when the server
  /// wants to know who asks, `unavailable` when it can't be reached any more (retryable where it has surely done
  /// nothing), `cancelled` and `timeout` as `call` does (the server is told so).
  virtual Result<Json> ask(const std::string& method, const Json& params, const Call& call) = 0;

  virtual Result<void> tell(const std::string& method, const Json& params, const Call& call) = 0;

  /// The revision of the protocol that was agreed upon; before that, none.
  virtual void use_version(const std::string& version) = 0;

  /// Why nothing more can come of it; empty: it lives.
  [[nodiscard]] virtual std::string lost() const = 0;

  /// Begins what the destructor waits for.
  virtual void begin_end() = 0;
};

/// Told of each notification of the server's, by its method. On any thread; must not block.
using OnNotification = std::function<void(std::string_view method)>;

/// Starts a program, in a sandbox of its own, that is spoken to by lines on its stdin and stdout; what it writes to
/// stderr is logged. Never fails: a program that does not start is lost. `server` is filled_in(); `sandbox` is
/// borrowed.
std::unique_ptr<Link> start_program(const chat::McpServer& server, const sandbox::Sandbox& sandbox,
                                    sandbox::SandboxPolicy policy, OnNotification on_notification);

/// Speaks "Streamable HTTP" to `server.url`; nothing is sent yet. `server` is filled_in(); `transport` is borrowed.
std::unique_ptr<Link> open_http(const chat::McpServer& server, http::Transport& transport,
                                OnNotification on_notification);

}  // namespace errand::mcp
