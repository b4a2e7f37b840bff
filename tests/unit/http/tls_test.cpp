#include <future>
#include <thread>

#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "base/process.hpp"
#include "http/client.hpp"
#include "support/loopback_server.hpp"
#include "support/temp_dir.hpp"

using namespace errand;
using namespace errand::http;
using namespace errand::test;

namespace {

constexpr const char* openssl = "/usr/bin/openssl";

// A self-signed certificate for 127.0.0.1 and the openssl program serving with it.
class TlsServer {
 public:
  TlsServer() {
    const ProcessSpec make_certificate{
        .argv = {openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                 "-keyout", directory_ / "key.pem", "-out", certificate(), "-days", "2", "-subj", "/CN=errand test",
                 "-addext", "subjectAltName=IP:127.0.0.1"},
        .env = {}};
    REQUIRE(run_process(
                make_certificate, [](OutputStream, std::string_view) {}, Call())
                .value()
                .exit_code == 0);
    auto port = port_.get_future();
    server_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
    REQUIRE(port.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
    number_ = port.get();
  }

  [[nodiscard]] std::string certificate() const { return directory_ / "certificate.pem"; }
  [[nodiscard]] std::string url(const std::string& host) const { return "https://" + host + ":" + number_ + "/"; }
  [[nodiscard]] const std::string& port() const { return number_; }

 private:
  void serve(const std::stop_token& stop) {
    const ProcessSpec serve{.argv = {openssl, "s_server", "-accept", "127.0.0.1:0", "-www", "-key",
                                     directory_ / "key.pem", "-cert", certificate()},
                            .env = {}};
    std::string said;
    bool announced = false;
    const auto hear = [&](OutputStream, std::string_view bytes) {
      said += bytes;
      const auto at = said.find("ACCEPT 127.0.0.1:");
      const auto end = at == std::string::npos ? at : said.find('\n', at);
      if (announced || end == std::string::npos) return;
      announced = true;
      port_.set_value(said.substr(at + 17, end - at - 17));
    };
    static_cast<void>(run_process(serve, hear, Call{stop}));
  }

  TempDir directory_;
  std::promise<std::string> port_;
  std::string number_;
  std::jthread server_;
};

Result<ResponseHead> get(Client& client, const std::string& url) {
  const Request request{.method = "GET", .url = url};
  return client.send(request, [](const ResponseHead&, std::string_view) -> Result<void> { return {}; }, {});
}

}  // namespace

TEST_CASE("tls: a certificate is accepted when it is trusted and names the host, else never", "[http][tls]") {
  if (!is_regular_file(openssl)) {
    WARN("skipped: no " << openssl);
    return;
  }
  const TlsServer server;
  const auto host = "127.0.0.1:" + server.port();
  {
    Client client({.proxy = ""});
    const auto head = get(client, server.url("127.0.0.1"));
    REQUIRE_FALSE(head);
    CHECK(head.error().kind == ErrorKind::unavailable);
    CHECK(head.error().message == "the certificate of " + host + " is not accepted: self-signed certificate");
    CHECK_FALSE(head.error().retryable);
  }
  {
    Client client({.ca_file = server.certificate(), .proxy = ""});
    const auto head = get(client, server.url("127.0.0.1"));
    REQUIRE(head);
    CHECK(head->status == 200);
  }
  {
    Client client({.ca_file = server.certificate(), .proxy = ""});
    const auto head = get(client, server.url("localhost"));
    REQUIRE_FALSE(head);
    CHECK_THAT(head.error().message, Catch::StartsWith("the certificate of localhost:" + server.port()) &&
                                         Catch::Contains("target host name 'localhost'"));
    CHECK_FALSE(head.error().retryable);
  }
  {
    Client client({.ca_file = server.certificate() + ".none", .proxy = ""});
    const auto head = get(client, server.url("127.0.0.1"));
    REQUIRE_FALSE(head);
    CHECK_THAT(head.error().message, Catch::StartsWith("can't read the certificate authorities: "));
    CHECK_FALSE(head.error().retryable);
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
