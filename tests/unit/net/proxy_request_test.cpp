#include "net/proxy_request.hpp"

#include <string>
#include <string_view>

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace net = errand::net;
using namespace std::string_literals;

namespace {

// "host:port body=N rest=M" and the head behind it; "more"; or the code of what is wrong.
template <class Read>
std::string shown(const Read& read, std::size_t size) {
  if (!read) return std::to_string(read.error().code);
  if (!*read) return "more";
  const auto& request = **read;
  return fmt::format("{}:{} body={} rest={}{}{}", request.wanted.host.name, request.wanted.port, request.body_bytes,
                     size - request.consumed, request.head.empty() ? "" : "\n", request.head);
}

std::string http(std::string_view bytes) {
  return shown(net::read_http_request(bytes), bytes.size());
}

std::string socks(std::string_view bytes) {
  return shown(net::read_socks_request(bytes), bytes.size());
}

}  // namespace

TEST_CASE("proxy request: a tunnel goes where its first line says, whatever its headers say", "[net][proxy]") {
  CHECK(http("CONNECT Example.com:443 HTTP/1.1\r\nHost: evil.org\r\nContent-Length: 9\r\n\r\nhello") ==
        "example.com:443 body=0 rest=5");
  CHECK(http("CONNECT [::1]:22 HTTP/1.0\r\n\r\n") == "::1:22 body=0 rest=0");
  CHECK(http("CONNECT example.com HTTP/1.1\r\n\r\n") == "403");
  CHECK(http("CONNECT http://example.com/ HTTP/1.1\r\n\r\n") == "403");
  CHECK(http("CONNECT evil.org\0.example.com:443 HTTP/1.1\r\n\r\n"s) == "400");
  CHECK(http("CONNECT a@example.com:443 HTTP/1.1\r\n\r\n") == "403");
}

TEST_CASE("proxy request: a server reads the host its URL names, and no header meant for the proxy", "[net][proxy]") {
  CHECK(http("POST http://Example.com:8080/a?b HTTP/1.1\r\nHost: evil.org\r\nProxy-Authorization: Basic eA==\r\n"
             "Connection: x-hop, close\r\nX-Hop: 1\r\nX-Kept:  2 \r\nUpgrade: websocket\r\nContent-Length: "
             "3\r\n\r\nabcd") ==
        "example.com:8080 body=3 rest=4\nPOST /a?b HTTP/1.1\r\nHost: example.com:8080\r\nX-Kept: 2\r\n"
        "Content-Length: 3\r\nConnection: close\r\n\r\n");
  CHECK(http("GET http://a.com/ HTTP/1.1\r\nConnection: Content-Length, host\r\nContent-Length: 2\r\n\r\nGE") ==
        "a.com:80 body=2 rest=2\nGET / HTTP/1.1\r\nHost: a.com\r\nContent-Length: 2\r\nConnection: close\r\n\r\n");
  CHECK(http("GET http://[::ffff:127.0.0.1] HTTP/1.0\r\n\r\n") ==
        "127.0.0.1:80 body=0 rest=0\nGET / HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
}

TEST_CASE("proxy request: what could be read in two ways is refused", "[net][proxy]") {
  struct Row {
    std::string bytes, expected;
  };
  const auto row = GENERATE(values<Row>({
      {"", "more"},
      {"GET http://a.com/ HTTP/1.1\r\n", "more"},
      {"GET http://a.com/ HTTP/1.1\n\n", "more"},
      {"GET / HTTP/1.1\r\nHost: a.com\r\n\r\n", "400"},
      {"OPTIONS * HTTP/1.1\r\n\r\n", "400"},
      {"GET https://a.com/ HTTP/1.1\r\n\r\n", "400"},
      {"GET ftp://a.com/ HTTP/1.1\r\n\r\n", "400"},
      {"GET http://u:p@a.com/ HTTP/1.1\r\n\r\n", "403"},
      {"GET http://a.com/ HTTP/2\r\n\r\n", "505"},
      {"GET http://a.com/ b HTTP/1.1\r\n\r\n", "400"},
      {"GET  http://a.com/ HTTP/1.1\r\n\r\n", "400"},
      {"GET\r\n\r\n", "400"},
      {"G(T http://a.com/ HTTP/1.1\r\n\r\n", "400"},
      {"GET http://a.com/ HTTP/1.1\r\nX: 1\r\n folded\r\n\r\n", "400"},
      {"GET http://a.com/ HTTP/1.1\r\nX : 1\r\n\r\n", "400"},
      {"GET http://a.com/ HTTP/1.1\r\nno colon\r\n\r\n", "400"},
      {"GET http://a.com/ HTTP/1.1\r\nX: a\nY: b\r\n\r\n", "400"},
      {"GET http://a.com/ HTTP/1.1\r\nX: a\rY: b\r\n\r\n", "400"},
      {"GET http://a.com/ HTTP/1.1\r\nX: \0\r\n\r\n"s, "400"},
      {"POST http://a.com/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", "400"},
      {"POST http://a.com/ HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n", "400"},
      {"POST http://a.com/ HTTP/1.1\r\nContent-Length: +1\r\n\r\n", "400"},
      {"POST http://a.com/ HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n", "400"},
      {"POST http://a.com/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", "411"},
      {"POST http://a.com/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "411"},
  }));
  CAPTURE(row.bytes);
  CHECK(http(row.bytes) == row.expected);
}

TEST_CASE("proxy request: SOCKS5 names and addresses are judged alike", "[net][proxy]") {
  const auto name = [](const std::string& host) {
    return "\5\1\0\3"s + static_cast<char>(host.size()) + host + "\1\xBB"s;
  };
  CHECK(socks(name("Example.com") + "x") == "example.com:443 body=0 rest=1");
  CHECK(socks(name("127.0.0.1")) == "127.0.0.1:443 body=0 rest=0");
  CHECK(socks(name("0x7f.1")) == "127.0.0.1:443 body=0 rest=0");
  CHECK(socks("\5\1\0\1\x7F\0\0\1\0\x50"s) == "127.0.0.1:80 body=0 rest=0");
  CHECK(socks("\5\1\0\4"s + std::string(15, '\0') + "\1\0\x50"s) == "::1:80 body=0 rest=0");
  CHECK(socks("\5\1\0\4"s + std::string(10, '\0') + "\xFF\xFF\x0A\0\0\1\0\x50"s) == "10.0.0.1:80 body=0 rest=0");
  CHECK(socks(name("evil.org\0.example.com"s)) == "2");
  CHECK(socks(name("")) == "2");
  CHECK(socks("\5\1\0\1\x08\x08\x08\x08\0\0"s) == "2");    // port 0
  CHECK(socks("\5\2\0\1\x08\x08\x08\x08\0\x50"s) == "7");  // BIND
  CHECK(socks("\5\3\0\1\x08\x08\x08\x08\0\x50"s) == "7");  // UDP
  CHECK(socks("\5\1\0\2\x08\x08\x08\x08\0\x50"s) == "8");
  CHECK(socks("\5\1\1\1\x08\x08\x08\x08\0\x50"s) == "1");
  CHECK(socks("\4\1\0\x50\x08\x08\x08\x08\0"s) == "1");
  const auto whole = name("example.com");
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK(socks(whole.substr(0, size)) == "more");
}

TEST_CASE("proxy request: a SOCKS5 client that offers only passwords is turned away", "[net][proxy]") {
  const auto greeting = [](std::string_view bytes) {
    const auto read = net::read_socks_greeting(bytes);
    return !read ? -1 : *read ? static_cast<int>(**read) : 0;
  };
  CHECK(greeting("\5\2\2\0more"s) == 4);
  CHECK(greeting("\5\2\2"s) == 0);
  CHECK(greeting("\5"s) == 0);
  CHECK(greeting("\5\1\2"s) == -1);
  CHECK(greeting("\5\0"s) == -1);
}
