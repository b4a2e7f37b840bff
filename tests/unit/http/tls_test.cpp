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
    run({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
         directory_ / "key.pem", "-out", certificate(), "-days", "2", "-subj", "/CN=errand test", "-addext",
         "subjectAltName=IP:127.0.0.1"});
    REQUIRE(make_directories(hashed(), 0755));
    REQUIRE(make_directories(empty(), 0755));
    REQUIRE(write_file_atomic(hashed() + "/own.pem", read_file(certificate()).value()));
    run({"rehash", hashed()});
    auto port = port_.get_future();
    server_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
    REQUIRE(port.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
    number_ = port.get();
  }

  [[nodiscard]] std::string certificate() const { return directory_ / "certificate.pem"; }
  [[nodiscard]] std::string hashed() const { return directory_ / "hashed"; }  ///< a directory that has it
  [[nodiscard]] std::string empty() const { return directory_ / "empty"; }    ///< one that has not
  [[nodiscard]] std::string url(const std::string& host) const { return "https://" + host + ":" + number_ + "/"; }
  [[nodiscard]] const std::string& port() const { return number_; }

 private:
  static void run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), openssl);
    const ProcessSpec spec{.argv = std::move(arguments), .env = {}};
    const auto finished = run_process(
        spec, [](OutputStream, std::string_view) {}, Call());
    REQUIRE(finished.value().exit_code == 0);
  }

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
      {"a file has it", "127.0.0.1", {.ca_file = server.certificate()}, ""},
      {"a hashed directory has it", "127.0.0.1", {.ca_directory = server.hashed()}, ""},
      {"the file has it, the directory has not",
       "127.0.0.1",
       {.ca_file = server.certificate(), .ca_directory = server.empty()},
       ""},
      {"neither the directory nor the system's file has it",
       "127.0.0.1",
       {.ca_directory = server.empty()},
       "the certificate of " + at("127.0.0.1") + " is not accepted: self-signed certificate"},
      {"it names another host",
       "localhost",
       {.ca_file = server.certificate()},
       "the certificate of " + at("localhost") + " is not accepted: SSL: no alternative certificate subject name"},
      {"there is no such file",
       "127.0.0.1",
       {.ca_file = server.certificate() + ".none"},
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
