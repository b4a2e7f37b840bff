#include "cli/chat_editor.hpp"

#include <algorithm>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/completion.hpp"
#include "cli/setup.hpp"
#include "config/lookup.hpp"
#include "config/prompt_commands.hpp"
#include "repl/editor/completion.hpp"
#include "repl/printed.hpp"

namespace errand::cli {

namespace {

constexpr int offered_sessions = 50;
constexpr std::size_t offered_calls = 50;

// A session by its name, which is easier to tell from others than an id. One that can't be read is no candidate.
std::vector<repl::Named> newest(const agent::Services& services) {
  const auto found = services.store.list(
      {.project = services.surroundings.roots.project, .agent = {}, .since = std::nullopt, .limit = offered_sessions});
  std::vector<repl::Named> out;
  if (!found) return out;
  for (const auto& session : *found) {
    const auto& name = session.start.name;
    const bool is_word = !name.empty() && name.find_first_of(" \t") == std::string::npos;
    out.push_back({is_word ? name : session.id, session.start.title});
  }
  return out;
}

// By the numbers that /output takes.
std::vector<repl::Named> printed(const Talk& talk) {
  const auto id = talk.chat().session_seen();
  if (id.empty()) return {};
  const auto history = talk.engine().services().store.read_history(id);
  if (!history) return {};
  std::vector<repl::Named> out;
  for (const auto& ended : repl::ended_calls(*history)) {
    if (out.size() == offered_calls) break;
    out.push_back({std::to_string(out.size() + 1), repl::name_of(ended)});
  }
  return out;
}

// Of a command of the command line, as a shell would complete it.
std::vector<repl::Named> words_at(const std::vector<std::string>& words, const Invocation& invocation) {
  const auto wanted = wanted_at(words);
  const auto found = candidates_of(wanted, invocation);
  std::vector<repl::Named> out;
  if (!found) return out;
  for (const auto& one : *found) {
    if (one.value.starts_with(wanted.stem))
      out.push_back({wanted.before + one.value, std::string(text::first_line(text::trim(one.help)))});
  }
  return out;
}

std::vector<repl::Named> kept_prompts(const config::Configuration& config) {
  std::vector<repl::Named> out;
  for (const auto& prompt : config::find_prompt_commands(config))
    out.push_back({"/" + prompt.name, prompt.description.empty() ? prompt.argument_hint : prompt.description});
  return out;
}

repl::CompletionSources sources_of(const Talk& talk, const Invocation& invocation) {
  const auto& config = talk.engine().config();
  repl::CompletionSources out{
      .agents = {},
      .models = {},
      .servers = {},
      .directory = current_directory().value_or(config.sources.cwd),
      .sessions = [&services = talk.engine().services()] { return newest(services); },
      .prompts = [&config] { return kept_prompts(config); },
      .printed = [&talk] { return printed(talk); },
      .words = [&invocation](const std::vector<std::string>& words) { return words_at(words, invocation); }};
  for (const auto& entry : config.agents) {
    out.agents.push_back({entry.definition.id, std::string(text::first_line(entry.definition.description))});
    for (const auto& server : entry.definition.mcp_servers) {
      if (std::ranges::find(out.servers, server.name, &repl::Named::name) == out.servers.end())
        out.servers.push_back({server.name, server.command.empty() ? server.url : server.command});
    }
  }
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
  editor.use_completer(repl::make_completer(sources_of(talk, invocation)));
  editor.use_keys(talk.engine().config().settings.terminal.keys == "vi" ? repl::Keys::vi : repl::Keys::emacs);
  if (arguments.no_session) return {};
  ERRAND_TRY_ASSIGN(const auto place, place_of(invocation, talk.engine().config()));
  const auto directory = join_path(place.data_directory, place.user);  // the store has made it
  const auto& secrets = talk.engine().services().secrets;
  editor.use_history({.path = join_path(directory, "repl_history"),
                      .clean = [&secrets](std::string line) { return secrets.clean(std::move(line)); }});
  return {};
}

}  // namespace errand::cli
