#include "config/test_expectation.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/json_schema.hpp"
#include "base/text.hpp"
#include "chat/tool_names.hpp"
#include "config/lookup.hpp"
#include "config/schema_reader.hpp"

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

// The schemas' check knows what a regular expression is.
void set_patterns(const Node& node, ExpectedText& text, Reader& reader) {
  text.matches = texts(node, reader);
  for (std::size_t i = 0; i < text.matches.size(); ++i) {
    const auto usable = json_schema::check_schema({{"pattern", text.matches[i]}});
    if (usable) continue;
    const auto& place = node.kind == Kind::list ? node.items[i] : node;
    reader.mistake(place.mark,
                   fmt::format("{} holds what is no regular expression: \"{}\"", reader.name(), text.matches[i]),
                   usable.error().hint);
  }
}

void set_schema(const Node& node, ExpectedText& text, Reader& reader) {
  if (auto schema = read_schema(node, reader)) text.schema = std::move(schema->json);
}

using TextKey = Key<ExpectedText>;
constexpr std::array text_keys = {
    TextKey{"equals", "text", "", "The whole of it; a text alone means the same", set_equals},
    TextKey{"contains", "text or list", "", "Each is in it", set_parts<&ExpectedText::contains>},
    TextKey{"lacks", "text or list", "", "None is in it", set_parts<&ExpectedText::lacks>},
    TextKey{"matches", "regular expression or list", "", "Each matches somewhere in it", set_patterns},
    TextKey{"schema", "JSON Schema, or path of one", "", "It is JSON that follows the schema", set_schema},
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

// --- the judge ---

constexpr int best_score = 10;

template <std::string ExpectedVerdict::*field>
void set_judge_word(const Node& node, ExpectedVerdict& verdict, Reader& reader) {
  if (auto value = reader.word(node)) verdict.*field = *std::move(value);
}

void set_judge_model(const Node& node, ExpectedVerdict& verdict, Reader& reader) {
  verdict.model = read_model_chain(node, reader);
}

void set_judge_replay(const Node& node, ExpectedVerdict& verdict, Reader& reader) {
  if (const auto file = reader.word(node)) verdict.replay = normalize_path(join_path(reader.directory(), *file));
}

void set_at_least(const Node& node, ExpectedVerdict& verdict, Reader& reader) {
  if (const auto score = reader.integer(node, 0, best_score)) verdict.at_least = static_cast<int>(*score);
}

void set_judge_cost(const Node& node, ExpectedVerdict& verdict, Reader& reader) {
  const auto most_usd = reader.number(node, 0);
  if (most_usd && *most_usd <= 0) return reader.wrong_type(node, "a number above 0");
  if (most_usd) verdict.max_cost_usd = *most_usd;
}

void set_judge_timeout(const Node& node, ExpectedVerdict& verdict, Reader& reader) {
  if (const auto limit = reader.duration(node, milliseconds{100})) verdict.timeout = *limit;
}

using JudgeKey = Key<ExpectedVerdict>;
constexpr std::array judge_keys = {
    JudgeKey{"rubric", "text", "", "What a good answer is", set_judge_word<&ExpectedVerdict::rubric>},
    JudgeKey{"model", "model", "", "Who judges", set_judge_model},
    JudgeKey{"replay", "file", "", "The recording that answers for it", set_judge_replay},
    JudgeKey{"at_least", "whole number from 0 to 10", "",
             "The score that is needed; absent: the judge says whether it passes", set_at_least},
    JudgeKey{"max_cost_usd", "number", "0.25", "What one judgement may cost", set_judge_cost},
    JudgeKey{"timeout", "duration", "60s", "How long it may take", set_judge_timeout},
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

void set_files_after(const Node& node, TestCase& test, Reader& reader) {
  if (!reader.is_map(node)) return;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    if (!is_in_workspace(node.keys[i], reader)) continue;
    const auto below = reader.below(node.keys[i].name);
    ExpectedFile file{normalize_path(node.keys[i].name), std::nullopt};
    if (node.items[i].kind != Kind::null) file.content = expected_text(node.items[i], reader);
    test.files_after.push_back(std::move(file));
  }
}

void set_judge(const Node& node, TestCase& test, Reader& reader) {
  if (!reader.is_map(node)) return;
  auto& verdict = test.judge.emplace();
  read_map<ExpectedVerdict>(node, judge_keys, verdict, reader);
  for (const auto* required : {"rubric", "model"}) {
    if (node.find(required) == nullptr) {
      reader.mistake(node.mark, fmt::format("{} has no {}", reader.name(), required),
                     "write { rubric: …, model: provider/model, replay: FILE }");
    }
  }
}

using CaseKey = Key<TestCase>;
constexpr std::array expect_keys = {
    CaseKey{"exit", "exit code", "0", "How the program ends", set_exit},
    CaseKey{"answer", "text, or map", "", "The answer to the last prompt", set_answer},
    CaseKey{"tools", "list, or map", "", "The tools that are called", set_tools},
    CaseKey{"at_most", "map", "", "What the run may use", set_at_most},
    CaseKey{"judge", "map", "", "A model that says whether the answer is good", set_judge},
    CaseKey{"files", "map", "", "Files of the workspace afterwards; null: not there", set_files_after},
};

}  // namespace

void read_expectations(const Node& node, TestCase& test, Reader& reader) {
  read_map<TestCase>(node, expect_keys, test, reader);
}

bool is_in_workspace(const yaml::Key& key, Reader& reader) {
  const auto path = normalize_path(key.name);
  if (!key.name.empty() && !key.name.starts_with('/') && path != "." && path != ".." && !path.starts_with("../"))
    return true;
  reader.mistake(key.mark, fmt::format("\"{}\" is no file of the workspace", key.name),
                 "name it by a path that is relative and stays inside");
  return false;
}

std::string read_model_chain(const Node& node, Reader& reader) {
  const auto names = reader.word(node);
  if (!names) return {};
  auto chain = text::split(*names, ',');
  for (auto& name : chain) name = with_absolute_file(text::trim(name), reader.directory());
  return text::join(chain, ",");
}

void add_expectation_keys(std::vector<DefinitionKey>& out) {
  add_case_keys<TestCase>("expect.", expect_keys, out);
  add_case_keys<ExpectedText>("expect.answer.", text_keys, out);
  add_case_keys<ExpectedTools>("expect.tools.", tools_keys, out);
  add_case_keys<ExpectedBudget>("expect.at_most.", budget_keys, out);
  add_case_keys<ExpectedVerdict>("expect.judge.", judge_keys, out);
}

}  // namespace errand::config
