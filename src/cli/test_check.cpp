#include "cli/test_check.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <re2/re2.h>

#include "agent/answer_form.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace errand::cli {

namespace {

constexpr std::size_t shown_columns = 300;
constexpr std::size_t max_checked_file_bytes = 16U << 20U;

std::string shown(std::string_view text) {
  return fmt::format("\"{}\"", text::ellipsize(text::replace_all(std::string(text), "\n", "\\n"), shown_columns));
}

class Checker {
 public:
  Checker(const config::TestCase& test, const TestOutcome& outcome) : test_(test), outcome_(outcome) {}

  std::vector<std::string> go() {
    check_exit();
    check_text("the answer", test_.answer, outcome_.answer);
    check_tools();
    check_budget();
    for (const auto& file : test_.files_after) check_file(file);
    return std::move(out_);
  }

 private:
  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    out_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  void check_exit() {
    if (outcome_.exit == test_.exit) return;
    add("the exit code is {}, not {}{}{}", outcome_.exit, test_.exit, outcome_.error.empty() ? "" : ": ",
        outcome_.error);
  }

  void check_text(const std::string& what, const config::ExpectedText& wanted, const std::string& got) {
    if (wanted.equals && got != *wanted.equals) add("{} is {}, not {}", what, shown(got), shown(*wanted.equals));
    for (const auto& part : wanted.contains) {
      if (got.find(part) == std::string::npos) add("{} does not contain {}: {}", what, shown(part), shown(got));
    }
    for (const auto& part : wanted.lacks) {
      if (got.find(part) != std::string::npos) add("{} contains {}: {}", what, shown(part), shown(got));
    }
    for (const auto& pattern : wanted.matches) check_pattern(what, pattern, got);
    if (!wanted.schema.empty()) check_schema(what, wanted.schema, got);
  }

  void check_schema(const std::string& what, const std::string& schema, const std::string& got) {
    for (const auto& mistake : agent::json_answer(got, Json::parse(schema)).mistakes) {
      add("{} does not follow the schema: {}", what, mistake);
    }
  }

  void check_pattern(const std::string& what, const std::string& pattern, const std::string& got) {
    const RE2 expression(pattern, RE2::Quiet);
    if (!RE2::PartialMatch(got, expression)) {
      add("{} does not match {}: {}", what, shown(pattern), shown(got));
    }
  }

  [[nodiscard]] bool was_used(const std::string& tool) const {
    return std::ranges::find(outcome_.tools, tool) != outcome_.tools.end();
  }

  void check_tools() {
    for (const auto& tool : test_.tools.used) {
      if (!was_used(tool)) add("{} was not called; these were: {}", tool, called());
    }
    for (const auto& tool : test_.tools.not_used) {
      if (was_used(tool)) add("{} was called", tool);
    }
    auto at = outcome_.tools.begin();
    for (const auto& tool : test_.tools.in_order) {
      at = std::find(at, outcome_.tools.end(), tool);
      if (at == outcome_.tools.end())
        return add("the tools were not called in the order {}, but: {}", text::join(test_.tools.in_order, ", "),
                   called());
      ++at;
    }
  }

  [[nodiscard]] std::string called() const {
    return outcome_.tools.empty() ? "none" : text::join(outcome_.tools, ", ");
  }

  void check_budget() {
    const auto& most = test_.at_most;
    if (most.turns && outcome_.turns > *most.turns) add("it took {} turns, more than {}", outcome_.turns, *most.turns);
    if (most.tokens && outcome_.tokens > *most.tokens)
      add("it used {} tokens, more than {}", outcome_.tokens, *most.tokens);
    if (!most.cost_usd) return;
    if (!outcome_.cost_usd) {
      add("what it cost is unknown, so it may be more than ${}", *most.cost_usd);
    } else if (*outcome_.cost_usd > *most.cost_usd) {
      add("it cost ${}, more than ${}", *outcome_.cost_usd, *most.cost_usd);
    }
  }

  void check_file(const config::ExpectedFile& file) {
    const auto path = join_path(outcome_.workspace, file.name);
    if (!file.content) {
      if (path_exists(path)) add("the file {} is there", file.name);
      return;
    }
    const auto resolved = real_path(path);
    if (resolved && !is_within(*resolved, outcome_.workspace))
      return add("the file {} leads out of the workspace", file.name);
    const auto content = read_file(path, max_checked_file_bytes);
    if (!content) return add("{}", content.error().message);
    check_text(file.name, *file.content, *content);
  }

  const config::TestCase& test_;
  const TestOutcome& outcome_;
  std::vector<std::string> out_;
};

}  // namespace

std::vector<std::string> check_test(const config::TestCase& test, const TestOutcome& outcome) {
  return Checker(test, outcome).go();
}

}  // namespace errand::cli
