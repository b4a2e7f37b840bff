#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "chat/rule.hpp"
#include "chat/tool_names.hpp"
#include "cli/command.hpp"
#include "cli/desk.hpp"
#include "cli/listing.hpp"
#include "cli/output.hpp"

namespace errand::cli {

namespace {

// A call as it is written in a rule: `Bash(git push)`, `Read(src/main.cpp)`.
struct WrittenCall {
  std::string tool;
  std::string subject;
};

Result<WrittenCall> read_call(const std::string& written) {
  const auto open = written.find('(');
  WrittenCall out{written.substr(0, open), {}};
  const bool closed = open != std::string::npos && written.ends_with(')');
  if (closed) out.subject = written.substr(open + 1, written.size() - open - 2);
  if (!closed || out.tool.empty()) {
    return fail(ErrorKind::usage, fmt::format("\"{}\" is no call", written),
                "write it as rules are: 'Bash(git push)', 'Read(src/main.cpp)'");
  }
  if (const auto ours = chat::canonical_tool_name(out.tool); !ours.empty()) out.tool = ours;
  return out;
}

// The arguments a model would give for it; what the permissions do not look at stands for anything.
Result<Json> arguments_of(const WrittenCall& call) {
  const auto& [tool, subject] = call;
  if (tool == "Bash") return Json{{"command", subject}};
  if (tool == "Read") return Json{{"file_path", subject}};
  if (tool == "Write") return Json{{"file_path", subject}, {"content", ""}};
  if (tool == "Edit") return Json{{"file_path", subject}, {"old_string", "a"}, {"new_string", "b"}};
  if (tool == "Glob") return Json{{"pattern", "*"}, {"path", subject}};
  if (tool == "Grep") return Json{{"pattern", "."}, {"path", subject}};
  if (tool == "Skill") return Json{{"name", subject}};
  if (tool == "Task") return Json{{"subagent_type", subject}, {"description", "any"}, {"prompt", "any"}};
  const std::vector<std::string> known = {"Bash", "Edit", "Glob", "Grep", "Read", "Skill", "Task", "Write"};
  return fail(ErrorKind::config, fmt::format("no rule speaks of what {} is given", tool),
              text::suggest(tool, known, "tools"));
}

std::string_view name_of(policy::Outcome outcome) {
  switch (outcome) {
    case policy::Outcome::allow:
      return "allow";
    case policy::Outcome::ask:
      return "ask";
    case policy::Outcome::deny:
      return "deny";
  }
  return "deny";
}

class PolicyCommand final : public Command {
 public:
  void declare(Options& options) override {
    options.flag("--json", json_, "as JSON");
    declare_desk(options, arguments_);
  }

  Result<int> run(const std::vector<std::string>& words, const Invocation& invocation) override {
    if (words.empty()) return fail(ErrorKind::usage, "errand policy takes a verb: test 'TOOL(…)'");
    ERRAND_TRY_ASSIGN(const auto verb, read_verb("errand policy", words, {{"test", VerbSpec::Argument::required}}));
    ERRAND_TRY_ASSIGN(const auto call, read_call(verb.argument));
    ERRAND_TRY_ASSIGN(const auto arguments, arguments_of(call));
    ERRAND_TRY_ASSIGN(const auto desk, Desk::open(invocation, arguments_));
    ERRAND_TRY_ASSIGN(const auto decision, desk->tools().decide(call.tool, arguments.dump()));
    return print(decision);
  }

 private:
  [[nodiscard]] Result<int> print(const policy::Decision& decision) const {
    if (json_) {
      return print_json(
          {{"outcome", name_of(decision.outcome)},
           {"rule", decision.rule.empty() ? Json(nullptr) : Json(decision.rule)},
           {"reason", decision.reason},
           {"suggested_rule", decision.suggested_rule.empty() ? Json(nullptr) : Json(decision.suggested_rule)}});
    }
    auto out =
        fmt::format("{}: {}\n", name_of(decision.outcome), decision.reason.empty() ? "the mode" : decision.reason);
    if (!decision.rule.empty()) out += fmt::format("  rule: {}\n", decision.rule);
    if (!decision.suggested_rule.empty()) out += fmt::format("  to allow it: {}\n", decision.suggested_rule);
    return print_out(unicode::sanitize(out));
  }

  bool json_ = false;
  RunArguments arguments_;
};

}  // namespace

std::unique_ptr<Command> make_policy_command() {
  return std::make_unique<PolicyCommand>();
}

}  // namespace errand::cli
