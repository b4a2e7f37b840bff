#include <catch2/catch.hpp>

#include "base/json.hpp"
#include "config/yaml_json.hpp"

using namespace errand;
using namespace errand::config;

namespace {

std::string mistakes_in(std::string_view text) {
  std::vector<Error> mistakes;
  yaml::parse(text, "f.yaml", mistakes);
  std::string out;
  for (const auto& mistake : mistakes) out += describe(mistake);
  return out;
}

std::string shown(std::string_view text) {
  std::vector<Error> mistakes;
  return yaml::show(yaml::parse(text, "f.yaml", mistakes).root);
}

std::string repeated(std::string_view s, int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += s;
  return out;
}

// Each level holds the one before nine times.
std::string alias_bomb() {
  std::string out = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const auto below = "*a" + std::to_string(i - 1);
    out += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + below;
    for (int j = 1; j < 9; ++j) out += ", " + below;
    out += "]\n";
  }
  return out;
}

}  // namespace

TEST_CASE("yaml: what is wrong with a file is told with its place", "[config][yaml]") {
  struct Case {
    std::string text;
    std::string_view told;
  };
  const auto c = GENERATE(values<Case>({
      {"a: 1\nb: 2\na: 3\n",
       "error: the key \"a\" stands twice\n  at f.yaml:3:1\n  hint: it stands at line 1 too; only one can count\n"},
      {"base: &b { x: 1 }\nc: { <<: *b, y: 2 }\n",
       "error: merge keys (\"<<\") are not resolved\n  at f.yaml:2:6\n"
       "  hint: write the keys out, or put what agents share under _defaults\n"},
      {"a:\n\tb: 1\n",
       "error: this is not valid YAML: illegal map value\n  at f.yaml:2:3\n  hint: indent with spaces, not tabs\n"},
      {"a:\n  b: 1\n \tc: 2\n",
       "error: this is not valid YAML: illegal tab when looking for indentation\n  at f.yaml:3:2\n"
       "  hint: indent with spaces, not tabs\n"},
      {"a: b: c\n",
       "error: this is not valid YAML: illegal map value\n  at f.yaml:1:5\n"
       "  hint: put quotes around a value that holds \": \"\n"},
      {"a: [1, 2\n",
       "error: this is not valid YAML: end of sequence flow not found\n  at f.yaml:2:1\n"
       "  hint: a \"[\" is not closed before here\n"},
      {"a: 1\n---\nb: 2\n",
       "error: a second YAML document in the same file\n  at f.yaml:2:1\n  hint: remove the line \"---\"\n"},
      {"a: !secret x\n",
       "error: the tag \"!secret\" has no meaning here\n  at f.yaml:1:4\n"
       "  hint: remove it; quote a value that starts with \"!\"\n"},
      {"? [x]\n: 1\n", "error: a key must be a word, not a list\n  at f.yaml:1:3\n"},
      {"a: *nobody\n",
       "error: this is not valid YAML: the referenced anchor is not defined\n  at f.yaml:1:4\n"
       "  hint: put quotes around a value that starts with *\n"},
      {"a: &a [*a]\n",
       "error: an alias stands inside the value it repeats\n  at f.yaml:1:8\n  hint: write the value out\n"},
      {"a: 1\n\xC3\xA9\xC3\xA9: x\xFFy\n",
       "error: a byte here is not UTF-8 text\n  at f.yaml:2:6\n  hint: save the file as UTF-8\n"},
      {std::string("a: x\x1b[31m\n"),
       "error: a byte here is not UTF-8 text\n  at f.yaml:1:5\n  hint: save the file as UTF-8\n"},
      {std::string("a: 1\n\0b", 7),
       "error: a byte here is not UTF-8 text\n  at f.yaml:2:1\n  hint: save the file as UTF-8\n"},
      {"\xFF\xFE"
       "a",
       "error: a byte here is not UTF-8 text\n  at f.yaml:1:1\n  hint: save the file as UTF-8\n"},
      {repeated("- ", 40), "error: values are nested more than 32 deep\n  at f.yaml:1:65\n"},
      {"a: 1\na: 2\nb: !x 1\n",
       "error: the key \"a\" stands twice\n  at f.yaml:2:1\n  hint: it stands at line 1 too; only one can count\n"
       "error: the tag \"!x\" has no meaning here\n  at f.yaml:3:4\n"
       "  hint: remove it; quote a value that starts with \"!\"\n"},
  }));
  CHECK(mistakes_in(c.text) == c.told);
}

TEST_CASE("yaml: an alias bomb, a huge file and deep nesting end early", "[config][yaml]") {
  CHECK(mistakes_in(alias_bomb()).starts_with("error: the file holds more than 100000 values"));
  CHECK(mistakes_in(repeated("- 123456789\n", 200'000))
            .starts_with("error: the file has 2400000 bytes, more than 524288\n"));
  CHECK(mistakes_in(repeated("{a: ", 20'000)).starts_with("error: values are nested more than 32 deep"));
  CHECK(mistakes_in("a: &a \"" + repeated("x", 300'000) + "\"\nb: [" + repeated("*a, ", 20) + "]\n")
            .starts_with("error: the file holds more than 100000 values or 2097152 bytes of text"));
}

TEST_CASE("yaml: a control character that an escape made is not shown as it is", "[config][yaml]") {
  const auto told = mistakes_in("\"\\x1b[31mx\": 1\n\"\\x1b[31mx\": 2\n");
  CHECK(told.find('\x1b') == std::string::npos);
  CHECK(told.find("stands twice") != std::string::npos);
}

TEST_CASE("yaml: values are shown on one line that says what they are", "[config][yaml]") {
  struct Case {
    std::string_view text;
    std::string_view line;
  };
  const auto c = GENERATE(values<Case>({
      {"", "null"},
      {"# nothing\n", "null"},
      {"\xEF\xBB\xBF"
       "a: 1\n",
       "{a: 1}"},
      {"a: [x, 'y', \"z\"]\nb: { c: ~, d: true }\n", "{a: [x, \"y\", \"z\"], b: {c: null, d: true}}"},
      {"a: |\n  one\n  two\n", "{a: \"one\\ntwo\\n\"}"},
      {"a: &x [1]\nb: *x\n", "{a: [1], b: [1]}"},
      {"a: b c\n", "{a: \"b c\"}"},
      {"\"a, b\": \"1, c: 2\"\n", "{\"a, b\": \"1, c: 2\"}"},
      {"a: !!str 5\n", "{a: \"5\"}"},
      {"a: 1\r\nb: 2\r\n", "{a: 1, b: 2}"},
  }));
  CHECK(mistakes_in(c.text).empty());
  CHECK(shown(c.text) == c.line);
}

TEST_CASE("yaml: as JSON a plain scalar is what JSON reads in it, every other one is text", "[config][yaml]") {
  std::vector<Error> mistakes;
  const auto document =
      yaml::parse("{a: [1, -2.5, true, null, ~], b: \"1\", c: 007, d: .5, e: nan, f: yes, g: {h: x y}, i: 1e999}",
                  "f.yaml", mistakes);
  CHECK(mistakes.empty());
  CHECK(yaml::to_json(document.root).dump() ==
        R"({"a":[1,-2.5,true,null,null],"b":"1","c":"007","d":".5","e":"nan","f":"yes","g":{"h":"x y"},"i":"1e999"})");
}
