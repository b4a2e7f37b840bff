#include <fmt/format.h>

#include "base/text.hpp"
#include "base/try.hpp"
#include "config/lookup.hpp"
#include "repl/line_reader.hpp"
#include "repl/menus.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_agent(const std::string& argument, SlashContext& context);

namespace {

void list_agents(const SlashContext& context) {
  for (const auto& entry : context.config.agents) {
    const bool current = entry.definition.id == context.chat.definition().id;
    context.say(fmt::format("{} {}  {}", current ? "*" : " ", entry.definition.id,
                            text::first_line(entry.definition.description)));
  }
}

// Empty: none was picked.
Result<std::string> picked_agent(SlashContext& context) {
  const auto& current = context.chat.definition().id;
  ChoiceRequest request{.title = "agent: ", .hint = "type to search, Enter goes on with it, Esc leaves"};
  request.left = current;
  for (const auto& entry : context.config.agents) {
    std::string note(text::first_line(entry.definition.description));
    if (entry.definition.id == current) note = note.empty() ? "current" : "current; " + note;
    request.choices.push_back({entry.definition.id, std::move(note), ""});
  }
  request.selected = current_among(request.choices, current);
  ERRAND_TRY_ASSIGN(const auto picked, pick(request, context));
  return picked ? request.choices[*picked].text : std::string();
}

// An agent brings its own model. One that the person had chosen for the agent before can be taken along.
std::string model_line(const chat::AgentDefinition& before, const SlashContext& context) {
  const auto models = text::join(context.chat.definition().models, ",");
  const auto earlier = text::join(before.models, ",");
  const auto entry = config::find_agent(context.config, before.id);
  const bool was_chosen = !entry || (*entry)->definition.models != before.models;
  if (!was_chosen || models == earlier) return fmt::format("model: {}", models);
  return fmt::format("model: {}, the agent's own; /model {} goes on with the one before", models, earlier);
}

}  // namespace

Result<After> run_agent(const std::string& argument, SlashContext& context) {
  auto wanted = argument;
  bool told = false;
  if (wanted.empty()) {
    if (context.menus && !context.config.agents.empty()) {
      ERRAND_TRY_ASSIGN(wanted, picked_agent(context));
      told = context.menus->lines.shows_pick();
    } else {
      list_agents(context);
    }
    if (wanted.empty()) return After::go_on;
  }
  ERRAND_TRY_ASSIGN(auto definition, context.definition_of(wanted));
  const auto before = context.chat.definition();
  context.chat.use_agent(std::move(definition));
  if (!told) context.say(fmt::format("agent: {}", wanted));
  context.say(model_line(before, context));
  return After::go_on;
}

}  // namespace errand::repl
