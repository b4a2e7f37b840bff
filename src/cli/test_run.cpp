#include "cli/test_run.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/setup.hpp"
#include "config/load.hpp"
#include "config/lookup.hpp"

namespace errand::cli {

namespace {

Result<void> add_wire(const config::TestCase& test, TestMode mode, const TestPlace& place,
                      std::vector<std::string>& argv) {
  if (mode == TestMode::live) return {};
  if (mode == TestMode::record) {
    argv.push_back("--record=" + test.replay);
    return {};
  }
  auto recording = test.replay;
  if (recording.empty()) {
    ERRAND_TRY_ASSIGN(recording, empty_recording(place));
  } else if (!path_exists(recording)) {
    return fail(ErrorKind::failure, fmt::format("there is no recording {}", recording),
                "errand test --record makes it, with your own keys");
  }
  argv.push_back("--replay=" + recording);
  if (test.strict) argv.emplace_back("--replay-strict");
  return {};
}

Result<std::vector<std::string>> argv_of(const config::TestCase& test, TestMode mode, const TestPlace& place) {
  std::vector<std::string> out = {test.prompts.size() > 1 ? "chat" : "run", "--output-format=stream-json", "--no-input",
                                  fmt::format("--timeout={}ms", test.timeout.count())};
  if (test.prompts.size() > 1) out.emplace_back(R"(--delimiter=\0)");
  if (!test.agent.empty()) out.push_back("--agent=" + test.agent);
  if (!test.model.empty()) out.push_back("--model=" + test.model);
  if (!test.permission_mode.empty()) out.push_back("--permission-mode=" + test.permission_mode);
  if (test.max_turns) out.push_back(fmt::format("--max-turns={}", *test.max_turns));
  for (const auto& [name, value] : test.variables) out.push_back(fmt::format("--var={}={}", name, value));
  ERRAND_TRY(add_wire(test, mode, place, out));
  return out;
}

// What the agent itself may cost; 0: as much as it likes. A case whose definitions are wrong says so when it runs.
double own_limit(const config::TestCase& test, const config::Sources& around) {
  const auto config = config::load(around);
  if (!config) return 0;
  const auto agent = config::find_agent(*config, test.agent);
  return agent ? (*agent)->definition.limits.max_cost_usd : 0;
}

// An option counts for more than the agent's limit: the lower of the two is given. nullopt: the agent's own is.
std::optional<double> limit_of_each(const config::TestCase& test, std::optional<double> max_cost_usd,
                                    const config::Sources& around) {
  if (!max_cost_usd) return std::nullopt;
  const auto each = *max_cost_usd / static_cast<double>(std::max<std::size_t>(test.prompts.size(), 1));
  const auto own = own_limit(test, around);
  return own > 0 && own <= each ? std::nullopt : std::optional(each);
}

// Who wrote the case knows nothing of the recording that stands in for none.
void explain_silence(TestOutcome& outcome, const TestPlace& place) {
  if (outcome.error.find(empty_recording_path(place)) == std::string::npos) return;
  outcome.error =
      "nothing answers: the case has no recording, and its model is no script\n"
      "hint: name one, replay: FILE, that errand test --record makes; or model: scripted/FILE; or ask the models with "
      "--live";
}

}  // namespace

Result<config::Configuration> configuration_around(const config::TestCase& test, const Invocation& invocation) {
  ERRAND_TRY_ASSIGN(auto sources, configuration_sources(invocation));
  ERRAND_TRY_ASSIGN(sources.cwd, real_path(parent_path(test.file)));
  return load_from(sources);
}

Result<TestOutcome> run_test(const config::TestCase& test, TestMode mode, const TestPlace& place,
                             std::optional<double> max_cost_usd, const Invocation& invocation, const Call& call) {
  ERRAND_TRY_ASSIGN(const auto config, configuration_around(test, invocation));
  const auto around = surrounding_of(place, mode, config.sources);
  ERRAND_TRY(copy_definitions(config.project, place));
  ERRAND_TRY(trust_copy(config.project, around));
  for (const auto& [name, content] : test.files) ERRAND_TRY(put_file(join_path(place.workspace(), name), content));
  ERRAND_TRY_ASSIGN(auto argv, argv_of(test, mode, place));
  const auto limit = limit_of_each(test, max_cost_usd, around.sources);
  if (limit) argv.push_back(max_cost_option(*limit));
  const auto runs = static_cast<std::chrono::milliseconds::rep>(std::max<std::size_t>(test.prompts.size(), 1));
  ERRAND_TRY_ASSIGN(auto outcome, run_program({.argv = std::move(argv),
                                               .env = around.env,
                                               .workspace = place.workspace(),
                                               .input = text::join(test.prompts, std::string_view("\0", 1)),
                                               .time = runs * test.timeout},
                                              call));
  explain_silence(outcome, place);
  outcome.money_ran_out = outcome.money_ran_out && limit.has_value();
  return outcome;
}

}  // namespace errand::cli
