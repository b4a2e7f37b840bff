#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/call.hpp"
#include "base/fd.hpp"
#include "net/domains.hpp"
#include "net/host.hpp"
#include "net/lookups.hpp"

namespace errand::net {

/// Told of each host that was asked for: `refusal` says why it was not let through, empty: it was.
using OnDecision = std::function<void(const HostPort& wanted, const std::string& refusal)>;

/// The addresses to connect to, and no others: the name is judged before anything is looked up, then every address it
/// was found to have. Never empty.
/// Fails with `denied` where the rules refuse (told to `on_decision`, which may be empty), `unavailable` where there is
/// no such name, `cancelled` and `timeout` from `call`, also while a name is looked up.
Result<std::vector<Address>> admit(const HostPort& wanted, const HostRules& rules, const LookUp& look_up,
                                   const OnDecision& on_decision, const Call& call);

/// Begins to connect, without waiting: writable once it is done, with SO_ERROR telling how.
Result<Fd> begin_connect(const Address& address, std::uint16_t port);

/// What became of begin_connect() once the socket is writable: 0 or an errno.
int connect_error(int fd);

}  // namespace errand::net
