#include <future>

#include <catch2/catch.hpp>

#include "http/client.hpp"
#include "support/loopback_server.hpp"
#include "tls_server.hpp"

using namespace errand;
using namespace errand::http;
using namespace errand::test;

namespace {

Result<ResponseHead> ask(Client& client, const Request& request) {
  return client.send(request, [](const ResponseHead&, std::string_view) -> Result<void> { return {}; }, {});
}

Result<ResponseHead> get(Client& client, const std::string& url) {
  return ask(client, {.method = "GET", .url = url});
}

// Streams of one connection share a session; the body says which, and who the client is.
constexpr const char* http2_server = R"(
const [key, cert, ca] = process.argv.slice(1);
const fs = require('fs');
const sessions = new Map();
const server = require('http2').createSecureServer({ key: fs.readFileSync(key), cert: fs.readFileSync(cert),
  ca: fs.readFileSync(ca), requestCert: true, rejectUnauthorized: false });
server.on('session', (session) => sessions.set(session, sessions.size + 1));
server.on('stream', (stream) => {
  const { CN = 'nobody' } = stream.session.socket.getPeerCertificate().subject ?? {};
  const body = `session ${sessions.get(stream.session)}, ${CN}`;
  stream.respond({ ':status': 200 });
  setTimeout(() => stream.end(body), 20);
});
server.listen(0, '127.0.0.1', () => console.log('PORT ' + server.address().port));
)";

bool has_openssl() {
  if (is_regular_file(openssl)) return true;
  WARN("skipped: no " << openssl);
  return false;
}

}  // namespace

TEST_CASE("tls: a certificate is accepted when it is trusted and names the host, else never", "[http][tls]") {
  if (!has_openssl()) return;
  const Certificates made;
  made.self_sign("own");
  const auto certificate = made.certificate("own");
  const auto empty = made.directory() / "empty";
  REQUIRE(make_directories(empty, 0755));
  const auto server = serve_tls(made, "own");
  const auto at = [&](const std::string& host) { return host + ":" + server.port(); };
  struct Case {
    std::string about;
    std::string host;
    ClientOptions options;
    std::string message;  // how it begins; empty: it is accepted
  };
  const std::vector<Case> cases = {
      {"the system's authorities don't know it",
       "127.0.0.1",
       {},
       "the certificate of " + at("127.0.0.1") + " is not accepted: self-signed certificate"},
      {"a file has it", "127.0.0.1", {.ca_file = certificate}, ""},
      {"a hashed directory has it", "127.0.0.1", {.ca_directory = made.hashed("own")}, ""},
      {"the file has it, the directory has not", "127.0.0.1", {.ca_file = certificate, .ca_directory = empty}, ""},
      {"neither the directory nor the system's file has it",
       "127.0.0.1",
       {.ca_directory = empty},
       "the certificate of " + at("127.0.0.1") + " is not accepted: self-signed certificate"},
      {"it names another host",
       "localhost",
       {.ca_file = certificate},
       "the certificate of " + at("localhost") + " is not accepted: SSL: no alternative certificate subject name"},
      {"there is no such file",
       "127.0.0.1",
       {.ca_file = certificate + ".none"},
       "can't read the certificate authorities: "},
  };
  for (const auto& c : cases) {
    INFO(c.about);
    auto options = c.options;
    options.proxy = "";
    Client client(options);
    for (int i = 0; i < 2; ++i) {  // the second after what the first has learned
      const auto head = get(client, server.url(c.host));
      REQUIRE(head.has_value() == c.message.empty());
      if (head) {
        CHECK(head->status == 200);
        continue;
      }
      CHECK_THAT(head.error().message, Catch::StartsWith(c.message));
      CHECK(head.error().kind == ErrorKind::unavailable);
      CHECK_FALSE(head.error().retryable);
    }
  }
}

TEST_CASE("tls: a handshake that never ends is given up after the connect limit", "[http][tls]") {
  LoopbackServer server;  // waits for the end of what it takes for a request's head
  Client client({.proxy = ""});
  const Request request{.url = "https://127.0.0.1:" + std::to_string(server.port()),
                        .connect_limit = std::chrono::milliseconds(200)};
  const auto head = client.send(request, [](const ResponseHead&, std::string_view) -> Result<void> { return {}; }, {});
  REQUIRE_FALSE(head);
  CHECK(head.error().message == "can't connect to 127.0.0.1:" + std::to_string(server.port()) + " within 0.2s");
  CHECK(head.error().retryable);
  CHECK(server.wait_for_closed_by_client(1));
}

TEST_CASE("tls: a request may trust an authority of its own, and then trusts no other", "[http][tls]") {
  if (!has_openssl()) return;
  const Certificates made;
  made.issue("server");
  made.issue("old", -1);
  made.self_sign("stranger");
  const auto server = serve_tls(made, "server");
  const auto old = serve_tls(made, "old");
  const auto stranger = serve_tls(made, "stranger");
  const auto authority = made.certificate("authority");
  struct Case {
    std::string about;
    const PortProgram& server;
    std::string ca_file;
    std::string problem;  // empty: it is accepted
    std::string hint;
  };
  const std::string name_it =
      "where an own certificate authority is used, name its file: ca_file of the provider in config.yaml, or "
      "SSL_CERT_FILE";
  const std::vector<Case> cases = {
      {"it knows the authority", server, authority, "", ""},
      {"it knows none", server, "", "unable to get local issuer certificate", name_it},
      {"the client's own file does not count beside it", stranger, authority, "self-signed certificate", name_it},
      {"the certificate is out of date", old, authority, "certificate has expired",
       "is this machine's clock right? else the server needs a new certificate"},
  };
  // One client: what one request trusts is no other's.
  Client client({.ca_file = made.certificate("stranger"), .proxy = ""});
  for (int i = 0; i < 2; ++i) {
    for (const auto& c : cases) {
      INFO(c.about);
      const auto head = ask(client, {.method = "GET", .url = c.server.url(), .tls = {.ca_file = c.ca_file}});
      REQUIRE(head.has_value() == c.problem.empty());
      if (head) continue;
      CHECK(head.error().message ==
            "the certificate of 127.0.0.1:" + c.server.port() + " is not accepted: " + c.problem);
      CHECK(head.error().hint == c.hint);
      CHECK_FALSE(head.error().retryable);
    }
    CHECK(get(client, stranger.url()));
  }
}

TEST_CASE("tls: with a given address the certificate still has to name the URL's host", "[http][tls]") {
  if (!has_openssl()) return;
  const Certificates made;
  made.self_sign("own");
  const auto server = serve_tls(made, "own");
  Client client({.ca_file = made.certificate("own"), .proxy = ""});
  const auto asked = [&](const std::string& host) {
    return ask(client, {.method = "GET", .url = server.url(host), .address = "127.0.0.1"});
  };
  CHECK(asked("127.0.0.1"));
  const auto other = asked("elsewhere.example");
  REQUIRE_FALSE(other);
  CHECK_THAT(other.error().message, Catch::StartsWith("the certificate of elsewhere.example:" + server.port() +
                                                      " is not accepted: SSL: no alternative certificate"));
}

TEST_CASE("tls: a server that asks for a client certificate gets the request's own", "[http][tls]") {
  if (!has_openssl()) return;
  const Certificates made;
  made.issue("server");
  made.issue("client");
  made.self_sign("stranger");
  const auto both = made.directory() / "both.pem";
  REQUIRE(
      write_file_atomic(both, read_file(made.certificate("client")).value() + read_file(made.key("client")).value()));
  const auto authority = made.certificate("authority");
  const auto version = GENERATE(as<std::string>(), "-tls1_2", "-tls1_3");
  CAPTURE(version);
  const auto server =
      serve_tls(made, "server", {"-Verify", "1", "-verify_return_error", "-CAfile", authority, version});
  const auto host = "127.0.0.1:" + server.port();
  struct Case {
    std::string about;
    Tls tls;
    std::string message;  // how it begins; empty: it is accepted
  };
  const std::vector<Case> cases = {
      {"certificate and key", {authority, made.certificate("client"), made.key("client")}, ""},
      {"both in one file", {authority, both, ""}, ""},
      {"none", {authority, "", ""}, host + " wants a client certificate, or another one"},
      {"a stranger's",
       {authority, made.certificate("stranger"), made.key("stranger")},
       host + " does not accept the client certificate: "},
      {"another one's key",
       {authority, made.certificate("client"), made.key("stranger")},
       "can't use the client certificate for " + host + ": "},
      {"no such file",
       {authority, made.certificate("none"), ""},
       "can't use the client certificate for " + host + ": "},
  };
  Client client({.proxy = ""});
  for (const auto& c : cases) {
    INFO(c.about);
    const auto head = ask(client, {.method = "GET", .url = server.url(), .tls = c.tls});
    REQUIRE(head.has_value() == c.message.empty());
    if (head) continue;
    CHECK_THAT(head.error().message, Catch::StartsWith(c.message));
    CHECK(head.error().hint == "check client_cert and client_key of the provider in config.yaml");
    CHECK_FALSE(head.error().retryable);
  }
}

TEST_CASE("tls: requests share one HTTP/2 connection, those with another certificate never", "[http][tls]") {
  constexpr const char* node = "/usr/bin/node";
  if (!has_openssl()) return;
  if (!is_regular_file(node)) {
    WARN("skipped: no " << node);
    return;
  }
  const Certificates made;
  made.issue("server");
  made.issue("client");
  const auto authority = made.certificate("authority");
  const PortProgram server({node, "-e", http2_server, made.key("server"), made.certificate("server"), authority},
                           "PORT ");
  Client client({.proxy = ""});
  const auto body_with = [&](const Tls& tls) {
    std::string body;
    const auto head = client.send({.method = "GET", .url = server.url(), .tls = tls},
                                  [&](const ResponseHead&, std::string_view bytes) -> Result<void> {
                                    body += bytes;
                                    return {};
                                  },
                                  {});
    return head ? body : head.error().message;
  };
  const Tls anonymous{.ca_file = authority, .client_cert = {}, .client_key = {}};
  const Tls named{authority, made.certificate("client"), made.key("client")};
  CHECK(body_with(anonymous) == "session 1, nobody");
  std::vector<std::future<std::string>> parallel;
  for (int i = 0; i < 8; ++i) {
    parallel.push_back(std::async(std::launch::async, [&] { return body_with(anonymous); }));
  }
  for (auto& answer : parallel) CHECK(answer.get() == "session 1, nobody");
  CHECK(body_with(named) == "session 2, client");
  CHECK(body_with(anonymous) == "session 1, nobody");
}
