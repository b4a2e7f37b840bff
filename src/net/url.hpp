#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "net/host.hpp"

namespace errand::net {

/// An http or https URL, taken apart strictly and written anew: nobody else reads the original. Without user, password
/// and fragment.
struct Url {
  enum class Scheme { http, https };
  Scheme scheme = Scheme::https;
  HostPort where;
  std::string target = "/";  ///< path and query in ASCII, other bytes percent-encoded; begins with '/'

  [[nodiscard]] std::string text() const;       ///< the port only where it is not the scheme's own
  [[nodiscard]] std::string authority() const;  ///< for Host headers
  bool operator==(const Url&) const = default;
};

/// An absolute URL. Fails with `failure` for what is no http(s) URL (a sentence for a model), and as parse_host() for
/// its host; a URL with a user or password is `denied`.
Result<Url> parse_url(std::string_view text);

/// A reference as in a Location header, against the URL it came from (RFC 3986, 5.2).
Result<Url> resolve_url(const Url& base, std::string_view reference);

}  // namespace errand::net
