#include "net/host.hpp"

#include <string>
#include <string_view>

#include <catch2/catch.hpp>

namespace net = errand::net;
using errand::ErrorKind;

namespace {

std::string parsed(std::string_view text) {
  const auto host = net::parse_host(text);
  if (!host) return host.error().kind == ErrorKind::denied ? "refused" : host.error().message;
  return host->address ? "address " + host->name : host->name;
}

}  // namespace

TEST_CASE("host: every spelling of an address is that address", "[net][host]") {
  struct Row {
    std::string_view text, expected;
  };
  const auto row = GENERATE(values<Row>({
      {"127.0.0.1", "address 127.0.0.1"},
      {"127.1", "address 127.0.0.1"},
      {"127.0.1", "address 127.0.0.1"},
      {"0", "address 0.0.0.0"},
      {"0x0", "address 0.0.0.0"},
      {"0x", "address 0.0.0.0"},
      {"2130706433", "address 127.0.0.1"},
      {"017700000001", "address 127.0.0.1"},
      {"0x7f000001", "address 127.0.0.1"},
      {"0X7F.1", "address 127.0.0.1"},
      {"0177.0.0.01", "address 127.0.0.1"},
      {"127.0.0.0x1", "address 127.0.0.1"},
      {"127.0.0.1.", "address 127.0.0.1"},
      {"0xa9.0376.43518", "address 169.254.169.254"},
      {"[::1]", "address ::1"},
      {"::1", "address ::1"},
      {"[0:0:0:0:0:0:0:1]", "address ::1"},
      {"[::ffff:127.0.0.1]", "address 127.0.0.1"},
      {"[::FFFF:7f00:1]", "address 127.0.0.1"},
      {"\xEF\xBC\x91\xEF\xBC\x92\xEF\xBC\x97.1", "address 127.0.0.1"},  // full-width 127
      {"127\xE3\x80\x82"
       "0\xE3\x80\x82"
       "0\xE3\x80\x82"
       "1",
       "address 127.0.0.1"},                                                // ideographic full stops
      {"\xE2\x91\xA0\xE2\x91\xA1\xE2\x91\xA6.0.0.1", "address 127.0.0.1"},  // circled digits
      {"256.1", "refused"},
      {"1.2.3.256", "refused"},
      {"1.2.3.4.5", "refused"},
      {"4294967296", "refused"},
      {"99999999999999999999999999", "refused"},
      {"0x1ffffffff", "refused"},
      {"08.1.1.1", "refused"},
      {"127.0.0.1..", "refused"},
      {"1..1", "refused"},
      {"foo.1", "refused"},
      {"foo.0x1", "refused"},
      {"[fe80::1%25lo]", "refused"},
      {"[fe80::1%lo]", "refused"},
      {"fe80::1%1", "refused"},
      {"[::1", "refused"},
      {"[127.0.0.1]:", "refused"},
      {"[]", "refused"},
  }));
  CAPTURE(row.text);
  CHECK(parsed(row.text) == row.expected);
}

TEST_CASE("host: a name has one spelling", "[net][host]") {
  struct Row {
    std::string text, expected;
  };
  const auto row = GENERATE(values<Row>({
      {"Example.COM", "example.com"},
      {"example.com.", "example.com"},
      {"_dmarc.example.com", "_dmarc.example.com"},
      {"1.2.3.4.nip.io", "1.2.3.4.nip.io"},
      {"0xzz", "0xzz"},
      {"b\xC3\xBC"
       "cher.example",
       "xn--bcher-kva.example"},
      {"fa\xC3\x9F.de", "xn--fa-hia.de"},
      {"\xEF\xBC\xA7oogle\xEF\xBC\x8E"
       "com",
       "google.com"},
      {std::string("evil.org\0.example.com", 21), "refused"},
      {"a%2eb", "refused"},
      {"user@example.com", "refused"},
      {"example.com\\evil.org", "refused"},
      {"example.com/x", "refused"},
      {"exa mple.com", "refused"},
      {"example.com\r\nx", "refused"},
      {"-a.com", "refused"},
      {"a-.com", "refused"},
      {"a..com", "refused"},
      {".com", "refused"},
      {".", "refused"},
      {"", "refused"},
      {"*.com", "refused"},
      {"\xFF.com", "refused"},
      {"a\xE2\x84\x80"
       "b.com",
       "refused"},  // U+2100 maps to "a/c"
      {"\xE2\x80\xAE"
       "moc.elpmaxe",
       "refused"},
      {std::string(64, 'a') + ".com", "refused"},
      {std::string(63, 'a') + ".com", std::string(63, 'a') + ".com"},
      {std::string(2000, 'a'), "refused"},
  }));
  CAPTURE(row.text);
  CHECK(parsed(row.text) == row.expected);
}

TEST_CASE("host: a port is decimal and stands behind the host", "[net][host]") {
  const auto read = [](std::string_view text) {
    const auto both = net::parse_host_port(text, 443);
    return both ? net::in_url(both->host) + " " + std::to_string(both->port) : "refused";
  };
  CHECK(read("Example.com") == "example.com 443");
  CHECK(read("example.com:80") == "example.com 80");
  CHECK(read("[::1]:8080") == "[::1] 8080");
  CHECK(read("[::1]") == "[::1] 443");
  CHECK(read("127.1:65535") == "127.0.0.1 65535");
  for (const auto* wrong : {"::1:80", "a:0", "a:65536", "a:", "a:+1", "a: 1", "a:1:2", ":80", "[::1]80", "a:0x50"}) {
    CAPTURE(wrong);
    CHECK(read(wrong) == "refused");
  }
  CHECK_FALSE(net::parse_host_port("example.com", 0));
}

TEST_CASE("host: a refusal quotes what it refuses without its control characters", "[net][host]") {
  const auto refused = net::parse_host("a\x1B[31m b");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find('\x1B') == std::string::npos);
}
