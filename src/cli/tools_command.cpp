#include <algorithm>

#include <fmt/format.h>

#include "agent/subagent.hpp"
#include "base/exit_code.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "chat/codec.hpp"
#include "chat/tool_names.hpp"
#include "cli/command.hpp"
#include "cli/desk.hpp"
#include "cli/listing.hpp"
#include "cli/output.hpp"
#include "cli/setup.hpp"
#include "tool/registry.hpp"

namespace errand::cli {

namespace {

std::string_view effect_text(chat::Effect effect) {
  switch (effect) {
    case chat::Effect::none:
      return "none";
    case chat::Effect::question:
      return "question";
    case chat::Effect::read:
      return "read";
    case chat::Effect::write:
      return "write";
    case chat::Effect::execute:
      return "execute";
    case chat::Effect::network:
      return "network";
    case chat::Effect::delegate:
      return "delegate";
  }
  return "none";
}

// Every built-in tool as it is offered here: Task names the subagents there are.
std::vector<chat::ToolSpec> all_specs(const config::Configuration& config) {
  tool::Registry registry;
  tool::add_builtin(registry);
  std::vector<chat::AgentDefinition> subagents;
  for (const auto& entry : config.subagents) subagents.push_back(entry.definition);
  std::vector<chat::ToolSpec> out;
  for (const auto name : chat::builtin_tool_names()) {
    if (const auto* tool = registry.find(name))
      out.push_back(tool->spec());
    else if (!subagents.empty())
      out.push_back(agent::task_spec(subagents));
  }
  return out;
}

Json spec_json(const chat::ToolSpec& spec) {
  return {{"name", spec.name},
          {"description", spec.description},
          {"effect", effect_text(spec.effect)},
          {"parallel", spec.parallel_safe},
          {"input_schema", Json::parse(spec.input_schema)}};
}

class ToolsCommand final : public Command {
 public:
  void declare(Options& options) override {
    options.flag("--json", json_, "as JSON");
    declare_desk(options, arguments_);
  }

  Result<int> run(const std::vector<std::string>& words, const Invocation& invocation) override {
    if (!words.empty() && words.front() == "call") return call(words, invocation);
    ERRAND_TRY_ASSIGN(
        const auto verb,
        read_verb("errand tools", words,
                  {{"list"}, {"show", VerbSpec::Argument::required}, {"call", VerbSpec::Argument::required}}));
    ERRAND_TRY_ASSIGN(const auto config, load_configuration(invocation));
    const auto specs = all_specs(config);
    return verb.name == "list" ? list(specs) : show(specs, verb.argument);
  }

 private:
  Result<int> call(const std::vector<std::string>& words, const Invocation& invocation) const {
    if (words.size() != 3) {
      return fail(ErrorKind::usage, "tools call takes a tool and its input as JSON",
                  R"(errand tools call Read '{"file_path": "a.txt"}')");
    }
    ERRAND_TRY_ASSIGN(const auto desk, Desk::open(invocation, arguments_, Desk::Servers::started));
    auto name = std::string(chat::canonical_tool_name(words[1]));
    if (name.empty()) name = words[1];
    const auto known = desk->tools().tools();
    if (std::ranges::find(known, name) == known.end()) return unknown_tool(name, known);
    return desk->call({name, words[2]}, json_ ? Desk::Form::json : Desk::Form::text, invocation);
  }

  static tl::unexpected<Error> unknown_tool(const std::string& name, const std::vector<std::string>& known) {
    return fail(ErrorKind::config, fmt::format("there is no tool \"{}\"", name), text::suggest(name, known, "tools"));
  }

  Result<int> list(const std::vector<chat::ToolSpec>& specs) const {
    if (json_) {
      auto items = Json::array();
      for (const auto& spec : specs) items.push_back(spec_json(spec));
      return print_json({{"tools", std::move(items)}});
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& spec : specs) {
      rows.push_back(
          {spec.name, std::string(effect_text(spec.effect)), std::string(text::first_line(spec.description))});
    }
    return print_table({{"name"}, {"effect"}, {"description", Width::flexible}}, rows);
  }

  Result<int> show(const std::vector<chat::ToolSpec>& specs, const std::string& name) const {
    auto ours = chat::canonical_tool_name(name);
    if (ours.empty()) ours = name;
    const auto found = std::ranges::find(specs, ours, &chat::ToolSpec::name);
    if (found == specs.end()) {
      std::vector<std::string> known;
      for (const auto& spec : specs) known.push_back(spec.name);
      return unknown_tool(name, known);
    }
    if (json_) return print_json(spec_json(*found));
    return print_out(fmt::format("{} ({})\n\n{}\n\n{}\n", found->name, effect_text(found->effect), found->description,
                                 Json::parse(found->input_schema).dump(2)));
  }

  bool json_ = false;
  RunArguments arguments_;
};

}  // namespace

std::unique_ptr<Command> make_tools_command() {
  return std::make_unique<ToolsCommand>();
}

}  // namespace errand::cli
