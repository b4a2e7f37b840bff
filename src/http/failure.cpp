#include "http/failure.hpp"

#include <cctype>
#include <optional>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/time.hpp"
#include "base/unicode.hpp"

namespace errand::http {

namespace {

constexpr std::string_view check_address = "check the address (base_url) and the network";
constexpr std::string_view check_proxy =
    "check the provider's proxy in config.yaml, or the variables https_proxy, http_proxy, all_proxy and no_proxy";
constexpr std::string_view check_client_certificate = "check client_cert and client_key of the provider in config.yaml";

enum class Again { worth_it, pointless };

Error unavailable(std::string message, std::string_view hint, Again again) {
  Error error{.kind = ErrorKind::unavailable, .message = std::move(message), .hint = std::string(hint)};
  error.retryable = again == Again::worth_it;
  return error;
}

// Foreign words as a part of our sentence: harmless, without a final dot, not capitalised unless it is a name such as
// "SSL".
std::string as_clause(std::string_view words) {
  std::string clause = unicode::sanitize(text::trim(words));
  while (clause.ends_with('.')) clause.pop_back();
  const bool name = clause.size() > 1 && std::islower(static_cast<unsigned char>(clause[1])) == 0;
  if (!clause.empty() && !name) clause[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(clause[0])));
  return clause;
}

std::string reason_of(const Failure& failure) {
  if (failure.os_error != 0) return as_clause(std::generic_category().message(failure.os_error));
  return as_clause(failure.detail);
}

std::string after_bytes(const Failure& failure) {
  return failure.received == 0 ? "" : fmt::format(", after {} bytes", failure.received);
}

// What follows `prefix` in libcurl's words.
std::string_view rest_after(std::string_view words, std::string_view prefix) {
  const auto at = words.find(prefix);
  return at == std::string_view::npos ? std::string_view() : words.substr(at + prefix.size());
}

// "Failed to connect to 127.0.0.1 port 3128 after 0 ms: …": who was dialled, when that is not whom we want to reach.
std::string proxy_dialled(const Failure& failure) {
  const auto rest = rest_after(failure.detail, "Failed to connect to ");
  const auto port_at = rest.find(" port ");
  if (port_at == std::string_view::npos) return {};
  const auto name = std::string(rest.substr(0, port_at));
  const auto port = rest.substr(port_at + 6);
  const auto dialled = fmt::format("{}:{}", name, port.substr(0, port.find(' ')));
  const bool direct = dialled == failure.host || name == failure.host || name == failure.address ||
                      failure.host == fmt::format("[{}]", name) || failure.host.starts_with(fmt::format("[{}]:", name));
  return direct ? std::string() : as_clause(dialled);
}

Error not_connected(const Failure& failure) {
  const auto proxy = proxy_dialled(failure);
  if (!proxy.empty()) {
    return unavailable(
        fmt::format("can't connect to {} through the proxy {}: {}", failure.host, proxy, reason_of(failure)),
        check_proxy, Again::worth_it);
  }
  return unavailable(fmt::format("can't connect to {}: {}", failure.host, reason_of(failure)),
                     "is the server running? check the address (base_url) and the network", Again::worth_it);
}

bool says(const Failure& failure, std::string_view words) {
  return failure.detail.find(words) != std::string::npos;
}

// The server ended the handshake over our certificate. With TLS 1.3 that comes when ours is long over, as a failed
// read.
std::optional<Error> certificate_wanted(const Failure& failure) {
  if (says(failure, "alert certificate required") || says(failure, "alert handshake failure")) {
    return unavailable(fmt::format("{} wants a client certificate, or another one", failure.host),
                       check_client_certificate, Again::pointless);
  }
  for (const auto* refusal :
       {"alert unknown ca", "alert bad certificate", "alert certificate expired", "alert certificate revoked",
        "alert certificate unknown", "alert unsupported certificate"}) {
    if (!says(failure, refusal)) continue;
    return unavailable(fmt::format("{} does not accept the client certificate: {}", failure.host, refusal + 6),
                       check_client_certificate, Again::pointless);
  }
  return std::nullopt;
}

Error broken_off(const Failure& failure) {
  if (auto wanted = certificate_wanted(failure)) return *std::move(wanted);
  if (says(failure, "CONNECT tunnel failed")) {
    return unavailable(fmt::format("the proxy refused to connect to {}: {}", failure.host, as_clause(failure.detail)),
                       check_proxy, Again::pointless);
  }
  return unavailable(
      fmt::format("the connection to {} broke off{}: {}", failure.host, after_bytes(failure), reason_of(failure)), "",
      Again::worth_it);
}

Error not_secure(const Failure& failure) {
  if (auto wanted = certificate_wanted(failure)) return *std::move(wanted);
  const bool broken = failure.os_error != 0 || says(failure, "SSL_ERROR_SYSCALL") ||
                      says(failure, "Connection reset") || says(failure, "unexpected eof");
  return unavailable(fmt::format("can't make a secure connection to {}: {}", failure.host, reason_of(failure)),
                     "check that the address (base_url) speaks https", broken ? Again::worth_it : Again::pointless);
}

Error not_trusted(const Failure& failure) {
  const auto problem = rest_after(failure.detail, "SSL certificate problem: ");
  const bool other_name = says(failure, "subject name") || says(failure, "does not match");
  const bool dated = problem.starts_with("certificate has expired") || problem.starts_with("certificate is not yet");
  return unavailable(fmt::format("the certificate of {} is not accepted: {}", failure.host,
                                 as_clause(problem.empty() ? std::string_view(failure.detail) : problem)),
                     other_name ? "it is for another name: check the address (base_url)"
                     : dated    ? "is this machine's clock right? else the server needs a new certificate"
                             : "where an own certificate authority is used, name its file: ca_file of the provider in "
                               "config.yaml, or SSL_CERT_FILE",
                     Again::pointless);
}

}  // namespace

Error explain(const Failure& failure) {
  const auto& host = failure.host;
  switch (failure.code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return unavailable(fmt::format("can't find the host {}", host), check_address, Again::worth_it);
    case CURLE_COULDNT_RESOLVE_PROXY:
      return unavailable(fmt::format("can't find the proxy to reach {} through: {}", host, as_clause(failure.detail)),
                         check_proxy, Again::worth_it);
    case CURLE_COULDNT_CONNECT:
      return not_connected(failure);
    case CURLE_OPERATION_TIMEDOUT:
      return unavailable(fmt::format("can't connect to {} within {}", host, format_duration(failure.connect_limit)),
                         check_address, Again::worth_it);
    case CURLE_SSL_CONNECT_ERROR:
      return not_secure(failure);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return not_trusted(failure);
    case CURLE_SSL_CACERT_BADFILE:
      return unavailable(fmt::format("can't read the certificate authorities: {}", as_clause(failure.detail)),
                         "check ca_file of the provider in config.yaml, SSL_CERT_FILE, SSL_CERT_DIR and "
                         "CURL_CA_BUNDLE",
                         Again::pointless);
    case CURLE_SSL_CERTPROBLEM:
      return unavailable(fmt::format("can't use the client certificate for {}: {}", host, as_clause(failure.detail)),
                         check_client_certificate, Again::pointless);
    case CURLE_GOT_NOTHING:
      return unavailable(fmt::format("{} closed the connection without an answer", host), "", Again::worth_it);
    case CURLE_PARTIAL_FILE:
      return unavailable(
          fmt::format("{} closed the connection in the middle of its answer{}", host, after_bytes(failure)), "",
          Again::worth_it);
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return broken_off(failure);
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return unavailable(fmt::format("{} does not speak HTTP: {}", host, as_clause(failure.detail)),
                         "check the address (base_url): its scheme and port", Again::pointless);
    default:
      return unavailable(fmt::format("the request to {} failed: {}", host, reason_of(failure)), "", Again::pointless);
  }
}

Error explain_silence(const std::string& host, std::chrono::milliseconds idle_limit) {
  return unavailable(fmt::format("{} sent nothing for {}", host, format_duration(idle_limit)), "", Again::worth_it);
}

}  // namespace errand::http
