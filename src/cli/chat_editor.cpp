#include "cli/chat_editor.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/setup.hpp"
#include "config/lookup.hpp"
#include "repl/editor/completion.hpp"

namespace errand::cli {

namespace {

repl::CompletionSources sources_of(const Talk& talk) {
  const auto& config = talk.engine().config();
  repl::CompletionSources out{.agents = {}, .models = {}, .directory = config.sources.cwd};
  for (const auto& entry : config.agents)
    out.agents.push_back({entry.definition.id, std::string(text::first_line(entry.definition.description))});
  for (const auto& model : config::known_models(config)) {
    const auto full = model.full_name();
    const bool has_alias = !model.alias.empty();
    out.models.push_back({has_alias ? model.alias : full, has_alias ? full : ""});
  }
  return out;
}

}  // namespace

Result<void> equip(repl::LineEditor& editor, const Talk& talk, const RunArguments& arguments,
                   const Invocation& invocation) {
  editor.use_completer(repl::make_completer(sources_of(talk)));
  if (arguments.no_session) return {};
  ERRAND_TRY_ASSIGN(const auto place, place_of(invocation, talk.engine().config()));
  const auto directory = join_path(place.data_directory, place.user);  // the store has made it
  const auto& secrets = talk.engine().services().secrets;
  editor.use_history({.path = join_path(directory, "repl_history"),
                      .clean = [&secrets](std::string line) { return secrets.clean(std::move(line)); }});
  return {};
}

}  // namespace errand::cli
