#include "mcp/content.hpp"

#include <catch2/catch.hpp>

using namespace errand;

namespace {

std::string text_of(const Json& result) {
  const auto output = mcp::output_of(result);
  REQUIRE(output);
  return chat::text_of(output->content);
}

}  // namespace

TEST_CASE("content: texts, links and embedded resources are text for a model", "[mcp]") {
  CHECK(text_of({{"content", {{{"type", "text"}, {"text", "a"}}, {{"type", "text"}, {"text", "b"}}}}}) == "a\nb");
  CHECK(text_of({{"content", {{{"type", "resource_link"}, {"uri", "file:///a"}, {"name", "A"}}}}}) ==
        "[link: A file:///a]");
  CHECK(text_of({{"content", {{{"type", "resource"}, {"resource", {{"uri", "x:1"}, {"text", "inside"}}}}}}}) ==
        "[x:1]\ninside");
  CHECK(text_of({{"content", {{{"type", "audio"}, {"data", "AAAA"}}}}}) == "[audio, which is not shown]");
  CHECK(text_of({{"content", Json::array()}}) == "(no output)");
}

TEST_CASE("content: structured content stands in where there is nothing else", "[mcp]") {
  CHECK(text_of({{"content", Json::array()}, {"structuredContent", {{"n", 1}}}}) == R"({"n":1})");
  CHECK(text_of({{"content", {{{"type", "text"}, {"text", "one"}}}}, {"structuredContent", {{"n", 1}}}}) == "one");
}

TEST_CASE("content: an image is an image, where models know its kind", "[mcp]") {
  const auto output =
      mcp::output_of({{"content", {{{"type", "image"}, {"mimeType", "image/png"}, {"data", "iVBORw0KGgo="}}}}});
  REQUIRE(output);
  const auto* image = std::get_if<chat::Image>(&output->content.front());
  REQUIRE(image != nullptr);
  CHECK(image->bytes == "\x89PNG\r\n\x1a\n");
  CHECK(text_of({{"content", {{{"type", "image"}, {"mimeType", "image/tiff"}, {"data", "aGVsbG8="}}}}}) ==
        "[an image of type image/tiff, 5 bytes, which is not shown]");
}

TEST_CASE("content: a tool's own failure is one; what is no result is none", "[mcp]") {
  const auto failed = mcp::output_of({{"content", {{{"type", "text"}, {"text", "no"}}}}, {"isError", true}});
  REQUIRE(failed);
  CHECK(failed->is_error);
  CHECK_FALSE(mcp::output_of(Json::array()));
  CHECK(text_of({{"content", {{{"type", "image"}, {"data", "%%%"}}, {{"type", "text"}, {"text", "a"}}}}}) ==
        "[an image that can't be read]\na");
}
