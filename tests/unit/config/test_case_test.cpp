#include "config/test_case.hpp"

#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "support/temp_dir.hpp"

using namespace errand;
using namespace errand::config;
using namespace errand::test;

namespace {

Result<TestCase> load(const TempDir& directory, std::string_view text) {
  const auto path = directory / "a.test.yaml";
  REQUIRE(write_file_atomic(path, text));
  return load_test_case(path, "a.test.yaml");
}

}  // namespace

TEST_CASE("test case: every key is read", "[config][test_case]") {
  TempDir directory;
  const auto test = load(directory, R"(
about: it works
agent: helper
prompts: [one, two]
replay: rec/wire.jsonl
strict: true
model: scripted/t.yaml, replay//abs/x.jsonl
files: { a.txt: "x", ./sub//b.txt: 7 }
variables: { who: me }
permission_mode: auto
max_turns: 3
timeout: 5s
expect:
  exit: 6
  answer: { equals: whole, contains: part, lacks: [no, none], matches: ["^w"], schema: { type: object } }
  tools: { used: Grep, not_used: [Bash], in_order: [Read, Grep] }
  at_most: { turns: 2, tokens: 100, cost_usd: 0.5 }
  judge: { rubric: "Is it kind?", model: scripted/j.yaml, replay: rec/judge.jsonl, at_least: 7, max_cost_usd: 0.1, timeout: 9s }
  files: { a.txt: y, sub/../b.txt: { contains: z }, gone: null }
)");
  REQUIRE(test);
  CHECK(test->about == "it works");
  CHECK(test->agent == "helper");
  CHECK(test->prompts == std::vector<std::string>{"one", "two"});
  CHECK(test->replay == directory / "rec/wire.jsonl");
  CHECK(test->strict);
  CHECK(test->model == "scripted/" + (directory / "t.yaml") + ",replay//abs/x.jsonl");
  CHECK(test->files == std::map<std::string, std::string>{{"a.txt", "x"}, {"sub/b.txt", "7"}});
  CHECK(test->variables == std::map<std::string, std::string>{{"who", "me"}});
  CHECK(test->permission_mode == "auto");
  CHECK(test->max_turns == 3);
  CHECK(test->timeout == std::chrono::seconds(5));
  CHECK(test->exit == 6);
  CHECK(test->answer == ExpectedText{"whole", {"part"}, {"no", "none"}, {"^w"}, R"({"type":"object"})"});
  CHECK(test->judge == ExpectedVerdict{"Is it kind?", "scripted/" + (directory / "j.yaml"),
                                       directory / "rec/judge.jsonl", 7, 0.1, std::chrono::seconds(9)});
  CHECK(test->tools == ExpectedTools{{"Grep"}, {"Bash"}, {"Read", "Grep"}});
  CHECK(test->at_most == ExpectedBudget{2, 100, 0.5});
  CHECK(test->files_after == std::vector<ExpectedFile>{{"a.txt", ExpectedText{"y", {}, {}, {}, {}}},
                                                       {"b.txt", ExpectedText{std::nullopt, {"z"}, {}, {}, {}}},
                                                       {"gone", std::nullopt}});
}

TEST_CASE("test case: a text alone is the answer, a list alone the tools used", "[config][test_case]") {
  TempDir directory;
  const auto test = load(directory, "prompt: hi\nexpect: { answer: Hello., tools: [read, Grep] }\n");
  REQUIRE(test);
  CHECK(test->prompts == std::vector<std::string>{"hi"});
  CHECK(test->answer.equals == "Hello.");
  CHECK(test->tools.used == std::vector<std::string>{"Read", "Grep"});
}

TEST_CASE("test case: mistakes have their place, and none leads out of the workspace", "[config][test_case]") {
  struct Row {
    std::string_view text;
    std::string_view says;
  };
  const auto row = GENERATE(values<Row>({
      {"", "the case is empty"},
      {"promt: hi\n", "prompt"},
      {"prompt: a\nprompts: [b]\n", "exclude each other"},
      {"prompt: a\nstrict: true\n", "strict is about a recording"},
      {"prompt: a\nfiles: { /etc/passwd: x }\n", "\"/etc/passwd\" is no file of the workspace"},
      {"prompt: a\nfiles: { a/../../b: x }\n", "\"a/../../b\" is no file of the workspace"},
      {"prompt: a\nexpect: { files: { ..: null } }\n", "\"..\" is no file of the workspace"},
      {"prompt: a\npermission_mode: bypass\n", "permission_mode"},
      {"prompt: a\nexpect: { tools: [Grpe] }\n", "unknown tool \"Grpe\""},
      {"prompt: a\nexpect: { exit: 256 }\n", "expect.exit"},
      {"prompt: a\nexpect: { answer: { contain: x } }\n", "contains"},
      {"prompt: a\nexpect:\n  answer: { matches: \"(\" }\n",
       "expect.answer.matches holds what is no regular expression: \"(\""},
      {"prompt: a\nexpect: { answer: { schema: { type: nothing } } }\n", "expect.answer.schema"},
      {"prompt: a\nexpect: { answer: { schema: none.json } }\n", "expect.answer.schema names no file: \"none.json\""},
      {"prompt: a\nexpect: { judge: { model: x/y } }\n", "expect.judge has no rubric"},
      {"prompt: a\nreplay: a.jsonl\nexpect: { judge: { rubric: good, model: x/y, replay: ./a.jsonl } }\n",
       "expect.judge.replay is the recording that replay names too"},
      {"prompt: a\nexpect: { judge: { rubric: good } }\n", "expect.judge has no model"},
      {"prompt: a\nexpect: { judge: { rubric: good, model: x/y, at_least: 11 } }\n", "expect.judge.at_least must be"},
      {"prompt: a\nexpect: { judge: { rubric: good, model: x/y, max_cost_usd: 0 } }\n", "a number above 0"},
      {"prompt: a\nreplay: x\n---\nprompt: b\n", "document"},
  }));
  CAPTURE(row.text);
  TempDir directory;
  const auto test = load(directory, row.text);
  REQUIRE_FALSE(test);
  CHECK(test.error().kind == ErrorKind::config);
  REQUIRE(test.error().where);
  CHECK(test.error().where->file == "a.test.yaml");
  CHECK(test.error().where->line > 0);
  CHECK(describe(test.error()).find(row.says) != std::string::npos);
}
