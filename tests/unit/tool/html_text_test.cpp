#include "tool/html_text.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "net/url.hpp"

using namespace errand;
using namespace errand::tool;

namespace {

PageText read(std::string_view html) {
  const auto base = net::parse_url("https://example.com/dir/page");
  auto page = html_to_text(html, [&](std::string_view href) -> std::string {
    const auto url = net::resolve_url(*base, href);
    return href.starts_with('#') || !url ? std::string{} : url->text();
  });
  REQUIRE(page);
  return *std::move(page);
}

std::string golden(const std::string& name) {
  const auto content = read_file(std::string(ERRAND_SOURCE_DIR) + "/tests/golden/tool/html/" + name);
  REQUIRE(content);
  return *content;
}

}  // namespace

TEST_CASE("html: pages become the text people read on them", "[tool][html]") {
  const auto name = GENERATE(as<std::string>{}, "article", "broken");
  CAPTURE(name);
  CHECK(read(golden(name + ".html")).text == golden(name + ".md"));
}

TEST_CASE("html: a page that is nothing before its scripts ran says so", "[tool][html]") {
  const auto page = read(golden("shell.html"));
  CHECK(page.title == "App");
  CHECK(page.text.empty());
  CHECK(page.needs_script);
  CHECK_FALSE(read("<p>short, and all there is</p>").needs_script);
}

TEST_CASE("html: no depth or lack of sense breaks the reader", "[tool][html]") {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<div>";
  const auto page = read("<p>before</p>" + deep + "lost");
  CHECK(page.is_cut);
  CHECK(page.text.starts_with("before\n"));
  CHECK(read("").text.empty());
  CHECK(read("<").text.size() <= 2);
  CHECK(read(std::string("a\0b", 3)).text ==
        "a\xEF\xBF\xBD"
        "b\n");
  CHECK(read("<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><p>&e;</p>").text.find("root:") ==
        std::string::npos);
}

TEST_CASE("html: code with its own fences stays code", "[tool][html]") {
  CHECK(read("<pre>```\nx\n```</pre>").text == "~~~~~~\n```\nx\n```\n~~~~~~\n");
  CHECK(read("a <code>b`c</code> d").text == "a ``b`c`` d\n");
}
