#include "config/test_case.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/file.hpp"
#include "config/test_expectation.hpp"

namespace errand::config {

namespace {

using std::chrono::milliseconds;
using yaml::Kind;
using yaml::Node;

// --- what is run ---

template <std::string TestCase::*field>
void set_word(const Node& node, TestCase& test, Reader& reader) {
  if (auto value = reader.word(node)) test.*field = *std::move(value);
}

void set_prompt(const Node& node, TestCase& test, Reader& reader) {
  if (auto prompt = reader.word(node)) test.prompts = {*std::move(prompt)};
}

void set_prompts(const Node& node, TestCase& test, Reader& reader) {
  if (auto prompts = reader.words(node)) test.prompts = *std::move(prompts);
}

void set_replay(const Node& node, TestCase& test, Reader& reader) {
  if (const auto file = reader.word(node)) test.replay = normalize_path(join_path(reader.directory(), *file));
}

void set_strict(const Node& node, TestCase& test, Reader& reader) {
  test.strict = reader.boolean(node).value_or(false);
}

void set_model(const Node& node, TestCase& test, Reader& reader) {
  test.model = read_model_chain(node, reader);
}

void set_files(const Node& node, TestCase& test, Reader& reader) {
  if (!reader.is_map(node)) return;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    if (!is_in_workspace(node.keys[i], reader)) continue;
    const auto below = reader.below(node.keys[i].name);
    if (auto content = reader.text(node.items[i])) test.files[normalize_path(node.keys[i].name)] = *std::move(content);
  }
}

void set_variables(const Node& node, TestCase& test, Reader& reader) {
  if (!reader.is_map(node)) return;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const auto below = reader.below(node.keys[i].name);
    if (auto value = reader.text(node.items[i])) test.variables[node.keys[i].name] = *std::move(value);
  }
}

// Not `bypass`: a case is somebody's file, and what it replays calls tools.
constexpr std::array<std::string_view, 4> modes = {"ask", "auto", "deny", "plan"};

void set_mode(const Node& node, TestCase& test, Reader& reader) {
  if (std::ranges::find(modes, node.text) == modes.end()) return reader.wrong_word(node, modes);
  test.permission_mode = node.text;
}

constexpr std::int64_t most_turns = 1'000'000'000;

void set_max_turns(const Node& node, TestCase& test, Reader& reader) {
  test.max_turns = reader.integer(node, 1, most_turns);
}

void set_timeout(const Node& node, TestCase& test, Reader& reader) {
  if (const auto limit = reader.duration(node, milliseconds{100})) test.timeout = *limit;
}

using CaseKey = Key<TestCase>;
constexpr std::array case_keys = {
    CaseKey{"about", "text", "", "What is true when the case passes", set_word<&TestCase::about>},
    CaseKey{"agent", "agent", "the default agent", "Who is asked", set_word<&TestCase::agent>},
    CaseKey{"prompt", "text", "the agent's own", "What is asked", set_prompt},
    CaseKey{"prompts", "list of texts", "", "What is asked, one after the other in one session", set_prompts},
    CaseKey{"replay", "file", "", "The recording that answers", set_replay},
    CaseKey{"strict", "true or false", "false", "Fail where a request differs from the recording", set_strict},
    CaseKey{"model", "model", "the agent's", "Such as scripted/FILE or replay/FILE", set_model},
    CaseKey{"files", "map of texts", "", "Files of the workspace", set_files},
    CaseKey{"variables", "map of texts", "", "Variables of the agent's prompts", set_variables},
    CaseKey{"permission_mode", "ask, auto, deny or plan", "the agent's", "What happens to calls no rule decides",
            set_mode},
    CaseKey{"max_turns", "whole number from 1", "the agent's", "Requests to the model at most", set_max_turns},
    CaseKey{"timeout", "duration", "60s", "For each prompt", set_timeout},
    CaseKey{"expect", "map", "", "What must come of it", read_expectations, CaseKey::Use::group},
};

// Each run makes its own anew.
void check_recordings(const Node& root, const TestCase& test, Reader& reader) {
  if (!test.judge || test.replay.empty() || test.judge->replay != test.replay) return;
  reader.mistake(root.find("expect")->find("judge")->find("replay")->mark,
                 "expect.judge.replay is the recording that replay names too", "give the judge one of its own");
}

void read_case(const Node& root, TestCase& test, Reader& reader) {
  if (root.kind == Kind::null) return reader.mistake({1, 1}, "the case is empty", "write prompt: … and expect: …");
  read_map<TestCase>(root, case_keys, test, reader);
  if (root.kind != Kind::map) return;
  if (root.find("prompt") != nullptr && root.find("prompts") != nullptr)
    reader.mistake(root.find("prompts")->mark, "prompt and prompts exclude each other");
  if (test.strict && test.replay.empty())
    reader.mistake(root.find("strict")->mark, "strict is about a recording, and there is none",
                   "name one: replay: FILE");
  check_recordings(root, test, reader);
}

}  // namespace

Result<TestCase> load_test_case(const std::string& path, const std::string& shown) {
  auto text = read_file(path, yaml::max_bytes);
  if (!text) return fail(std::move(text).error().within("while reading a test case"));
  Findings findings;
  const auto document = yaml::parse(*text, shown, findings.mistakes);
  Reader reader(shown, parent_path(path), findings);
  TestCase out;
  out.file = path;
  if (document.usable) read_case(document.root, out, reader);
  if (!findings.mistakes.empty()) return fail(combined(std::move(findings.mistakes)));
  return out;
}

std::vector<DefinitionKey> test_case_keys() {
  std::vector<DefinitionKey> out;
  add_case_keys<TestCase>("", case_keys, out);
  add_expectation_keys(out);
  return out;
}

}  // namespace errand::config
