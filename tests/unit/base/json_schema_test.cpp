#include "base/json_schema.hpp"

#include <catch2/catch.hpp>

#include "base/json.hpp"
#include "base/text.hpp"

namespace errand::json_schema {
namespace {

// All mistakes, one a line.
std::string said_of(const std::string& schema, const std::string& value, std::size_t most = 10) {
  const auto rules = Json::parse(schema);
  const auto usable = check_schema(rules);
  if (!usable) return usable.error().message;
  std::vector<std::string> out;
  for (const auto& mistake : mistakes_in(Json::parse(value), rules, Keywords::all, most)) {
    out.push_back(to_string(mistake, "it"));
  }
  return text::join(out, "\n");
}

TEST_CASE("json schema: what a value is not is told with its place", "[base][json_schema]") {
  struct Row {
    const char* schema;
    const char* value;
    const char* said;  // empty: it fits
  };
  const auto row = GENERATE(values<Row>({
      // several mistakes at once, in the order of the schema
      {R"({"type":"object","required":["a","b"],"properties":{"a":{"type":"integer"},"b":{"type":"string"}}})",
       R"({"a":"x"})", "it needs \"b\" (a string)\n\"a\" must be an integer, not the string \"x\""},
      {R"({"type":["string","null"]})", "3", "it must be a string or null, not the number 3"},
      {R"({"type":"integer"})", "18446744073709551615", ""},
      {R"({"type":"integer"})", "3.0", ""},
      {"true", "3", ""},
      {"false", "3", "it must not be there"},
      // equality knows no order of fields and no kinds of numbers
      {R"({"const":{"a":1,"b":[2]}})", R"({"b":[2.0],"a":1.0})", ""},
      {R"({"const":1})", "true", "it must be 1, not true"},
      {R"({"enum":[{"a":1,"b":2},"x"]})", R"({"b":2,"a":1})", ""},
      {R"({"enum":["red","green"]})", R"("blue")", "it must be one of red, green, not the string \"blue\""},
      {R"({"exclusiveMinimum":0,"exclusiveMaximum":10})", "0", "it must be more than 0, not 0"},
      {R"({"exclusiveMinimum":0,"exclusiveMaximum":10})", "10", "it must be less than 10, not 10"},
      {R"({"minimum":0,"exclusiveMinimum":true})", "0", "it must be more than 0, not 0"},
      {R"({"minimum":0,"exclusiveMinimum":false})", "0", ""},
      {R"({"multipleOf":0.1})", "0.3", ""},
      {R"({"multipleOf":2})", "3", "it must be a multiple of 2, not 3"},
      // characters, not bytes
      {R"({"maxLength":2,"minLength":2})", R"("äö")", ""},
      {R"({"maxLength":1})", R"("äö")", "it must have at most 1 characters, not 2"},
      {R"({"pattern":"^[a-z]+$"})", R"("a1")", "it must match ^[a-z]+$, and \"a1\" does not"},
      {R"({"pattern":"b"})", R"("abc")", ""},
      {R"({"uniqueItems":true})", R"([1,{"a":1},1.0])", "\"[2]\" is there twice"},
      {R"({"prefixItems":[{"type":"string"}],"items":{"type":"integer"}})", R"(["a",1,"b"])",
       "\"[2]\" must be an integer, not the string \"b\""},
      {R"({"items":[{"type":"string"}],"additionalItems":false})", R"(["a",1])", "\"[1]\" must not be there"},
      {R"({"contains":{"type":"integer"},"maxContains":1})", R"([1,2])",
       "it must have at most 1 entries as \"contains\" says, not 2"},
      {R"({"contains":{"type":"integer"}})", R"(["a"])", "it must have at least 1 entries as \"contains\" says, not 0"},
      {R"({"contains":{"type":"integer"},"minContains":0})", R"(["a"])", ""},
      {R"({"additionalProperties":{"type":"integer"},"patternProperties":{"^x-":{"type":"string"}}})",
       R"({"x-a":"b","c":"d"})", "\"c\" must be an integer, not the string \"d\""},
      {R"({"patternProperties":{"^x-":{"type":"string"}},"additionalProperties":false})", R"({"x-a":1})",
       "\"x-a\" must be a string, not the number 1"},
      {R"({"properties":{"name":{}},"additionalProperties":false})", R"({"nmae":1})",
       "it has no field \"nmae\"; did you mean \"name\"? known fields: name"},
      {R"({"propertyNames":{"maxLength":1}})", R"({"ab":1})",
       "it has a field whose name must have at most 1 characters, not 2"},
      {R"({"minProperties":1})", "{}", "it must have at least 1 fields, not 0"},
      {R"({"dependentRequired":{"a":["b"]}})", R"({"a":1})", "it needs \"b\" where it has \"a\""},
      {R"({"dependencies":{"a":{"required":["c"]}}})", R"({"a":1})", "it needs \"c\""},
      {R"({"allOf":[{"minimum":1},{"maximum":3}]})", "4", "it must be at most 3, not 4"},
      {R"({"anyOf":[{"type":"string"},{"type":"object","required":["a"]}]})", "{}",
       "it fits none of 2 alternatives: it must be a string, not an object; or it needs \"a\""},
      {R"({"oneOf":[{"minimum":1},{"minimum":2}]})", "3", "it fits 2 of the alternatives, and must fit exactly one"},
      {R"({"oneOf":[{"minimum":1},{"minimum":2}]})", "1", ""},
      {R"({"not":{"type":"string"}})", R"("x")", "it must not be the string \"x\", which \"not\" forbids"},
      {R"({"if":{"type":"string"},"then":{"minLength":2},"else":{"minimum":1}})", R"("x")",
       "it must have at least 2 characters"},
      {R"({"if":{"type":"string"},"then":{"minLength":2},"else":{"minimum":1}})", "0", "it must be at least 1, not 0"},
      // references: recursive ones, with escapes, by name
      {R"({"$ref":"#/$defs/a~1b%20c","$defs":{"a/b c":{"type":"string"}}})", "1",
       "it must be a string, not the number 1"},
      {R"({"properties":{"next":{"$ref":"#"},"n":{"type":"integer"}}})", R"({"next":{"next":{"n":"x"}}})",
       "\"next.next.n\" must be an integer, not the string \"x\""},
      {R"({"$ref":"#leaf","definitions":{"l":{"$anchor":"leaf","type":"null"}}})", "1",
       "it must be null, not the number 1"},
      {R"({"$ref":"leaf.json#/x","definitions":{"l":{"$id":"leaf.json","x":{"type":"null"}}}})", "1",
       "it must be null, not the number 1"},
      {R"({"format":"email","title":"t","x-own":7})", R"("no mail")", ""},
  }));
  CAPTURE(row.schema, row.value);
  CHECK(said_of(row.schema, row.value) == row.said);
}

TEST_CASE("json schema: one that can't be followed says where", "[base][json_schema]") {
  struct Row {
    const char* schema;
    const char* said;
  };
  const auto row = GENERATE(values<Row>({
      {R"({"properties":{"a":{"type":"strnig"}}})",
       "no usable JSON Schema: /properties/a/type names no type: \"strnig\""},
      {R"x({"items":{"anyOf":[{"pattern":"(?=x)"}]}})x",
       "no usable JSON Schema: /items/anyOf/0/pattern is no regular expression: invalid perl operator: (?="},
      {R"({"allOf":[{"$ref":"#/$defs/nowhere"}]})",
       "no usable JSON Schema: /allOf/0/$ref leads nowhere: \"#/$defs/nowhere\""},
      {R"({"$ref":"https://example.com/other.json"})",
       "no usable JSON Schema: /$ref leads nowhere: \"https://example.com/other.json\""},
      {R"({"required":"a"})", "no usable JSON Schema: /required must be a list of names, not the string \"a\""},
      {R"({"minLength":-1})", "no usable JSON Schema: /minLength must be a whole number from 0 on, not the number -1"},
      {R"({"not":3})", "no usable JSON Schema: /not must be a schema, not the number 3"},
      {R"({"unevaluatedProperties":false})", "no usable JSON Schema: /unevaluatedProperties can't be checked"},
      {"[]", "no usable JSON Schema: it must be a schema, not an array"},
  }));
  CAPTURE(row.schema);
  CHECK(said_of(row.schema, "1") == row.said);
  CHECK(check_schema(Json::parse(row.schema)).error().kind == ErrorKind::config);
}

TEST_CASE("json schema: endless references and hostile depth end as a mistake", "[base][json_schema]") {
  const std::string too_deep = "nested too deeply";
  CHECK(said_of(R"({"$ref":"#"})", "1").find(too_deep) != std::string::npos);
  // Two ways at each step: two to the power of the depth, were it not bounded.
  CHECK(said_of(R"({"anyOf":[{"$ref":"#"},{"$ref":"#"}],"type":"integer"})", "1").starts_with("it fits none of 2"));
  std::string deep(1000, '[');
  deep += std::string(1000, ']');
  CHECK(said_of(R"({"items":{"$ref":"#"}})", deep).find(too_deep) != std::string::npos);
}

TEST_CASE("json schema: no more mistakes are told than were asked for", "[base][json_schema]") {
  const std::string schema = R"({"items":{"type":"string"}})";
  CHECK(said_of(schema, "[1,2,3]", 2) ==
        "\"[0]\" must be a string, not the number 1\n\"[1]\" must be a string, not the number 2");
}

TEST_CASE("json schema: plain keywords alone are what tools' schemas are read by", "[base][json_schema]") {
  const auto schema = Json::parse(R"({"$ref":"#/nowhere","pattern":7,"not":{},"type":"string","minLength":2})");
  CHECK(mistakes_in("ab", schema, Keywords::plain, 9).empty());
  CHECK(mistakes_in("a", schema, Keywords::plain, 9) == std::vector<Mistake>{{"", "must have at least 2 characters"}});
}

}  // namespace
}  // namespace errand::json_schema
