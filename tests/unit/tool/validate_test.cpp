#include <catch2/catch.hpp>

#include "base/json.hpp"
#include "tool/tool.hpp"

namespace errand::tool {
namespace {

chat::ToolSpec spec() {
  return {.name = "Demo", .description = "", .input_schema = R"({"type":"object","properties":{
            "path":{"type":"string","minLength":1},"count":{"type":"integer","minimum":1,"maximum":10},
            "mode":{"type":"string","enum":["fast","slow"]},"on":{"type":"boolean"},"ratio":{"type":"number"},
            "either":{"type":["string","null"]},
            "list":{"type":"array","minItems":1,"maxItems":2,"items":{"type":"object",
              "properties":{"name":{"type":"string"}},"required":["name"],"additionalProperties":false}}},
            "required":["path"],"additionalProperties":false})"};
}

TEST_CASE("validate: a wrong field is told in one sentence with what came and what is expected", "[tool][validate]") {
  struct Row {
    const char* input;
    const char* message;  // empty: valid
  };
  const auto row = GENERATE(values<Row>({
      {R"({"path":"a","list":[{"name":"x"},{"nmae":"y"}]})",
       R"(Demo: "list[1]" has no field "nmae"; did you mean "name"? known fields: name)"},
      {R"({"path":"a","count":"3"})", R"(Demo: "count" must be an integer, not the string "3")"},
      {R"({"path":"a","count":2.5})", R"(Demo: "count" must be an integer, not the number 2.5)"},
      {R"({"path":"a","count":1e300})", R"(Demo: "count" must be an integer, not the number 1e+300)"},
      {R"({"path":"a","count":18446744073709551615})",
       R"(Demo: "count" must be an integer, not the number 18446744073709551615)"},
      {R"({"path":"a","count":0})", R"(Demo: "count" must be at least 1, not 0)"},
      {R"({"path":"a","count":11})", R"(Demo: "count" must be at most 10, not 11)"},
      {R"({"path":"a","count":5.0})", ""},
      {R"({"path":"a","on":"true"})", R"(Demo: "on" must be a boolean, not the string "true")"},
      {R"({"path":"a","mode":"medium"})", R"(Demo: "mode" must be one of fast, slow, not the string "medium")"},
      {R"({"path":"a","either":3})", R"(Demo: "either" must be a string or null, not the number 3)"},
      {R"({"path":"a","either":null,"ratio":3})", ""},
      {R"({"path":""})", R"(Demo: "path" must not be empty)"},
      {R"({"path":"a","list":[]})", R"(Demo: "list" must have at least 1 entries, not 0)"},
      {R"({"path":"a","list":[{"name":"x"},{"name":"x"},{"name":"x"}]})",
       R"(Demo: "list" must have at most 2 entries, not 3)"},
      {R"({"path":"a","list":[{}]})", R"(Demo: "list[0]" needs "name" (a string))"},
      {R"({})", R"(the input of Demo needs "path" (a string))"},
      {R"({"pth":"a"})",
       R"(the input of Demo has no field "pth"; did you mean "path"? known fields: path, count, mode, on, ratio, either, list)"},
      {R"(["a"])", R"(the input of Demo must be an object, not an array)"},
      {R"(null)", R"(the input of Demo must be an object, not null)"},
      {R"({"path":"a"})", ""},
  }));
  CAPTURE(row.input);
  const auto result = validate(spec(), Json::parse(row.input));
  CHECK((result ? std::string() : result.error().message) == row.message);
  if (!result) CHECK(result.error().kind == ErrorKind::failure);
}

TEST_CASE("validate: keywords it does not know are left to whoever wrote the schema", "[tool][validate]") {
  auto foreign = spec();
  foreign.input_schema = R"({"$ref":"#/x","oneOf":[{"type":"string"}],"properties":{"a":true,"b":{"type":7}}})";
  CHECK(validate(foreign, Json::parse(R"({"a":1,"b":2,"c":3})")));
}

TEST_CASE("validate: a schema that is none is our mistake, not the model's", "[tool][validate]") {
  auto broken = spec();
  broken.input_schema = "{";
  const auto result = validate(broken, Json::object());
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::internal);
}

}  // namespace
}  // namespace errand::tool
