#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/try.hpp"
#include "config/lookup.hpp"
#include "repl/line_reader.hpp"
#include "repl/menus.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_model(const std::string& argument, SlashContext& context);

namespace {

std::string note_of(const chat::ModelSpec& model) {
  std::vector<std::string> out;
  if (!model.alias.empty()) out.push_back(model.full_name());
  if (model.context > 0) out.push_back(fmt::format("{}k tokens", model.context / 1000));
  return text::join(out, ", ");
}

// What is asked now may be none of those that are known by name: it stands first then. Empty: none was picked.
Result<std::string> picked_model(SlashContext& context) {
  const auto current = text::join(context.chat.definition().models, ",");
  ChoiceRequest request{.title = "model: ", .hint = "type to search, Enter goes on with it, Esc leaves"};
  request.left = current;
  bool knows_current = false;
  for (const auto& model : config::known_models(context.config)) {
    Choice choice{model.alias.empty() ? model.full_name() : model.alias, note_of(model), ""};
    const bool is_current = choice.text == current || (!knows_current && model.full_name() == current);
    if (is_current) {
      choice.note = choice.note.empty() ? "current" : "current; " + choice.note;
      request.selected = request.choices.size();
      knows_current = true;
    }
    request.choices.push_back(std::move(choice));
  }
  if (!knows_current) {
    request.choices.insert(request.choices.begin(), {current, "current", ""});
    request.selected = 0;
  }
  ERRAND_TRY_ASSIGN(const auto picked, pick(request, context));
  return picked && (*picked != request.selected) ? request.choices[*picked].text : std::string();
}

}  // namespace

Result<After> run_model(const std::string& argument, SlashContext& context) {
  auto wanted = argument;
  bool told = false;
  if (wanted.empty() && context.menus) {
    ERRAND_TRY_ASSIGN(wanted, picked_model(context));
    told = context.menus->lines.shows_pick();
  }
  if (!wanted.empty()) {
    const std::vector<std::string> models = {wanted};
    ERRAND_TRY(config::resolve_models(context.config, models, context.config.sources.cwd));
    context.chat.use_models(models);
  }
  if (!told) context.say(fmt::format("model: {}", text::join(context.chat.definition().models, ",")));
  return After::go_on;
}

}  // namespace errand::repl
