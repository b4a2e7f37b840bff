#include "cli/definition.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/try.hpp"
#include "chat/names.hpp"
#include "chat/rule.hpp"
#include "chat/tool_names.hpp"
#include "cli/given_file.hpp"
#include "cli/output_schema.hpp"
#include "config/lookup.hpp"
#include "config/variables.hpp"

namespace errand::cli {

namespace {

// TEXT, or the content of FILE for @FILE.
Result<std::string> text_or_file(const std::string& given, const Call& call) {
  if (!given.starts_with('@')) return given;
  return read_given_file(given.substr(1), call);
}

Result<std::vector<std::string>> tool_list(const std::string& list) {
  std::vector<std::string> out;
  if (list == "none" || text::trim(list).empty()) return out;
  for (const auto& part : text::split(list, ',')) {
    const auto name = text::trim(part);
    const auto ours = chat::canonical_tool_name(name);
    if (!ours.empty()) {
      out.emplace_back(ours);
    } else if (chat::is_mcp_tool(name)) {
      out.emplace_back(name);
    } else {
      const std::vector<std::string> known(chat::builtin_tool_names().begin(), chat::builtin_tool_names().end());
      return fail(ErrorKind::config, fmt::format("--tools names an unknown tool \"{}\"", name),
                  text::suggest(name, known, "tools"));
    }
  }
  return out;
}

Result<void> add_rules(std::vector<chat::Rule>& rules, const std::vector<std::string>& written, chat::RuleAction action,
                       const std::string& option) {
  for (const auto& text : written) {
    auto rule = chat::parse_rule(text, action, option);
    if (!rule) return fail(std::move(rule).error().within(fmt::format("while reading {}", option)));
    rules.push_back(*std::move(rule));
  }
  return {};
}

Result<void> apply_prompts(chat::AgentDefinition& definition, const RunArguments& arguments, const Call& call) {
  ERRAND_TRY_ASSIGN(const auto given, arguments.variable_map());
  ERRAND_TRY_ASSIGN(const auto values, config::fill_variables(definition, given));
  definition.system_prompt = config::expand(definition.system_prompt, values);
  definition.prompt = config::expand(definition.prompt, values);
  if (arguments.system_prompt) {
    ERRAND_TRY_ASSIGN(definition.system_prompt, text_or_file(*arguments.system_prompt, call));
    definition.replace_system_prompt = true;
  }
  if (arguments.append_system_prompt) {
    ERRAND_TRY_ASSIGN(const auto more, text_or_file(*arguments.append_system_prompt, call));
    definition.system_prompt += (definition.system_prompt.empty() ? "" : "\n\n") + more;
  }
  return {};
}

Result<void> apply_permissions(chat::AgentDefinition& definition, const RunArguments& arguments) {
  if (arguments.tools) {
    ERRAND_TRY_ASSIGN(definition.tools, tool_list(*arguments.tools));
  }
  ERRAND_TRY(add_rules(definition.rules, arguments.allow, chat::RuleAction::allow, "--allow"));
  ERRAND_TRY(add_rules(definition.rules, arguments.deny, chat::RuleAction::deny, "--deny"));
  if (arguments.permission_mode) {
    definition.permission_mode = *chat::permission_mode_named(*arguments.permission_mode);
    definition.permission_mode_set = true;
  }
  return {};
}

void apply_limits(chat::AgentDefinition& definition, const RunArguments& arguments) {
  auto& limits = definition.limits;
  if (arguments.max_turns) limits.max_turns = static_cast<int>(std::min<std::int64_t>(*arguments.max_turns, 1'000'000));
  if (arguments.max_tokens) limits.max_tokens = *arguments.max_tokens;
  if (arguments.max_cost) limits.max_cost_usd = *arguments.max_cost;
  if (arguments.timeout) limits.timeout = *arguments.timeout;
  if (arguments.effort) definition.thinking = {.effort = *arguments.effort};
}

// A file named on the command line starts where the user stands; the session goes on with it from anywhere.
std::vector<std::string> named_models(const config::Configuration& config, const std::string& list) {
  auto names = text::split(list, ',');
  const auto here = current_directory().value_or(config.sources.cwd);
  for (auto& name : names) name = config::with_absolute_file(text::trim(name), here);
  return names;
}

Result<chat::AgentDefinition> with_options(chat::AgentDefinition definition, const RunArguments& arguments,
                                           const Call& call) {
  ERRAND_TRY(apply_prompts(definition, arguments, call));
  ERRAND_TRY(apply_permissions(definition, arguments));
  apply_limits(definition, arguments);
  if (arguments.output_schema) {
    ERRAND_TRY_ASSIGN(definition.output_schema, read_output_schema(*arguments.output_schema, call));
  }
  return definition;
}

std::string agent_id(const RunArguments& arguments, const std::optional<store::SessionInfo>& resumed) {
  if (arguments.agent) return *arguments.agent;
  return resumed ? resumed->start.agent : std::string();
}

}  // namespace

Result<chat::AgentDefinition> definition_for(const config::Configuration& config, const RunArguments& arguments,
                                             const std::optional<store::SessionInfo>& resumed, const Call& call) {
  auto entry = config::find_agent(config, agent_id(arguments, resumed));
  if (!entry && resumed && !arguments.agent) {
    return fail(std::move(entry).error().within(
        fmt::format("while resuming session {}; go on with another agent by -a ID", resumed->id)));
  }
  if (!entry) return fail(std::move(entry).error());
  auto definition = (*entry)->definition;
  const bool same_agent = resumed && resumed->start.agent == definition.id;
  if (arguments.model) {
    definition.models = named_models(config, *arguments.model);
  } else if (same_agent && !resumed->start.model.empty()) {
    definition.models = text::split(resumed->start.model, ',');
  }
  if (same_agent && !arguments.permission_mode) {
    definition.permission_mode =
        chat::permission_mode_named(resumed->start.permission_mode).value_or(definition.permission_mode);
  }
  return with_options(std::move(definition), arguments, call);
}

Result<chat::AgentDefinition> definition_of(const config::Configuration& config, const std::string& id,
                                            const RunArguments& arguments, const Call& call) {
  ERRAND_TRY_ASSIGN(const auto* entry, config::find_agent(config, id));
  auto other = arguments;
  other.variables.clear();
  return with_options(entry->definition, other, call);
}

}  // namespace errand::cli
