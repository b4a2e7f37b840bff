#include "net/url.hpp"

#include <string>

#include <catch2/catch.hpp>

namespace net = errand::net;

namespace {

std::string parsed(std::string_view text) {
  const auto url = net::parse_url(text);
  return url ? url->text() : "refused";
}

}  // namespace

TEST_CASE("url: what is read is written anew, and nothing else is taken for one", "[net][url]") {
  struct Row {
    std::string text, expected;
  };
  const auto row = GENERATE(values<Row>({
      {"https://Example.com", "https://example.com/"},
      {"HTTP://example.com:80/a?b#c", "http://example.com/a?b"},
      {"https://example.com:80", "https://example.com:80/"},
      {"https://example.com?q=1", "https://example.com/?q=1"},
      {" https://example.com/a b\n", "https://example.com/a%20b"},
      {"https://example.com/\xC3\xBC\\x", "https://example.com/%C3%BC%5Cx"},
      {"http://0x7f.1:8080/", "http://127.0.0.1:8080/"},
      {"http://[::ffff:10.0.0.1]/", "http://10.0.0.1/"},
      {"http://[2001:DB8::1]:443/", "http://[2001:db8::1]:443/"},
      {"https://example.com/@x:y", "https://example.com/@x:y"},
      {"ftp://example.com", "refused"},
      {"file:///etc/passwd", "refused"},
      {"gopher://127.0.0.1", "refused"},
      {"javascript:alert(1)", "refused"},
      {"//example.com", "refused"},
      {"example.com", "refused"},
      {"https:example.com", "refused"},
      {"https:/example.com", "refused"},
      {"https:///example.com", "refused"},
      {"https://", "refused"},
      {"https://?x", "refused"},
      {"https://user:secret@example.com/", "refused"},
      {"https://example.com@evil.org/", "refused"},
      {"https://evil.org\\@example.com/", "refused"},
      {"https://example.com\\.evil.org/", "refused"},
      {"https://exam\tple.com/", "refused"},
      {"https://example.com/a\r\nHost: evil.org", "refused"},
      {std::string("https://example.com\0.evil.org", 29), "refused"},
      {"https://%31%32%37.0.0.1/", "refused"},
      {"https://example.com:0/", "refused"},
      {"https://example.com:99999/", "refused"},
      {"https://example.com/" + std::string(20000, 'a'), "refused"},
  }));
  CAPTURE(row.text);
  CHECK(parsed(row.text) == row.expected);
}

TEST_CASE("url: a reference is read against the page it stands on", "[net][url]") {
  const auto base = net::parse_url("https://example.com:8443/a/b/c?q");
  REQUIRE(base);
  const auto resolved = [&](std::string_view reference) {
    const auto url = net::resolve_url(*base, reference);
    return url ? url->text() : "refused";
  };
  CHECK(resolved("d") == "https://example.com:8443/a/b/d");
  CHECK(resolved("./d?x") == "https://example.com:8443/a/b/d?x");
  CHECK(resolved("../d") == "https://example.com:8443/a/d");
  CHECK(resolved("../../../../d") == "https://example.com:8443/d");
  CHECK(resolved("..") == "https://example.com:8443/a/");
  CHECK(resolved("/d") == "https://example.com:8443/d");
  CHECK(resolved("?x") == "https://example.com:8443/a/b/c?x");
  CHECK(resolved("#x") == "https://example.com:8443/a/b/c?q");
  CHECK(resolved("") == "https://example.com:8443/a/b/c?q");
  CHECK(resolved("//evil.org/x") == "https://evil.org/x");
  CHECK(resolved("http://evil.org") == "http://evil.org/");
  CHECK(resolved("file:///etc/passwd") == "refused");
  CHECK(resolved("//user@evil.org/") == "refused");
  CHECK(resolved("/a\nb") == "refused");
}
