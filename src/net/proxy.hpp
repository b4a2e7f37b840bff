#pragma once

#include <memory>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "net/dial.hpp"
#include "net/domains.hpp"
#include "net/lookups.hpp"

namespace errand::net {

/// The one way out of a sandbox's network: a proxy that reaches what its rules allow, and nothing else.
///
/// On one listening socket it speaks HTTP (CONNECT, and absolute-form requests for http: URLs, one to a connection,
/// with the Host header its URL says) and SOCKS5 (CONNECT without authentication; names are looked up here, "socks5h").
/// Each host is judged as admit() does it, and only the addresses that were judged are dialled. A refusal is answered
/// with 403, its reason and the allowed hosts as plain text, or with SOCKS5's reply 2.
///
/// Whoever speaks to it is hostile: connections, heads, buffers and times are bounded, and what is wrong is answered
/// with 400 or the end of the connection.
class Proxy {
 public:
  static constexpr std::size_t max_connections = 128;            ///< more wait in the listening socket's queue
  static constexpr std::size_t max_head_bytes = 32U << 10U;      ///< of a request
  static constexpr std::size_t max_buffered_bytes = 64U << 10U;  ///< in each direction of a connection

  struct Options {
    HostRules rules;
    OnDecision on_decision;  ///< called on the proxy's thread; must not block; may be empty
    LookUp look_up = &system_lookup;
  };

  /// Serves on a thread of its own until it goes. `listening` is any stream socket that listens; its network namespace
  /// may be another one than ours: what is dialled is dialled from the calling thread's. Fails with `failure` when
  /// descriptors run out.
  static Result<std::unique_ptr<Proxy>> start(Fd listening, Options options);
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;
  /// Ends every connection. After it `on_decision` is not called any more.
  ~Proxy();

 private:
  class Server;
  explicit Proxy(std::unique_ptr<Server> server);
  std::unique_ptr<Server> server_;
};

}  // namespace errand::net
