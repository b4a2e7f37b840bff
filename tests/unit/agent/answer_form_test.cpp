#include "agent/answer_form.hpp"

#include <catch2/catch.hpp>

#include "base/json.hpp"

namespace errand::agent {
namespace {

TEST_CASE("answer form: the first code block is what stands in its fence", "[agent][answer]") {
  struct Row {
    const char* markdown;
    std::optional<std::string> code;
  };
  const auto row = GENERATE(values<Row>({
      {"Do this:\n\n```sh\nls -l\n```\nthen\n```\nrm x\n```\n", "ls -l\n"},
      {"~~~\na\n```\nb\n~~~\n", "a\n```\nb\n"},
      {"````md\n```sh\nls\n```\n````\n", "```sh\nls\n```\n"},
      {"```sh\r\nls\r\n```\r\n", "ls\n"},
      // in a list, its indentation is the list's
      {"1. so:\n   ```py\n   if x:\n       y\n\n   ```\n", "if x:\n    y\n\n"},
      // a fence has nothing behind it where it closes
      {"```\na\n``` b\n```\n", "a\n``` b\n"},
      {"```\nnobody closes it", "nobody closes it\n"},
      {"```\n```\n", ""},
      {"inline ```code``` and ``more``\n", std::nullopt},
      {"```not`a fence\nx\n", std::nullopt},
      {"``\nx\n``\n", std::nullopt},
      {"", std::nullopt},
  }));
  CAPTURE(row.markdown);
  CHECK(first_code_block(row.markdown) == row.code);
}

TEST_CASE("answer form: JSON may stand in a code fence, and in nothing else", "[agent][answer]") {
  const auto schema = Json::parse(R"({"type":"object","required":["n"],"properties":{"n":{"type":"integer"}}})");
  struct Row {
    std::string answer;
    std::string json;
    std::vector<std::string> mistakes;
  };
  std::string deep(200, '[');
  const auto row = GENERATE_COPY(values<Row>({
      {" {\"n\": 1}\n", "{\"n\": 1}", {}},
      {"```json\n{\"n\": 1}\n```\n", "{\"n\": 1}", {}},
      {"\n~~~\n{\n  \"n\": 1\n}\n~~~", "{\n  \"n\": 1\n}", {}},
      {"{\"n\":\"```\\n\"}", "{\"n\":\"```\\n\"}", {"\"n\" must be an integer, not the string \"```\\n\""}},
      {"Here:\n```json\n{\"n\": 1}\n```", "Here:\n```json\n{\"n\": 1}\n```", {"the answer is not JSON"}},
      {"{\"n\":1} {\"n\":2}", "{\"n\":1} {\"n\":2}", {"the answer is not JSON"}},
      {"{}", "{}", {"the answer needs \"n\" (an integer)"}},
      {"", "", {"the answer is not JSON"}},
      {deep, deep, {"the answer is nested deeper than 100 levels"}},
      {"{\"n\":1,\"s\":\"[[[[\\\"[[[\"}", "{\"n\":1,\"s\":\"[[[[\\\"[[[\"}", {}},
  }));
  CAPTURE(row.answer);
  const auto got = json_answer(row.answer, schema);
  CHECK(got.json == row.json);
  CHECK(got.mistakes == row.mistakes);
}

TEST_CASE("answer form: a schema says whether the answer is an object", "[agent][answer]") {
  CHECK(describes_object(R"({"type":"object"})"));
  CHECK_FALSE(describes_object(R"({"type":["object","null"]})"));
  CHECK_FALSE(describes_object(R"({"anyOf":[{"type":"object"}]})"));
}

TEST_CASE("answer form: a model that is asked again gets every mistake and the schema", "[agent][answer]") {
  const auto said = repair_request({"it needs \"n\"", "the answer is long"}, R"({"type":"object"})");
  CHECK(said.find("- it needs \"n\"\n- the answer is long\n") != std::string::npos);
  CHECK(said.find("<schema>\n{\"type\":\"object\"}\n</schema>") != std::string::npos);
}

}  // namespace
}  // namespace errand::agent
