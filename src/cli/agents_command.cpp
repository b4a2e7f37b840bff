#include <fmt/format.h>

#include "base/exit_code.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "chat/event_json.hpp"
#include "cli/command.hpp"
#include "cli/definition_listing.hpp"
#include "cli/listing.hpp"
#include "cli/output.hpp"
#include "cli/setup.hpp"
#include "config/edit.hpp"
#include "config/lookup.hpp"

namespace errand::cli {

namespace {

std::string placed(const std::string& message, const std::optional<Location>& where) {
  return where ? fmt::format("{}: {}", to_string(*where), message) : message;
}

Json problems_json(const config::FileReport& report) {
  Json out = {{"mistakes", Json::array()}, {"warnings", Json::array()}};
  for (const auto& mistake : report.mistakes) out["mistakes"].push_back(chat::to_json(mistake));
  for (const auto& warning : report.warnings) {
    Json item = {{"code", warning.code}, {"message", warning.message}};
    if (warning.where) item["where"] = to_string(*warning.where);
    out["warnings"].push_back(std::move(item));
  }
  return out;
}

class AgentsCommand final : public Command {
 public:
  void declare(Options& options) override {
    options.flag("--json", json_, "as JSON");
    options.group("Options of new");
    options.text("--description", description_, "TEXT", "what the agent is for");
    options.text("-m,--model", model_, "MODEL", "its model");
    options.text("--system-prompt", system_prompt_, "TEXT", "its own system prompt");
  }

  Result<int> run(const std::vector<std::string>& words, const Invocation& invocation) override {
    using Argument = VerbSpec::Argument;
    ERRAND_TRY_ASSIGN(
        const auto verb,
        read_verb(
            "errand agents", words,
            {{"list"}, {"show", Argument::required}, {"check", Argument::optional}, {"new", Argument::required}}));
    if (verb.name == "check") return check(verb.argument, invocation);
    ERRAND_TRY_ASSIGN(const auto config, load_configuration(invocation));
    if (verb.name == "new") return make_new(verb.argument, config, invocation);
    if (verb.name == "list") return list_definitions("agents", config.agents, default_id(config), form());
    ERRAND_TRY_ASSIGN(const auto* entry, config::find_agent(config, verb.argument));
    return show_definition(*entry, form());
  }

 private:
  static std::string default_id(const config::Configuration& config) {
    const auto entry = config::find_agent(config, "");
    return entry ? (*entry)->definition.id : std::string();
  }

  Result<int> check(const std::string& file, const Invocation& invocation) const {
    ERRAND_TRY_ASSIGN(const auto report, file.empty() ? check_all(invocation) : check_one(file, invocation));
    const int code = report.mistakes.empty() ? exit_success : exit_code_of(ErrorKind::config);
    if (json_) {
      ERRAND_TRY_ASSIGN(const auto printed, print_json(problems_json(report)));
      return printed != exit_success ? printed : code;
    }
    std::string out;
    for (const auto& mistake : report.mistakes) {
      out += placed(mistake.message, mistake.where) + "\n";
      if (!mistake.hint.empty()) out += fmt::format("  hint: {}\n", mistake.hint);
    }
    for (const auto& warning : report.warnings) out += placed("warning: " + warning.message, warning.where) + "\n";
    out += fmt::format("{}, {}\n", text::count_of(report.mistakes.size(), "mistake"),
                       text::count_of(report.warnings.size(), "warning"));
    ERRAND_TRY_ASSIGN(const auto printed, print_out(out));
    return printed != exit_success ? printed : code;
  }

  static Result<config::FileReport> check_one(const std::string& file, const Invocation& invocation) {
    ERRAND_TRY_ASSIGN(const auto sources, configuration_sources(invocation));
    return config::check_file(sources, file);
  }

  static Result<config::FileReport> check_all(const Invocation& invocation) {
    ERRAND_TRY_ASSIGN(const auto sources, configuration_sources(invocation));
    auto loaded = config::load(sources);
    if (!loaded) return config::FileReport{std::move(loaded).error(), {}};
    return config::FileReport{{}, loaded->warnings};
  }

  Result<int> make_new(const std::string& id, const config::Configuration& config, const Invocation& invocation) const {
    ERRAND_TRY_ASSIGN(const auto where, config::new_agent(config, {.id = id,
                                                                   .description = description_.value_or(""),
                                                                   .model = model_.value_or(""),
                                                                   .system_prompt = system_prompt_.value_or("")}));
    if (json_) return print_json({{"id", id}, {"where", to_string(where)}});
    ERRAND_TRY_ASSIGN(const int printed, print_out(fmt::format("{}\n", to_string(where))));
    print_note(invocation.globals,
               fmt::format("agent {0} is written there: say what it is for in system_prompt, then errand run -a {0} "
                           "\"PROMPT\"; man errand-agents has all keys",
                           id));
    return printed;
  }

  [[nodiscard]] Form form() const { return json_ ? Form::json : Form::table; }

  bool json_ = false;
  std::optional<std::string> description_, model_, system_prompt_;
};

class SubagentsCommand final : public Command {
 public:
  void declare(Options& options) override { options.flag("--json", json_, "as JSON"); }

  Result<int> run(const std::vector<std::string>& words, const Invocation& invocation) override {
    ERRAND_TRY_ASSIGN(const auto verb,
                      read_verb("errand subagents", words, {{"list"}, {"show", VerbSpec::Argument::required}}));
    ERRAND_TRY_ASSIGN(const auto config, load_configuration(invocation));
    if (verb.name == "list") return list_definitions("subagents", config.subagents, "", form());
    ERRAND_TRY_ASSIGN(const auto* entry, config::find_subagent(config, verb.argument));
    return show_definition(*entry, form());
  }

 private:
  [[nodiscard]] Form form() const { return json_ ? Form::json : Form::table; }

  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_agents_command() {
  return std::make_unique<AgentsCommand>();
}
std::unique_ptr<Command> make_subagents_command() {
  return std::make_unique<SubagentsCommand>();
}

}  // namespace errand::cli
