#include "config/test_case.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "chat/tool_names.hpp"
#include "config/lookup.hpp"
#include "config/reader.hpp"

namespace errand::config {

namespace {

using std::chrono::milliseconds;
using yaml::Kind;
using yaml::Node;

// One text, or a list of them.
std::vector<std::string> texts(const Node& node, Reader& reader) {
  if (node.kind == Kind::list) return reader.words(node).value_or(std::vector<std::string>());
  const auto one = reader.text(node);
  return one ? std::vector<std::string>{*one} : std::vector<std::string>();
}

// --- expected texts ---

void set_equals(const Node& node, ExpectedText& text, Reader& reader) {
  text.equals = reader.text(node);
}

template <std::vector<std::string> ExpectedText::*field>
void set_parts(const Node& node, ExpectedText& text, Reader& reader) {
  text.*field = texts(node, reader);
}

using TextKey = Key<ExpectedText>;
constexpr std::array text_keys = {
    TextKey{"equals", "text", "", "The whole of it; a text alone means the same", set_equals},
    TextKey{"contains", "text or list", "", "Each is in it", set_parts<&ExpectedText::contains>},
    TextKey{"lacks", "text or list", "", "None is in it", set_parts<&ExpectedText::lacks>},
    TextKey{"matches", "regular expression or list", "", "Each matches somewhere in it",
            set_parts<&ExpectedText::matches>},
};

ExpectedText expected_text(const Node& node, Reader& reader) {
  ExpectedText out;
  if (node.kind == Kind::scalar)
    out.equals = node.text;
  else
    read_map<ExpectedText>(node, text_keys, out, reader);
  return out;
}

// --- expected tool calls ---

std::vector<std::string> tool_names(const Node& node, Reader& reader) {
  auto names = texts(node, reader);
  for (auto& name : names) {
    if (const auto ours = chat::canonical_tool_name(name); !ours.empty()) {
      name = ours;
    } else if (!chat::is_mcp_tool(name)) {
      const std::vector<std::string> known(chat::builtin_tool_names().begin(), chat::builtin_tool_names().end());
      reader.unknown(node.mark, "tool", name, known);
    }
  }
  return names;
}

template <std::vector<std::string> ExpectedTools::*field>
void set_tool_names(const Node& node, ExpectedTools& tools, Reader& reader) {
  tools.*field = tool_names(node, reader);
}

using ToolsKey = Key<ExpectedTools>;
constexpr std::array tools_keys = {
    ToolsKey{"used", "tool or list", "", "Each is called; a list alone means the same",
             set_tool_names<&ExpectedTools::used>},
    ToolsKey{"not_used", "tool or list", "", "None is called", set_tool_names<&ExpectedTools::not_used>},
    ToolsKey{"in_order", "list of tools", "", "Called in this order; others may stand between",
             set_tool_names<&ExpectedTools::in_order>},
};

// --- what the run may use ---

constexpr std::int64_t most = 1'000'000'000;

template <std::optional<std::int64_t> ExpectedBudget::*field>
void set_most(const Node& node, ExpectedBudget& budget, Reader& reader) {
  budget.*field = reader.integer(node, 0, most);
}

void set_most_cost(const Node& node, ExpectedBudget& budget, Reader& reader) {
  budget.cost_usd = reader.number(node, 0);
}

using BudgetKey = Key<ExpectedBudget>;
constexpr std::array budget_keys = {
    BudgetKey{"turns", "whole number", "", "Requests to the model with their replies",
              set_most<&ExpectedBudget::turns>},
    BudgetKey{"tokens", "whole number", "", "Tokens, as the recording reports them", set_most<&ExpectedBudget::tokens>},
    BudgetKey{"cost_usd", "number", "", "USD; an unknown price is too much", set_most_cost},
};

// --- what is expected ---

void set_exit(const Node& node, TestCase& test, Reader& reader) {
  if (const auto code = reader.integer(node, 0, 255)) test.exit = static_cast<int>(*code);
}

void set_answer(const Node& node, TestCase& test, Reader& reader) {
  test.answer = expected_text(node, reader);
}

void set_tools(const Node& node, TestCase& test, Reader& reader) {
  if (node.kind == Kind::map)
    read_map<ExpectedTools>(node, tools_keys, test.tools, reader);
  else
    test.tools.used = tool_names(node, reader);
}

void set_at_most(const Node& node, TestCase& test, Reader& reader) {
  read_map<ExpectedBudget>(node, budget_keys, test.at_most, reader);
}

// A name that leads out of the workspace would let a case read and write anywhere.
bool is_inside(const yaml::Key& key, Reader& reader) {
  const auto path = normalize_path(key.name);
  if (!key.name.empty() && !key.name.starts_with('/') && path != "." && path != ".." && !path.starts_with("../"))
    return true;
  reader.mistake(key.mark, fmt::format("\"{}\" is no file of the workspace", key.name),
                 "name it by a path that is relative and stays inside");
  return false;
}

void set_files_after(const Node& node, TestCase& test, Reader& reader) {
  if (!reader.is_map(node)) return;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    if (!is_inside(node.keys[i], reader)) continue;
    const auto below = reader.below(node.keys[i].name);
    ExpectedFile file{normalize_path(node.keys[i].name), std::nullopt};
    if (node.items[i].kind != Kind::null) file.content = expected_text(node.items[i], reader);
    test.files_after.push_back(std::move(file));
  }
}

using CaseKey = Key<TestCase>;
constexpr std::array expect_keys = {
    CaseKey{"exit", "exit code", "0", "How the program ends", set_exit},
    CaseKey{"answer", "text, or map", "", "The answer to the last prompt", set_answer},
    CaseKey{"tools", "list, or map", "", "The tools that are called", set_tools},
    CaseKey{"at_most", "map", "", "What the run may use", set_at_most},
    CaseKey{"files", "map", "", "Files of the workspace afterwards; null: not there", set_files_after},
};

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
  const auto names = reader.word(node);
  if (!names) return;
  auto chain = text::split(*names, ',');
  for (auto& name : chain) name = with_absolute_file(text::trim(name), reader.directory());
  test.model = text::join(chain, ",");
}

void set_files(const Node& node, TestCase& test, Reader& reader) {
  if (!reader.is_map(node)) return;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    if (!is_inside(node.keys[i], reader)) continue;
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

void set_max_turns(const Node& node, TestCase& test, Reader& reader) {
  test.max_turns = reader.integer(node, 1, most);
}

void set_timeout(const Node& node, TestCase& test, Reader& reader) {
  if (const auto limit = reader.duration(node, milliseconds{100})) test.timeout = *limit;
}

void set_expect(const Node& node, TestCase& test, Reader& reader) {
  read_map<TestCase>(node, expect_keys, test, reader);
}

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
    CaseKey{"expect", "map", "", "What must come of it", set_expect, CaseKey::Use::group},
};

void read_case(const Node& root, TestCase& test, Reader& reader) {
  if (root.kind == Kind::null) return reader.mistake({1, 1}, "the case is empty", "write prompt: … and expect: …");
  read_map<TestCase>(root, case_keys, test, reader);
  if (root.kind != Kind::map) return;
  if (root.find("prompt") != nullptr && root.find("prompts") != nullptr)
    reader.mistake(root.find("prompts")->mark, "prompt and prompts exclude each other");
  if (test.strict && test.replay.empty())
    reader.mistake(root.find("strict")->mark, "strict is about a recording, and there is none",
                   "name one: replay: FILE");
}

template <class T>
void add_keys(std::string_view prefix, std::span<const Key<T>> table, std::vector<DefinitionKey>& out) {
  for (const auto& key : table) {
    out.push_back({fmt::format("{}{}", prefix, key.name), key.type, key.built_in, key.description});
  }
}

}  // namespace

Result<TestCase> load_test_case(const std::string& path) {
  auto text = read_file(path, yaml::max_bytes);
  if (!text) return fail(std::move(text).error().within("while reading a test case"));
  Findings findings;
  const auto document = yaml::parse(*text, path, findings.mistakes);
  Reader reader(path, parent_path(path), findings);
  TestCase out;
  out.file = path;
  if (document.usable) read_case(document.root, out, reader);
  if (!findings.mistakes.empty()) return fail(combined(std::move(findings.mistakes)));
  return out;
}

std::vector<DefinitionKey> test_case_keys() {
  std::vector<DefinitionKey> out;
  add_keys<TestCase>("", case_keys, out);
  add_keys<TestCase>("expect.", expect_keys, out);
  add_keys<ExpectedText>("expect.answer.", text_keys, out);
  add_keys<ExpectedTools>("expect.tools.", tools_keys, out);
  add_keys<ExpectedBudget>("expect.at_most.", budget_keys, out);
  return out;
}

}  // namespace errand::config
