#include "net/proxy.hpp"

#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/process.hpp"
#include "base/sync.hpp"
#include "support/loopback_server.hpp"

using namespace errand;
using namespace errand::net;
using namespace std::string_literals;
using test::LoopbackServer;

namespace {

// How long a read may take before the test fails; never waited for where all is well.
constexpr int patience_ms = 20'000;

struct Listener {
  Fd fd;
  int port = 0;
};

Listener listen_on_loopback() {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&at), size) == 0);
  REQUIRE(::listen(fd.get(), 64) == 0);
  REQUIRE(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&at), &size) == 0);
  return {std::move(fd), ntohs(at.sin_port)};
}

Fd connect_to(int port) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  return fd;
}

// Reads until `size` bytes are there or the other side ends.
std::string read_bytes(const Fd& fd, std::size_t size) {
  std::string out;
  while (out.size() < size) {
    pollfd poll{fd.get(), POLLIN, 0};
    if (::poll(&poll, 1, patience_ms) <= 0) return out + " (and then nothing more in time)";
    std::array<char, 4096> buffer{};
    const auto count = ::read(fd.get(), buffer.data(), std::min(buffer.size(), size - out.size()));
    if (count <= 0) break;
    out.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return out;
}

std::string read_to_end(const Fd& fd) {
  return read_bytes(fd, std::string::npos);
}

// A proxy with its rules, where "service.example" is 127.0.0.1, "inside.example" 10.0.0.1 and nothing else is known.
class Bench {
 public:
  explicit Bench(const std::vector<std::string>& allowed) {
    auto listening = listen_on_loopback();
    port_ = listening.port;
    auto rules = HostRules::make(Reach::listed, allowed);
    REQUIRE(rules);
    auto proxy = Proxy::start(std::move(listening.fd),
                              {.rules = *std::move(rules),
                               .on_decision =
                                   [this](const HostPort& wanted, const std::string& refusal) {
                                     decisions_.with([&](auto& all) {
                                       all.push_back(fmt::format("{}:{} {}", wanted.host.name, wanted.port, refusal));
                                     });
                                   },
                               .look_up = &look_up});
    REQUIRE(proxy);
    proxy_ = *std::move(proxy);
  }

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::vector<std::string> decisions() const {
    return decisions_.with([](const auto& all) { return all; });
  }
  [[nodiscard]] Fd connect() const { return connect_to(port_); }
  void end() { proxy_.reset(); }

  // What comes back for `bytes`, to the end.
  [[nodiscard]] std::string answer(std::string_view bytes) const {
    const auto fd = connect();
    REQUIRE(write_all(fd.get(), bytes));
    return read_to_end(fd);
  }

 private:
  static Result<std::vector<Address>> look_up(const std::string& name) {
    if (name == "service.example") return std::vector{*Address::parse("127.0.0.1")};
    if (name == "inside.example") return std::vector{*Address::parse("10.0.0.1")};
    return fail(ErrorKind::unavailable, "no address found for " + name);
  }

  int port_ = 0;
  Sync<std::vector<std::string>> decisions_;
  std::unique_ptr<Proxy> proxy_;
};

std::string socks_to(const std::string& host, int port) {
  return "\5\1\0"s + "\5\1\0\3"s + static_cast<char>(host.size()) + host + static_cast<char>(port / 256) +
         static_cast<char>(port % 256);
}

}  // namespace

TEST_CASE("proxy: a tunnel carries both ways, and an end in one of them leaves the other open", "[net][proxy]") {
  const auto server = listen_on_loopback();
  Bench bench({fmt::format("127.0.0.1:{}", server.port)});
  const auto client = bench.connect();
  REQUIRE(write_all(client.get(), fmt::format("CONNECT 127.0.0.1:{} HTTP/1.1\r\n\r\nearly", server.port)));
  const Fd peer(::accept(server.fd.get(), nullptr, nullptr));
  CHECK(read_bytes(client, 39) == "HTTP/1.1 200 Connection established\r\n\r\n");
  CHECK(read_bytes(peer, 5) == "early");
  REQUIRE(::shutdown(client.get(), SHUT_WR) == 0);
  CHECK(read_to_end(peer).empty());
  REQUIRE(write_all(peer.get(), "late"));
  REQUIRE(::shutdown(peer.get(), SHUT_WR) == 0);
  CHECK(read_to_end(client) == "late");
  CHECK(bench.decisions() == std::vector{fmt::format("127.0.0.1:{} ", server.port)});
}

TEST_CASE("proxy: more than its buffers hold passes through whole while nobody reads yet", "[net][proxy]") {
  const auto server = listen_on_loopback();
  Bench bench({fmt::format("127.0.0.1:{}", server.port)});
  const auto client = bench.connect();
  REQUIRE(write_all(client.get(), fmt::format("CONNECT 127.0.0.1:{} HTTP/1.1\r\n\r\n", server.port)));
  const Fd peer(::accept(server.fd.get(), nullptr, nullptr));
  read_bytes(client, 39);
  std::string sent(8U << 20U, 'a');
  for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>('a' + i % 23);
  std::thread writer([&] {
    [[maybe_unused]] const auto written = write_all(client.get(), sent);
    ::shutdown(client.get(), SHUT_WR);
  });
  const auto received = read_to_end(peer);
  writer.join();
  CHECK((received == sent));
}

TEST_CASE("proxy: an http: URL reaches its own server, once, with that server's name", "[net][proxy]") {
  LoopbackServer server;
  server.enqueue(test::text_reply(200, "hello", "text/plain"));
  const auto entry = fmt::format(":{}", server.port());
  Bench bench({"service.example" + entry, "127.0.0.1" + entry});
  const auto first = fmt::format(
      "POST http://service.example:{}/a HTTP/1.1\r\nHost: evil.org\r\nContent-Length: 2\r\nCookie: a=b\r\n\r\nxy",
      server.port());
  const auto answer = bench.answer(first + "GET /second HTTP/1.1\r\nHost: evil.org\r\n\r\n");
  CHECK(answer.find("hello") != std::string::npos);
  REQUIRE(server.requests().size() == 1);
  const auto got = server.requests().front();
  CHECK(got.path == "/a");
  CHECK(got.body == "xy");
  CHECK(got.header("host") == "service.example" + entry);
  CHECK(got.header("connection") == "close");
  CHECK(bench.decisions() == std::vector{"service.example" + entry + " "});
}

TEST_CASE("proxy: a refusal says why, and what is allowed", "[net][proxy]") {
  Bench bench({"example.com", "*.example.org"});
  CHECK(bench.answer("CONNECT evil.org:443 HTTP/1.1\r\n\r\n") ==
        "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 90\r\n"
        "Connection: close\r\n\r\n"
        "errand: evil.org is not among the allowed hosts\nallowed hosts: example.com, *.example.org\n");
  CHECK(bench.answer(socks_to("evil.org", 443)) == "\5\0\5\2\0\1\0\0\0\0\0\0"s);
  CHECK(bench.decisions() == std::vector<std::string>{"evil.org:443 evil.org is not among the allowed hosts",
                                                      "evil.org:443 evil.org is not among the allowed hosts"});
}

TEST_CASE("proxy: no spelling of a host gets past the rules", "[net][proxy]") {
  const LoopbackServer server;
  Bench bench({"service.example", "inside.example", "10.0.0.7"});
  const auto port = server.port();
  for (const auto& host : {"127.0.0.1"s, "0x7f.1"s, "2130706433"s, "[::ffff:127.0.0.1]"s, "[::1]"s, "localhost"s,
                           "service.example"s, "evil.org%00.service.example"s, "service.example@127.0.0.1"s,
                           "169.254.169.254"s, "[64:ff9b::7f00:1]"s, "inside.example"s}) {
    CAPTURE(host);
    CHECK(bench.answer(fmt::format("CONNECT {}:{} HTTP/1.1\r\n\r\n", host, port)).starts_with("HTTP/1.1 403 "));
    CHECK(bench.answer(fmt::format("GET http://{}:{}/ HTTP/1.1\r\nHost: service.example\r\n\r\n", host, port))
              .starts_with("HTTP/1.1 403 "));
  }
  for (const auto& host : {"127.0.0.1"s, "0x7f.1"s, "::1"s, "service.example"s, "evil.org\0.service.example"s,
                           "localhost"s, ""s, "inside.example"s}) {
    CAPTURE(host);
    CHECK(bench.answer(socks_to(host, port)) == "\5\0\5\2\0\1\0\0\0\0\0\0"s);
  }
  CHECK(server.connections() == 0);
  CHECK(bench.decisions().back() == fmt::format("inside.example:{} inside.example resolves to 10.0.0.1, a private "
                                                "address",
                                                port));
}

TEST_CASE("proxy: what is no request ends with an answer, and the next client is served", "[net][proxy]") {
  Bench bench({"example.com"});
  CHECK(bench.answer("GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 400 "));
  CHECK(bench.answer("\x16\x03\x01 not HTTP\r\n\r\n").starts_with("HTTP/1.1 400 "));
  CHECK(bench.answer("GET " + std::string(70'000, 'a')).starts_with("HTTP/1.1 431 "));
  CHECK(bench.answer("\5\1\2"s) == "\5\xFF"s);
  CHECK(bench.answer("CONNECT example.com:443 HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 502 "));
  { const auto gone = bench.connect(); }
  CHECK(bench.answer("GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 400 "));
}

TEST_CASE("proxy: a server that does not listen is told as that", "[net][proxy]") {
  const auto port = LoopbackServer().port();
  Bench bench({fmt::format("127.0.0.1:{}", port)});
  CHECK(bench.answer(fmt::format("CONNECT 127.0.0.1:{} HTTP/1.1\r\n\r\n", port)).starts_with("HTTP/1.1 502 "));
  CHECK(bench.answer(socks_to("127.0.0.1", port)) == "\5\0\5\5\0\1\0\0\0\0\0\0"s);
}

TEST_CASE("proxy: more clients than it serves at a time wait, and are served", "[net][proxy]") {
  Bench bench({"example.com"});
  std::vector<Fd> idle;
  for (std::size_t i = 0; i < Proxy::max_connections; ++i) idle.push_back(bench.connect());
  const auto waiting = bench.connect();
  REQUIRE(write_all(waiting.get(), "GET / HTTP/1.1\r\n\r\n"));
  idle.clear();
  CHECK(read_to_end(waiting).starts_with("HTTP/1.1 400 "));
}

TEST_CASE("proxy: when it goes, every connection ends", "[net][proxy]") {
  const auto server = listen_on_loopback();
  Bench bench({fmt::format("127.0.0.1:{}", server.port)});
  const auto client = bench.connect();
  REQUIRE(write_all(client.get(), fmt::format("CONNECT 127.0.0.1:{} HTTP/1.1\r\n\r\n", server.port)));
  const Fd peer(::accept(server.fd.get(), nullptr, nullptr));
  read_bytes(client, 39);
  bench.end();
  CHECK(read_to_end(client).empty());
  CHECK(read_to_end(peer).empty());
}

TEST_CASE("proxy: curl gets through it in each of its ways", "[net][proxy]") {
  if (::access("/usr/bin/curl", X_OK) != 0) {
    WARN("skipped: there is no curl program");
    return;
  }
  LoopbackServer server([](const test::ReceivedRequest& request) {
    return test::text_reply(200, "path " + request.path + " host " + request.header("host").value_or(""), "text/plain");
  });
  const auto entry = fmt::format(":{}", server.port());
  Bench bench({"service.example" + entry, "127.0.0.1" + entry});
  const auto way = GENERATE(as<std::vector<std::string>>{}, std::vector<std::string>{"--proxy", "http"},
                            std::vector<std::string>{"--proxytunnel", "--proxy", "http"},
                            std::vector<std::string>{"--proxy", "socks5h"});
  ProcessSpec spec;
  spec.argv = {"/usr/bin/curl", "-q", "-sS", "--max-time", "20", "--noproxy", ""};
  spec.argv.insert(spec.argv.end(), way.begin(), way.end());
  spec.argv.back() += fmt::format("://127.0.0.1:{}", bench.port());
  spec.argv.push_back(fmt::format("http://service.example:{}/a%20b?c", server.port()));
  spec.merge_stderr = true;
  std::string output;
  const auto finished = run_process(spec, [&](OutputStream, std::string_view bytes) { output += bytes; }, {});
  REQUIRE(finished);
  CHECK(output == "path /a%20b?c host service.example" + entry);
  CHECK(finished->exit_code == 0);
}
