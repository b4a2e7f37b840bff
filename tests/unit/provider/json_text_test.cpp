#include "provider/json_text.hpp"

#include <catch2/catch.hpp>

#include "base/json.hpp"
#include "chat/codec.hpp"

namespace errand::provider {

namespace {

// The value of "s" in an object, read by the scanner; "(no)" when it would not.
std::string scanned(const std::string& json) {
  JsonScanner scanner(json);
  std::string_view key;
  std::string out = "(none)";
  scanner.begin_object();
  while (scanner.next_key(key)) {
    if (key == "s") {
      scanner.string(out);
    } else {
      scanner.skip();
    }
  }
  return scanner.finished() ? out : "(no)";
}

}  // namespace

TEST_CASE("json string: every byte at every place reads back as it was", "[provider][json]") {
  for (int byte = 0; byte < 0x80; ++byte) {
    for (std::size_t length = 1; length <= 18; ++length) {
      for (std::size_t at = 0; at < length; ++at) {
        std::string value(length, 'x');
        value[at] = static_cast<char>(byte);
        std::string out;
        append_json_string(out, value);
        const auto read = Json::parse(out, nullptr, false);
        const bool same = read.is_string() && read.get<std::string>() == value;
        if (!same) FAIL(byte << " at " << at << " of " << length << ": " << out);
      }
    }
  }
  std::string out;
  append_json_string(out, "\x80 \xC3\xA4 \xFF");
  CHECK(Json::parse(out).get<std::string>() == "\xEF\xBF\xBD \xC3\xA4 \xEF\xBF\xBD");
}

TEST_CASE("json scanner: what it reads is what a document holds, and it reads nothing else", "[provider][json]") {
  const auto text = GENERATE(as<std::string>{}, R"({"s":"a\n\"\\\/\b\f\r\t\u00e9\u20AC\uD83D\uDE00 é😀"})",
                             R"( { "x" : [1, -2.5e3, {"s":"inner"}, "]}\"", null] , "s" : "v" , "y":true } )",
                             R"({"s":""})", R"({"x":{}})", "{}");
  const auto document = Json::parse(text);
  CHECK(scanned(text) == document.value("s", "(none)"));
}

TEST_CASE("json scanner: what is no JSON, or cut, is left to others", "[provider][json]") {
  const auto text = GENERATE(as<std::string>{}, "", "{", "[]", R"({"s":"a)", R"({"s":"a"}})", R"({"s":"a"} x)",
                             R"({"s":"\x"})", R"({"s":"\uD83D"})", R"({"s":"\uDE00\uD83D"})", R"({"s":"\u12"})",
                             "{\"s\":\"a\nb\"}", "{\"s\":\"\xFF\"}", "{\"s\":\"\xC3\"}", R"({"x":tru,"s":"a"})",
                             R"({"x":[1,"s":"a"})", R"({"x"})", R"({"x":})", R"({,"s":"a"})", R"({"s" "a"})");
  CAPTURE(text);
  CHECK(scanned(text) == "(no)");
}

TEST_CASE("json scanner: indices are short whole numbers", "[provider][json]") {
  const auto number = [](const char* text) {
    JsonScanner scanner(text);
    std::size_t out = 0;
    scanner.number(out);
    return scanner.finished() ? static_cast<int>(out) : -1;
  };
  CHECK(number(" 0 ") == 0);
  CHECK(number("123456789") == 123456789);
  for (const char* other : {"", "-1", "01", "1.0", "1e3", "1234567890", "\"1\"", "99999999999999999999999"}) {
    CAPTURE(other);
    CHECK(number(other) == -1);
  }
}

TEST_CASE("json writer: any bytes become JSON that reads back, in the order they were written", "[provider][json]") {
  std::string out;
  JsonWriter json(out);
  json.begin_object().field("a\"", std::string("\0\x1f\n\\\"é😀", 11)).key("list").begin_array().number(-7).raw("1.0");
  json.begin_object().end_object().string("bad \xFF").end_array().key("o").begin_object().end_object().end_object();
  CHECK(out == "{\"a\\\"\":\"\\u0000\\u001f\\n\\\\\\\"é😀\",\"list\":[-7,1.0,{},\"bad \xEF\xBF\xBD\"],\"o\":{}}");
  CHECK(Json::parse(out).at("a\"") == std::string("\0\x1f\n\\\"é😀", 11));
}

TEST_CASE("json text: arguments go back as they came when they are an object, else wrapped", "[provider][json]") {
  CHECK(object_text(" {\"a\": 1.0, \"a\":2}\n") == "{\"a\": 1.0, \"a\":2}");
  CHECK(object_text("") == "{}");
  CHECK(object_text(" \n") == "{}");
  for (const std::string broken : {"{\"a\":", "[1]", "null", "\"x\"", "{} {}", "{\"a\":\xFF}"}) {
    CAPTURE(broken);
    const auto wrapped = Json::parse(object_text(broken));
    CHECK(wrapped.at("INVALID_JSON").is_string());
  }
  CHECK(Json::parse(object_text("[1]")) == Json{{"INVALID_JSON", "[1]"}});
  const auto deep = "{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  CHECK(Json::parse(object_text(deep)).contains("INVALID_JSON"));
}

}  // namespace errand::provider
