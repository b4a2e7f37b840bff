#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "net/address.hpp"
#include "net/host.hpp"

namespace errand::net {

/// Which hosts may be reached at all.
enum class Reach {
  listed,    ///< those the user's list names
  anywhere,  ///< every public one, and what the list names
};

/// A user's list of hosts, and what holds beside it. Pure but for own_addresses(), which is asked anew each time.
///
/// An entry is `host` or `host:port`: `example.com` is that host and none below it, `*.example.com` those below it (one
/// label at least) and not itself. Labels match whole. An entry without a port opens 80, 443 and those from 1024 on but
/// the ones that file sharing, mail, chat, databases and the like speak on; with one, that port alone.
///
/// Addresses that are not public are refused, whatever name leads there, unless the list names them: an entry that is
/// an IP address opens that address to whoever asks for it in figures, or for a name that is listed in full;
/// `localhost` opens 127.0.0.1 and ::1 under that name. Addresses of metadata services, and what is no host's, stay
/// refused (may_be_named()).
class HostRules {
 public:
  /// Nothing listed, nothing reached.
  HostRules() = default;

  /// Fails with `config` for an entry that is none.
  static Result<HostRules> make(Reach reach, std::span<const std::string> allowed);

  /// Why the host and port are refused by their name, before anything is looked up; empty: they are not.
  [[nodiscard]] std::string refusal_of(const HostPort& wanted) const;

  /// Why what the host was found to be must not be dialled; empty: every one may. One refused address refuses all,
  /// since who answers for the name could mix them.
  [[nodiscard]] std::string refusal_of(const HostPort& wanted, std::span<const Address> addresses) const;

  /// The entries as they were written, for what a refusal tells.
  [[nodiscard]] const std::vector<std::string>& allowed() const { return written_; }
  [[nodiscard]] Reach reach() const { return reach_; }

 private:
  struct Entry {
    Host host;
    bool below = false;      ///< "*.": the names below it
    std::uint16_t port = 0;  ///< 0: the usual ones
  };
  static Result<Entry> parse(const std::string& text);
  [[nodiscard]] static bool names(const Entry& entry, const Host& host);
  [[nodiscard]] bool opens(const HostPort& wanted, const Address& address) const;
  [[nodiscard]] bool lists_in_full(const HostPort& wanted) const;
  [[nodiscard]] bool lists(const Host& host, std::uint16_t port) const;

  Reach reach_ = Reach::listed;
  std::vector<Entry> entries_;
  std::vector<std::string> written_;
};

/// Whether an entry without a port opens it.
bool is_usual_port(std::uint16_t port);

}  // namespace errand::net
