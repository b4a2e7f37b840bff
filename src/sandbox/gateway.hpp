#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/process.hpp"
#include "net/domains.hpp"
#include "net/proxy.hpp"
#include "sandbox/policy.hpp"

namespace errand::sandbox {

/// The way out of one sandbox's network. The second stage makes a listening socket inside and hands it out; a
/// net::Proxy serves it from here. No socket lies in any file system, and nobody but that sandbox can connect.
class Gateway {
 public:
  /// Fails with `config` for an entry of `allowed_domains` that is none.
  static Result<std::unique_ptr<Gateway>> open(const std::vector<std::string>& allowed_domains, OnContact on_contact);

  [[nodiscard]] int inner_end() const { return inner_.get(); }  ///< for the second stage
  [[nodiscard]] int outer_end() const { return outer_.get(); }  ///< readable when the socket was handed out

  /// Takes the socket and begins to serve it. A proxy that can't be started ends the program.
  Reaction serve();

 private:
  Gateway() = default;

  Fd inner_;
  Fd outer_;
  net::HostRules rules_;
  OnContact on_contact_;
  std::unique_ptr<net::Proxy> proxy_;
};

}  // namespace errand::sandbox
