#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/exit_code.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "chat/rule.hpp"
#include "chat/tool_names.hpp"
#include "cli/command.hpp"
#include "cli/desk.hpp"
#include "cli/listing.hpp"
#include "cli/output.hpp"
#include "cli/policy_learning.hpp"
#include "cli/setup.hpp"
#include "config/edit.hpp"
#include "store/open.hpp"

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

// A host as rules name it, or a URL.
std::string url_of(std::string_view subject) {
  if (subject.find("://") != std::string_view::npos) return std::string(subject);
  if (subject.starts_with("domain:")) subject.remove_prefix(7);
  const bool bare_v6 = std::ranges::count(subject, ':') > 1 && !subject.starts_with('[');
  return bare_v6 ? fmt::format("https://[{}]/", subject) : fmt::format("https://{}/", subject);
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
  if (tool == "WebFetch") return Json{{"url", url_of(subject)}};
  const std::vector<std::string> known = {"Bash", "Edit", "Glob", "Grep", "Read", "Skill", "Task", "WebFetch", "Write"};
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

Json json_of(const Learned& learned, bool saved) {
  auto rules = Json::array();
  for (const auto& rule : learned.rules) {
    rules.push_back(
        {{"rule", rule.rule}, {"count", rule.count}, {"last", to_rfc3339(rule.last)}, {"agents", rule.agents}});
  }
  return {{"rules", std::move(rules)},
          {"saved", saved},
          {"already_allowed", learned.allowed},
          {"forbidden", learned.forbidden},
          {"no_narrow_rule", learned.unclear}};
}

// As it would stand in agents.yaml or config.yaml; JSON's strings are YAML's.
std::string yaml_of(const Learned& learned) {
  std::string out = "permissions:\n  allow:\n";
  for (const auto& rule : learned.rules) {
    const std::vector<std::string> agents(rule.agents.begin(), rule.agents.end());
    out += fmt::format("    - {}  # {}, the last on {}, {}\n", Json(unicode::sanitize(rule.rule)).dump(),
                       text::count_of(static_cast<std::size_t>(rule.count), "denial"),
                       to_rfc3339(rule.last).substr(0, 10), text::join(agents, ", "));
  }
  return out;
}

std::string rest_of(const Learned& learned) {
  return fmt::format("{} forbidden by a rule or the mode, {} without a narrow rule, {} allowed by now",
                     learned.forbidden, learned.unclear, learned.allowed);
}

class PolicyCommand final : public Command {
 public:
  void declare(Options& options) override {
    options.flag("--json", json_, "as JSON");
    options.duration("--since", since_, "learn: from denials within that time; default: all");
    options.flag("--save", save_, "learn: keep the rules for you, as \"always allow\" does");
    declare_desk(options, arguments_);
  }

  Result<int> run(const std::vector<std::string>& words, const Invocation& invocation) override {
    if (words.empty()) return fail(ErrorKind::usage, "errand policy takes a verb: test 'TOOL(…)', or learn");
    ERRAND_TRY_ASSIGN(const auto verb,
                      read_verb("errand policy", words, {{"test", VerbSpec::Argument::required}, {"learn"}}));
    if (verb.name == "learn") return learn(invocation);
    if (save_ || since_) return fail(ErrorKind::usage, "--since and --save belong to \"errand policy learn\"");
    ERRAND_TRY_ASSIGN(const auto call, read_call(verb.argument));
    ERRAND_TRY_ASSIGN(const auto arguments, arguments_of(call));
    ERRAND_TRY_ASSIGN(const auto desk, Desk::open(invocation, arguments_));
    ERRAND_TRY_ASSIGN(const auto decision, desk->tools().decide(call.tool, arguments.dump()));
    return print(decision);
  }

 private:
  Result<int> learn(const Invocation& invocation) {
    ERRAND_TRY(enter_directory(arguments_));
    ERRAND_TRY_ASSIGN(const auto config, load_configuration(invocation));
    ERRAND_TRY_ASSIGN(const auto place, place_of(invocation, config));
    ERRAND_TRY_ASSIGN(const auto store, store::open(place.data_directory, place.user, store::OpenMode::existing_only));
    std::optional<Timestamp> since;
    if (since_) since = now() - *since_;
    ERRAND_TRY_ASSIGN(const auto denials, past_denials(*store, real_path(place.workspace).value_or(place.workspace),
                                                       arguments_.agent.value_or(""), since));
    arguments_.directory.reset();  // we stand there by now
    std::map<std::string, Result<std::unique_ptr<Desk>>> desks;
    const auto learned = learn_rules(denials, [&](const PastDenial& denial) -> Result<policy::Decision> {
      auto found = desks.find(denial.agent);
      if (found == desks.end()) {
        auto arguments = arguments_;
        arguments.agent = denial.agent;
        found = desks.emplace(denial.agent, Desk::open(invocation, std::move(arguments))).first;
      }
      if (!found->second) return fail(found->second.error());
      return (*found->second)->tools().decide(denial.tool, denial.input);
    });
    return tell(learned, config, invocation);
  }

  // Shown first: what is kept can be read before it is.
  Result<int> tell(const Learned& learned, const config::Configuration& config, const Invocation& invocation) const {
    const bool saves = save_ && !learned.rules.empty();
    if (!json_ && !learned.rules.empty()) ERRAND_TRY(print_out(yaml_of(learned)));
    if (!json_ && learned.rules.empty())
      print_note(invocation.globals, "no past denial of this project asks for a rule");
    if (!json_ && learned.forbidden + learned.unclear > 0) print_note(invocation.globals, rest_of(learned));
    for (const auto& rule : learned.rules) {
      if (!saves) break;
      ERRAND_TRY_ASSIGN(const auto where, config::save_allow_rule(config.sources, rule.rule));
      if (!json_) print_note(invocation.globals, fmt::format("saved {} to {}", rule.rule, where.file));
    }
    return json_ ? print_json(json_of(learned, saves)) : Result<int>(exit_success);
  }

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
  bool save_ = false;
  std::optional<std::chrono::milliseconds> since_;
  RunArguments arguments_;
};

}  // namespace

std::unique_ptr<Command> make_policy_command() {
  return std::make_unique<PolicyCommand>();
}

}  // namespace errand::cli
