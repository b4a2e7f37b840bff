#include "mcp/placeholders.hpp"

#include <catch2/catch.hpp>

using namespace errand;

namespace {

const mcp::Variables variables = {{"DIR", "/data/${TOKEN}"}, {"WIKI_TOKEN", "s3cret"}, {"EMPTY", ""}};

chat::McpServer with_argument(std::string word) {
  return {.name = "files", .command = "serve", .args = {std::move(word)}};
}

}  // namespace

TEST_CASE("placeholders: variables are replaced once, with a text where they are not set", "[mcp]") {
  const auto filled = mcp::filled_in({.name = "wiki",
                                      .command = {},
                                      .env = {{"A", "${DIR}/x"}},
                                      .url = "https://${HOST:-example.com}/mcp",
                                      .headers = {{"Authorization", "Bearer ${WIKI_TOKEN}"}, {"B", "${EMPTY:-none}"}}},
                                     variables);
  REQUIRE(filled);
  CHECK(filled->url == "https://example.com/mcp");
  CHECK(filled->headers[0].second == "Bearer s3cret");
  CHECK(filled->headers[1].second == "none");
  CHECK(filled->env[0].second == "/data/${TOKEN}/x");
}

TEST_CASE("placeholders: what is no name is just text", "[mcp]") {
  for (const auto* word : {"$DIR", "${", "${}", "${1}", "${a b}", "}${", "${DIR"}) {
    CAPTURE(word);
    const auto filled = mcp::filled_in(with_argument(word), variables);
    REQUIRE(filled);
    CHECK(filled->args[0] == word);
  }
}

TEST_CASE("placeholders: a variable that is not set is a mistake that names the server", "[mcp]") {
  const auto filled = mcp::filled_in(with_argument("${NOBODY}"), variables);
  REQUIRE_FALSE(filled);
  CHECK(filled.error().kind == ErrorKind::config);
  CHECK(filled.error().message == "the variable NOBODY is not set");
  CHECK(filled.error().hint == "the MCP server \"files\" needs it");
}

TEST_CASE("placeholders: a secret is never put where every user can read it", "[mcp]") {
  const auto filled = mcp::filled_in(with_argument("--token=${WIKI_TOKEN}"), variables);
  REQUIRE_FALSE(filled);
  CHECK(filled.error().message.find("s3cret") == std::string::npos);
  CHECK(filled.error().hint == "pass it under \"env\"");
}
