#include <catch2/catch.hpp>

#include "base/json.hpp"
#include "chat/codec.hpp"

using namespace errand;
using namespace errand::chat;

namespace {

std::string nested(std::size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

}  // namespace

TEST_CASE("parse_json: whichever way a text is read, it is what it was", "[chat][parse_json]") {
  const auto text =
      GENERATE(as<std::string>{}, "null", " true ", "[]", "{}", "\"\"", "0", "-0", "7", "-7", "1.0", "-1.5e-3", "0.1",
               "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551615",
               "18446744073709551616", "-9223372036854775809", "1e308", R"({"b":1,"a":[2,{"c":null}],"b":3,"":4})",
               R"("\u00e4\ud83d\ude00\n\"\\\/\u0000")", "\xEF\xBB\xBF{\"a\":1}", "\"\xC3\xA4\xF0\x9F\x98\x80\x7F\"");
  const auto padding = GENERATE(0, 20'000);
  const auto whole = "[" + text + std::string(static_cast<std::size_t>(padding), ' ') + "]";
  CAPTURE(whole.substr(0, 100));
  const auto direct = Json::parse(whole, nullptr, false);
  const auto parsed = parse_json(whole);
  REQUIRE(parsed.has_value() == !direct.is_discarded());
  if (!parsed) return;
  CHECK(*parsed == direct);
  CHECK(parsed->dump() == direct.dump());
  // A zero is a zero.
  if (text != "-0") CHECK(parsed->at(0).type() == direct.at(0).type());
}

TEST_CASE("parse_json: what is no JSON is refused, with its place", "[chat][parse_json]") {
  const auto text =
      GENERATE(as<std::string>{}, "", " ", "{", "[1,]", "{\"a\":1,}", "nul", "1 2", "01", "1e999", "\"\n\"", "\"\\x\"",
               R"("\ud800")", R"("\ud800\u0041")", R"("\udc00")", R"("\udc00\ud800")", "\"\xFF\"", "\"\xC0\x80\"",
               "\"\xED\xA0\x80\"", "\"\xF4\x90\x80\x80\"", "{\"a\" 1}", "{1:2}", "'a'", "[1] x");
  CAPTURE(text);
  const auto parsed = parse_json(text);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().message.find("not JSON: ") == 0);
  CHECK(parsed.error().message.find("json.exception") == std::string::npos);
}

TEST_CASE("parse_json: a mistake is told with its place, in our words", "[chat][parse_json]") {
  CHECK(parse_json("{\"a\": nul}").error().message == "not JSON: a mistake at line 1, column 10");
  CHECK(parse_json("{\n  \"a\" 1}").error().message == "not JSON: a mistake at line 2, column 7");
  CHECK(parse_json("{\"a\":").error().message == "not JSON: it ends too early at line 1, column 6");
  CHECK(parse_json("[1e999]").error().message == "not JSON: a number is out of range");
}

TEST_CASE("parse_json: a text that is nowhere is none", "[chat][parse_json]") {
  CHECK_FALSE(parse_json(std::string_view()));
  CHECK(parse_arguments(std::string_view())->empty());
}

TEST_CASE("parse_json: a byte order mark before a text is passed over", "[chat][parse_json]") {
  CHECK(parse_json("\xEF\xBB\xBF{\"a\":1}").value().at("a") == 1);
}

TEST_CASE("parse_json: it nests to its limit and no deeper", "[chat][parse_json]") {
  CHECK(parse_json(nested(max_json_depth)));
  const auto deeper = parse_json(nested(max_json_depth + 1));
  REQUIRE_FALSE(deeper);
  CHECK(deeper.error().message == "JSON that nests deeper than 256 levels");
}
