#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "config/settings.hpp"

namespace errand::config {

/// What a text must be. All that is given must hold.
struct ExpectedText {
  std::optional<std::string> equals;
  std::vector<std::string> contains;
  std::vector<std::string> lacks;
  std::vector<std::string> matches;  ///< RE2, anywhere in it
  std::string schema;                ///< JSON Schema that it follows; empty: none
  bool operator==(const ExpectedText&) const = default;
};

/// A file of the workspace after the run.
struct ExpectedFile {
  std::string name;
  std::optional<ExpectedText> content;  ///< absent: it must not be there
  bool operator==(const ExpectedFile&) const = default;
};

/// The tool calls of the run, subagents' included, in the order they were made.
struct ExpectedTools {
  std::vector<std::string> used;
  std::vector<std::string> not_used;
  std::vector<std::string> in_order;  ///< others may stand between them
  bool operator==(const ExpectedTools&) const = default;
};

struct ExpectedBudget {
  std::optional<std::int64_t> turns;
  std::optional<std::int64_t> tokens;
  std::optional<double> cost_usd;
  bool operator==(const ExpectedBudget&) const = default;
};

/// What a model says of the answer.
struct ExpectedVerdict {
  std::string rubric;
  std::string model;            ///< names of files are absolute
  std::string replay;           ///< the recording of the judge, absolute; empty: none
  std::optional<int> at_least;  ///< score that is needed; nullopt: the judge says whether it passes
  double max_cost_usd = 0.25;
  std::chrono::milliseconds timeout{60'000};
  bool operator==(const ExpectedVerdict&) const = default;
};

/// A recorded run and what must come of it: a `*.test.yaml` file.
struct TestCase {
  std::string file;
  std::string about;                         ///< may be empty
  std::string agent;                         ///< empty: the default agent
  std::vector<std::string> prompts;          ///< of one session; empty: the agent's own
  std::string replay;                        ///< absolute; empty: none
  bool strict = false;                       ///< a request that differs from the recording fails
  std::string model;                         ///< empty: the agent's
  std::map<std::string, std::string> files;  ///< of the workspace, by relative path that stays in it
  std::map<std::string, std::string> variables;
  std::string permission_mode;  ///< empty: the agent's
  std::optional<std::int64_t> max_turns;
  std::chrono::milliseconds timeout{60'000};

  int exit = 0;
  ExpectedText answer;  ///< of the last prompt
  ExpectedTools tools;
  ExpectedBudget at_most;
  std::optional<ExpectedVerdict> judge;
  std::vector<ExpectedFile> files_after;
};

/// Reads a case, as strictly as the other files; messages name it as `shown`. Several mistakes are one Error of kind
/// `config`.
Result<TestCase> load_test_case(const std::string& path, const std::string& shown);

/// The keys of a case, for documentation and checks.
std::vector<DefinitionKey> test_case_keys();

}  // namespace errand::config
