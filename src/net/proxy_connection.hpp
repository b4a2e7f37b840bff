#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <poll.h>

#include "base/fd.hpp"
#include "net/dial.hpp"
#include "net/domains.hpp"
#include "net/lookups.hpp"
#include "net/proxy_request.hpp"

namespace errand::net {

/// What the connections of one proxy work with; theirs to borrow.
struct ProxyServices {
  const HostRules& rules;
  const OnDecision& on_decision;
  Lookups& lookups;
};

/// One client of the proxy, from its first byte to its last. For the proxy's thread alone; nothing here waits.
class ProxyConnection {
 public:
  using Clock = std::chrono::steady_clock;

  /// `client` is non-blocking. `ticket` is its lookup's.
  ProxyConnection(std::uint64_t ticket, Fd client, const ProxyServices& services);

  [[nodiscard]] std::uint64_t ticket() const { return ticket_; }
  [[nodiscard]] bool is_over() const { return state_ == State::over; }
  [[nodiscard]] Clock::time_point deadline() const { return deadline_; }

  /// What to wait for: the client's socket, then the server's.
  [[nodiscard]] std::array<pollfd, 2> polls() const;
  /// What came of it.
  void handle(const std::array<pollfd, 2>& polls);
  void resolved(Result<std::vector<Address>> addresses);
  void deadline_passed();

 private:
  enum class State { hello, socks_request, looking_up, connecting, relaying, farewell, over };
  enum class Speaks { http, socks };

  /// One of the two sockets, and what is to be written to it.
  struct Side {
    Fd fd;
    std::string out;
    bool ended = false;  ///< nothing more comes from it
    bool shut = false;   ///< nothing more goes to it
  };
  enum class Got { bytes, nothing, end };

  void enter(State state, Clock::duration limit);
  void read_request();
  void read_http();
  void read_socks();
  void take(ProxyRequest request);
  void try_next_address();
  void connected();
  void relay(const std::array<pollfd, 2>& polls);
  void pass_on(Side& from, Side& to, short events);
  void pass_end(Side& from, Side& to);
  void keep_within_body();
  void say_farewell();
  void refuse_unread(const BadRequest& why);
  void refuse(const BadRequest& why);
  void decide(const std::string& refusal);
  Got receive(int fd, std::string& into);
  void flush(Side& side);

  std::uint64_t ticket_;
  const ProxyServices& services_;
  State state_ = State::hello;
  Speaks speaks_ = Speaks::http;
  Clock::time_point deadline_;
  Side client_;
  Side server_;
  std::string in_;  ///< of the client, before there is a server
  ProxyRequest request_;
  std::uint64_t body_left_ = 0;
  std::vector<Address> addresses_;
  std::size_t next_address_ = 0;
  int last_error_ = 0;
};

}  // namespace errand::net
