#include <catch2/catch.hpp>

#include "support/tool_bench.hpp"

namespace errand::tool {
namespace {

const Json& question() {
  static const Json input = Json::parse(R"({"questions":[{"question":"Which\u001b[31m store?","header":"Store",
    "options":[{"label":"SQLite","description":"one file"},{"label":"PostgreSQL"}],"multiSelect":true}]})");
  return input;
}

TEST_CASE("AskUserQuestion: with nobody there the model goes on, and nothing is asked", "[tool][ask]") {
  test::ToolBench bench;
  const auto output = bench.call("AskUserQuestion", question());
  REQUIRE(output);
  CHECK(output->is_error);
  CHECK(chat::text_of(output->content) == "no one is here to answer; go on with your best judgement");
  CHECK(bench.events.empty());
}

TEST_CASE("AskUserQuestion: the answer reaches the model, question and answer are events", "[tool][ask]") {
  test::ToolBench bench;
  bench.person.answers = std::vector<std::string>{"SQLite, PostgreSQL"};
  CHECK(bench.text("AskUserQuestion", question()) == "Which⟦escape⟧ store?\n-> SQLite, PostgreSQL\n");
  REQUIRE(bench.person.asked.size() == 1);
  CHECK(bench.person.asked[0].header == "Store");
  CHECK(bench.person.asked[0].multi_select);
  CHECK(bench.person.asked[0].options.at(0).description == "one file");
  REQUIRE(bench.events.size() == 2);
  CHECK(std::get<chat::event::AskUserQuestion>(bench.events[0]).question_id == "call_1");
  CHECK(std::get<chat::event::Answer>(bench.events[1]).answers == std::vector<std::string>{"SQLite, PostgreSQL"});
}

TEST_CASE("AskUserQuestion: a lost terminal is no answer", "[tool][ask]") {
  test::ToolBench bench;
  bench.person.answers = Result<std::vector<std::string>>(fail(ErrorKind::failure, "the terminal is gone"));
  const auto output = bench.call("AskUserQuestion", question());
  REQUIRE(output);
  CHECK(output->is_error);
  CHECK(chat::text_of(output->content) == "no answer came (the terminal is gone); go on with your best judgement");
}

}  // namespace
}  // namespace errand::tool
