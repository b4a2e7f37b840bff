#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "http/transport.hpp"

namespace errand::http {

struct ClientOptions {
  std::string ca_file;       ///< PEM certificates to trust; empty: the system's
  std::string ca_directory;  ///< hashed directory of such; empty: the system's
  std::optional<std::string>
      proxy;               ///< nullopt: http_proxy, https_proxy, all_proxy and no_proxy, as curl does; "": none
  std::string user_agent;  ///< empty: no such header

  /// What the environment says about certificates, as the curl program reads it: CURL_CA_BUNDLE, else SSL_CERT_FILE and
  /// SSL_CERT_DIR. `lookup` is std::getenv or stands in for it.
  static ClientOptions from_environment(const std::function<const char*(const char*)>& lookup);
};

class Loop;

/// Requests over the network: HTTP/1.1, and HTTP/2 over TLS where the server offers it. One I/O thread moves all
/// transfers and shares connections between them; a reader that is slow pauses its own transfer only. http and https
/// alone are spoken; redirects are not followed (a key must not follow one) and come back as responses.
///
/// Errors beside Transport's: `config` for a URL that is none or a header that can't be sent; `unavailable`, not
/// retryable, when the server's certificate is not accepted; `failure` where libcurl is missing. Texts never hold a
/// URL's user, password or query.
class Client final : public Transport {
 public:
  /// Costs nothing: libcurl is loaded and the thread started by the first send() or preload().
  explicit Client(ClientOptions options = {});
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  /// Ends transfers in flight: their send() fails with `unavailable`. Waits for these to return, so it must not be
  /// called from an OnBody.
  ~Client() override;

  /// Begins to load libcurl on the I/O thread, so that it overlaps what else is set up.
  void preload();

  Result<ResponseHead> send(const Request& request, const OnBody& on_body, const Call& call) override;

 private:
  ClientOptions options_;
  std::unique_ptr<Loop> loop_;
};

}  // namespace errand::http
