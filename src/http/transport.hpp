#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/call.hpp"
#include "base/error.hpp"

namespace errand::http {

struct Header {
  std::string name;
  std::string value;
};

/// Certificates of one request; what is empty is the Client's.
struct Tls {
  std::string ca_file;      ///< PEM; trusted in place of the system's
  std::string client_cert;  ///< PEM, for mutual TLS
  std::string client_key;   ///< PEM; empty: in client_cert
  bool operator==(const Tls&) const = default;
};

struct Request {
  std::string method = "POST";
  std::string url;
  std::vector<Header> headers;
  std::string body;
  std::chrono::milliseconds connect_limit{15'000};
  std::chrono::milliseconds idle_limit{90'000};  ///< the longest silence, also before the head
  Tls tls{};
  std::optional<std::string> proxy{};  ///< absent: the Client's; "": none
  /// An IP address to connect to, in place of those the URL's host has. Nothing is looked up then, no proxy used, and no
  /// connection shared before or after: the bytes go where the caller checked. Empty: the host's.
  std::string address{};
  /// Not sent: who asks, for recordings and logs ("provider", "type", "model").
  std::vector<Header> notes{};
  /// Asked after each piece of the body. Once true, the rest is awaited for `linger` at most, and the transfer then
  /// ends as if the server had ended it. Empty: until the server ends it.
  std::function<bool()> has_enough{};
  std::chrono::milliseconds linger{500};
  /// Hears what a recording or a replay has to say of this request; a code and a sentence, as chat::event::Warning. On
  /// the thread that called send(). Empty: not told.
  std::function<void(std::string_view code, const std::string& message)> on_warning{};
};

struct ResponseHead {
  int status = 0;
  std::vector<Header> headers;  ///< names in lower case

  /// The first header of that (lower-case) name.
  [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
};

/// Receives the body as it arrives, on the thread that called send(). An error stops the transfer and is what send()
/// returns.
using OnBody = std::function<Result<void>(const ResponseHead& head, std::string_view bytes)>;

/// Sends one request and delivers its response. `Client` does it over the network; recording and replay wrap or replace
/// it. Safe to call from several threads at once.
///
/// Errors: `unavailable` (retryable) when there is no connection, it breaks off, or it is silent for idle_limit;
/// `cancelled` and `timeout` from `call`, within 50 ms. An HTTP error status is no error here.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual Result<ResponseHead> send(const Request& request, const OnBody& on_body, const Call& call) = 0;
};

}  // namespace errand::http
