#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "net/address.hpp"
#include "net/host.hpp"

namespace errand::net {

/// Finds the addresses of a name; blocks. Called on several threads at once.
using LookUp = std::function<Result<std::vector<Address>>(const std::string& name)>;

/// getaddrinfo(3), which can't be interrupted. `unavailable` when there is no such name or no answer.
Result<std::vector<Address>> system_lookup(const std::string& name);

/// Name lookups on threads of their own, `max_threads` at a time, the others in order. One that nobody waits for any
/// more ends by itself, after this object too.
class Lookups {
 public:
  struct Answer {
    std::uint64_t ticket = 0;
    Result<std::vector<Address>> addresses;
  };

  static Result<Lookups> make(LookUp look_up, int max_threads);
  Lookups(Lookups&&) = default;
  Lookups& operator=(Lookups&&) = delete;
  ~Lookups();

  /// Answers at once for an address and for "localhost", whose meaning no resolver may change (RFC 6761).
  void start(std::uint64_t ticket, const Host& host);

  /// Readable for poll(2) while there are answers.
  [[nodiscard]] int fd() const;
  std::vector<Answer> take();

 private:
  struct State;
  explicit Lookups(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;
};

}  // namespace errand::net
