#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json_fwd.hpp"
#include "http/transport.hpp"
#include "provider/codec.hpp"

namespace errand::provider {

/// A failure as an API told it, whatever shape its body has.
struct ApiFailure {
  int status = 0;       ///< HTTP; of an error in mid-stream what its body says, else 0
  std::string type;     ///< "overloaded_error", "invalid_request_error", …
  std::string code;     ///< "insufficient_quota", "401", … numbers as text
  std::string message;  ///< for people, as sent: not yet fit to be shown
  std::optional<std::chrono::milliseconds> retry_delay{};  ///< google.rpc.RetryInfo in `details`
  bool operator==(const ApiFailure&) const = default;
};

/// Reads {"error":{…}}, {"error":"…"}, {"detail":"…"}, {"message":"…"}, the same in a list, and pages of HTML.
ApiFailure read_failure(int status, std::string_view body);
ApiFailure failure_in(int status, const Json& body);

/// What it means: `auth` (401, a refused key), `config` (no such model or path, 404), `limit` (the context window in
/// any wording, 413), `unavailable` (overload, rate limit, 5xx: retryable; no credit: not), else `failure` with the
/// API's own message. An error in mid-stream of no known type counts as `unavailable`.
Error explain(const ApiFailure& failure, const Endpoint& endpoint);

/// The first lines of a message, made harmless, without anything that looks like a key or an account's id.
std::string public_text(std::string_view message, const Endpoint& endpoint);

/// `unavailable`: a page of HTML where a reply should be, as proxies and networks that want a login send it.
Error page_answer(std::string_view page, const Endpoint& endpoint);

/// `unavailable`, retryable.
Error broken_reply(std::string message, const Endpoint& endpoint);

}  // namespace errand::provider
