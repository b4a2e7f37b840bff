#include "http/failure.hpp"

#include <cerrno>

#include <catch2/catch.hpp>

using namespace errand;
using namespace errand::http;

TEST_CASE("failure: libcurl's codes become sentences, and say whether another try may help", "[http][failure]") {
  struct Case {
    Failure failure;
    std::string message;
    bool retryable;
  };
  const std::vector<Case> cases = {
      {{.code = CURLE_COULDNT_RESOLVE_HOST,
        .detail = "Could not resolve host: api.exmple.com",
        .host = "api.exmple.com"},
       "can't find the host api.exmple.com",
       true},
      {{.code = CURLE_COULDNT_RESOLVE_PROXY, .detail = "Could not resolve proxy: prxy", .host = "api.example.com"},
       "can't find the proxy to reach api.example.com through: could not resolve proxy: prxy",
       true},
      {{.code = CURLE_COULDNT_CONNECT,
        .os_error = ENETUNREACH,
        .detail = "Failed to connect to api.example.com port 443 after 1 ms: Couldn't connect to server",
        .host = "api.example.com"},
       "can't connect to api.example.com: network is unreachable",
       true},
      {{.code = CURLE_COULDNT_CONNECT,
        .os_error = ECONNREFUSED,
        .detail = "Failed to connect to ::1 port 9 after 1 ms: Couldn't connect to server",
        .host = "[::1]:9"},
       "can't connect to [::1]:9: connection refused",
       true},
      {{.code = CURLE_COULDNT_CONNECT,
        .os_error = ECONNREFUSED,
        .detail = "Failed to connect to 127.0.0.1 port 3128 after 1 ms: Couldn't connect to server",
        .host = "127.0.0.1:8080"},
       "can't connect to 127.0.0.1:8080 through the proxy 127.0.0.1:3128: connection refused",
       true},
      {{.code = CURLE_OPERATION_TIMEDOUT,
        .detail = "Connection timeout after 15001 ms",
        .host = "api.example.com",
        .connect_limit = std::chrono::seconds(15)},
       "can't connect to api.example.com within 15s",
       true},
      {{.code = CURLE_SSL_CONNECT_ERROR,
        .detail = "error:0A00010B:SSL routines::wrong version number",
        .host = "127.0.0.1:8080"},
       "can't make a secure connection to 127.0.0.1:8080: error:0A00010B:SSL routines::wrong version number",
       false},
      {{.code = CURLE_SSL_CONNECT_ERROR,
        .os_error = ECONNRESET,
        .detail = "OpenSSL SSL_connect: Connection reset by peer in connection to api.example.com:443 ",
        .host = "api.example.com"},
       "can't make a secure connection to api.example.com: connection reset by peer",
       true},
      {{.code = CURLE_PEER_FAILED_VERIFICATION,
        .detail = "SSL certificate problem: unable to get local issuer certificate",
        .host = "api.example.com"},
       "the certificate of api.example.com is not accepted: unable to get local issuer certificate",
       false},
      {{.code = CURLE_SSL_CACERT_BADFILE,
        .detail = "error setting certificate verify locations:  CAfile: /none CApath: none",
        .host = "api.example.com"},
       "can't read the certificate authorities: error setting certificate verify locations:  CAfile: /none CApath: "
       "none",
       false},
      {{.code = CURLE_RECV_ERROR, .os_error = ECONNRESET, .detail = "Recv failure", .host = "h", .received = 12},
       "the connection to h broke off, after 12 bytes: connection reset by peer",
       true},
      {{.code = CURLE_HTTP2_STREAM,
        .detail = "HTTP/2 stream 1 was not closed cleanly: INTERNAL_ERROR (err 2)",
        .host = "h"},
       "the connection to h broke off: HTTP/2 stream 1 was not closed cleanly: INTERNAL_ERROR (err 2)",
       true},
      {{.code = CURLE_RECV_ERROR,
        .detail = "OpenSSL SSL_read: error:0A00045C:SSL routines::tlsv13 alert certificate required, errno 0",
        .host = "h"},
       "h wants a client certificate, or another one",
       false},
      {{.code = CURLE_SSL_CONNECT_ERROR, .detail = "error:0A000418:SSL routines::tlsv1 alert unknown ca", .host = "h"},
       "h does not accept the client certificate: unknown ca",
       false},
      {{.code = CURLE_SSL_CERTPROBLEM,
        .detail = "could not load PEM client certificate from /c.pem, OpenSSL error error:80000002, (no key found, "
                  "wrong pass phrase, or wrong file format?)",
        .host = "h"},
       "can't use the client certificate for h: could not load PEM client certificate from /c.pem, OpenSSL error "
       "error:80000002, (no key found, wrong pass phrase, or wrong file format?)",
       false},
      {{.code = CURLE_UNSUPPORTED_PROTOCOL, .detail = "Received HTTP/0.9 when not allowed", .host = "h"},
       "h does not speak HTTP: received HTTP/0.9 when not allowed",
       false},
      {{.code = CURLE_OUT_OF_MEMORY, .detail = "Out of memory.\x1b[2J", .host = "h"},
       "the request to h failed: out of memory.⟦escape⟧",
       false},
  };
  for (const auto& c : cases) {
    const auto error = explain(c.failure);
    CHECK(error.message == c.message);
    CHECK(error.retryable == c.retryable);
    CHECK(error.kind == ErrorKind::unavailable);
  }
}
