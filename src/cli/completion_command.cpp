#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "cli/command.hpp"
#include "cli/completion.hpp"
#include "cli/help.hpp"
#include "cli/listing.hpp"
#include "cli/output.hpp"
#include "cli/schedule_file.hpp"
#include "cli/setup.hpp"
#include "config/lookup.hpp"
#include "config/settings.hpp"
#include "store/open.hpp"
#include "store/users.hpp"
#include "tool/registry.hpp"

namespace errand::cli {

namespace {

constexpr int offered = 50;  // sessions and runs, the newest

// Each asks errand itself, so that what a line may hold is told in one place. The first line of the answer says whose
// work it is: the shell's own, for files, or a list of values, each with a tab and a word about it.
constexpr std::string_view for_bash = R"sh(# bash completion for errand: eval "$(errand completion bash)"
_errand() {
  local -a words=() lines=()
  local line value taken path i
  # bash takes words apart at = and :, and replaces what is behind the last of them.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    if ((i > 1)) && [[ ${COMP_WORDS[i]} == [=:] || ${COMP_WORDS[i - 1]} == [=:] ]]; then
      words[-1]+=${COMP_WORDS[i]}
    else
      words+=("${COMP_WORDS[i]}")
    fi
  done
  mapfile -t lines < <(errand completion candidates -- "${words[@]}" 2>/dev/null)
  path=${words[-1]}
  [[ $path == --*=* ]] && path=${path#*=}
  COMPREPLY=()
  case ${lines[0]-} in
    :files)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$path")
      ;;
    :directories)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -d -- "$path")
      ;;
    *)
      taken=${words[-1]%"${words[-1]##*[=:]}"}
      for line in "${lines[@]:1}"; do
        value=${line%%$'\t'*}
        printf -v value %q "${value#"$taken"}"
        COMPREPLY+=("$value")
      done
      ;;
  esac
}
complete -F _errand errand
)sh";

constexpr std::string_view for_zsh = R"sh(#compdef errand
# zsh completion for errand: eval "$(errand completion zsh)", or this as _errand in a directory of $fpath
_errand() {
  local -a lines values
  local line value
  lines=("${(@f)$(errand completion candidates -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  case $lines[1] in
    :files) compset -P '--*='; _files ;;
    :directories) compset -P '--*='; _files -/ ;;
    *)
      for line in "${(@)lines[2,-1]}"; do
        value=${line%%$'\t'*}
        values+=("${value//:/\\:}:${line#*$'\t'}")
      done
      _describe -t values errand values
      ;;
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _errand "$@"
else
  compdef _errand errand
fi
)sh";

constexpr std::string_view for_fish = R"sh(# fish completion for errand: errand completion fish | source
function __errand_candidates
    set -l words (commandline -opc)
    set -e words[1]
    set -l current (commandline -ct)
    set -l path (string replace -r -- '^--[^=]*=' '' "$current")
    set -l lines (errand completion candidates -- $words "$current" 2>/dev/null)
    switch "$lines[1]"
        case ':files'
            __fish_complete_path "$path"
        case ':directories'
            __fish_complete_directories "$path"
        case '*'
            set -e lines[1]
            printf '%s\n' $lines
    end
end
complete -c errand -f -a '(__errand_candidates)'
)sh";

using Candidates = std::vector<Candidate>;

Result<std::unique_ptr<store::Store>> open_store(const Invocation& invocation) {
  ERRAND_TRY_ASSIGN(const auto config, load_quietly(invocation, config::Scope::settings));
  ERRAND_TRY_ASSIGN(const auto place, place_of(invocation, config));
  return store::open(place.data_directory, place.user, store::OpenMode::existing_only);
}

Result<Candidates> commands_there_are(const Invocation&) {
  Candidates out;
  for (const auto& entry : commands()) out.push_back({std::string(entry.name), std::string(entry.summary)});
  return out;
}

Candidates of_definitions(const std::vector<config::AgentEntry>& entries) {
  Candidates out;
  for (const auto& entry : entries) out.push_back({entry.definition.id, entry.definition.description});
  return out;
}

Result<Candidates> agents(const Invocation& invocation) {
  ERRAND_TRY_ASSIGN(const auto config, load_quietly(invocation));
  return of_definitions(config.agents);
}

Result<Candidates> subagents(const Invocation& invocation) {
  ERRAND_TRY_ASSIGN(const auto config, load_quietly(invocation));
  return of_definitions(config.subagents);
}

Result<Candidates> skills(const Invocation& invocation) {
  ERRAND_TRY_ASSIGN(const auto config, load_quietly(invocation));
  Candidates out;
  for (const auto& entry : config.skills) out.push_back({entry.definition.name, entry.definition.description});
  return out;
}

Result<Candidates> tools(const Invocation&) {
  tool::Registry registry;
  tool::add_builtin(registry);
  Candidates out;
  for (const auto& tool : registry.all()) out.push_back({tool->spec().name, tool->spec().description});
  return out;
}

Result<Candidates> models(const Invocation& invocation) {
  ERRAND_TRY_ASSIGN(const auto config, load_quietly(invocation));
  Candidates out;
  for (const auto& model : config::known_models(config)) {
    if (!model.alias.empty()) out.push_back({model.alias, model.full_name()});
    out.push_back({model.full_name(), ""});
  }
  return out;
}

Result<Candidates> providers(const Invocation& invocation) {
  ERRAND_TRY_ASSIGN(const auto config, load_quietly(invocation));
  std::set<std::string> names;
  for (const auto& model : config::known_models(config)) names.insert(model.provider);
  Candidates out;
  for (const auto& name : names) out.push_back({name, ""});
  return out;
}

// By its name, which is easier to tell from others; a name of several words is no word of a command line.
Result<Candidates> sessions(const Invocation& invocation) {
  ERRAND_TRY_ASSIGN(const auto store, open_store(invocation));
  ERRAND_TRY_ASSIGN(const auto newest, store->list({.limit = offered}));
  Candidates out;
  for (const auto& session : newest) {
    const auto& name = session.start.name;
    const bool is_word = !name.empty() && name.find_first_of(" \t") == std::string::npos;
    out.push_back({is_word ? name : session.id.substr(0, short_id_length), session.start.title});
  }
  return out;
}

Result<Candidates> runs(const Invocation& invocation) {
  ERRAND_TRY_ASSIGN(const auto store, open_store(invocation));
  ERRAND_TRY_ASSIGN(const auto newest, store->list_runs({.limit = offered}));
  Candidates out;
  for (const auto& run : newest) {
    const auto ended = run.exit_code ? fmt::format("exit {}", *run.exit_code) : run.state;
    out.push_back({run.id.substr(0, short_id_length), fmt::format("{}, {}", run.agent, ended)});
  }
  return out;
}

Result<Candidates> schedule(const Invocation& invocation) {
  ERRAND_TRY_ASSIGN(const auto config, load_quietly(invocation, config::Scope::settings));
  ERRAND_TRY_ASSIGN(const auto place, place_of(invocation, config));
  ERRAND_TRY_ASSIGN(const auto entries, ScheduleFile(join_path(place.data_directory, place.user)).read());
  Candidates out;
  for (const auto& entry : entries) out.push_back({entry.name, entry.when});
  return out;
}

Result<Candidates> settings(const Invocation& /*invocation*/) {
  Candidates out;
  for (const auto& key : config::setting_keys()) {
    if (key.name.find('*') == std::string::npos) out.push_back({key.name, std::string(key.description)});
  }
  return out;
}

Result<Candidates> users(const Invocation& invocation) {
  ERRAND_TRY_ASSIGN(const auto config, load_quietly(invocation, config::Scope::settings));
  ERRAND_TRY_ASSIGN(const auto place, place_of(invocation, config));
  ERRAND_TRY_ASSIGN(const auto names, store::readable_users(place.data_directory));
  Candidates out;
  for (const auto& name : names) out.push_back({name, ""});
  return out;
}

Result<Candidates> topics(const Invocation& invocation) {
  ERRAND_TRY_ASSIGN(auto out, commands_there_are(invocation));
  for (const auto& topic : help_topics()) out.push_back({std::string(topic.name), std::string(topic.summary)});
  return out;
}

struct Source {
  WordKind kind;
  Result<Candidates> (*read)(const Invocation& invocation);
};
constexpr std::array sources = {
    Source{WordKind::commands, commands_there_are},
    Source{WordKind::topics, topics},
    Source{WordKind::agents, agents},
    Source{WordKind::subagents, subagents},
    Source{WordKind::skills, skills},
    Source{WordKind::tools, tools},
    Source{WordKind::models, models},
    Source{WordKind::providers, providers},
    Source{WordKind::sessions, sessions},
    Source{WordKind::runs, runs},
    Source{WordKind::schedule, schedule},
    Source{WordKind::settings, settings},
    Source{WordKind::users, users},
};

}  // namespace

Result<std::vector<Candidate>> candidates_of(const Wanted& wanted, const Invocation& invocation) {
  if (wanted.kind == WordKind::listed) return wanted.listed;
  const auto source = std::ranges::find(sources, wanted.kind, &Source::kind);
  if (source == sources.end()) return Candidates();
  return source->read(invocation);
}

namespace {

// Titles and descriptions are anybody's text, and each goes on one line of a terminal.
std::string told(const std::string& help) {
  constexpr std::size_t max_columns = 60;
  auto line = unicode::sanitize(text::first_line(text::trim(help)));
  std::ranges::replace(line, '\t', ' ');
  return text::ellipsize(line, max_columns);
}

bool is_plain(std::string_view value) {
  return !value.empty() &&
         std::ranges::none_of(value, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }) &&
         unicode::is_valid_utf8(value);
}

std::string answer_of(const Wanted& wanted, const Candidates& candidates) {
  if (wanted.kind == WordKind::files) return ":files\n";
  if (wanted.kind == WordKind::directories) return ":directories\n";
  std::string out = ":list\n";
  for (const auto& candidate : candidates) {
    if (!is_plain(candidate.value) || !candidate.value.starts_with(wanted.stem)) continue;
    out += fmt::format("{}{}\t{}\n", wanted.before, candidate.value, told(candidate.help));
  }
  return out;
}

class CompletionCommand final : public Command {
 public:
  void declare(Options&) override {}

  Result<int> run(const std::vector<std::string>& words, const Invocation& invocation) override {
    if (words.empty()) {
      return fail(ErrorKind::usage, "\"errand completion\" wants a shell: bash, zsh or fish",
                  "eval \"$(errand completion bash)\" in ~/.bashrc");
    }
    const auto& word = words.front();
    if (word == "candidates") return print_candidates({words.begin() + 1, words.end()}, invocation);
    if (words.size() > 1) return fail(ErrorKind::usage, fmt::format("\"{}\" is one word too many", words[1]));
    if (word == "bash") return print_out(for_bash);
    if (word == "zsh") return print_out(for_zsh);
    if (word == "fish") return print_out(for_fish);
    return unknown_verb("errand completion", word, std::vector<std::string>{"bash", "zsh", "fish", "candidates"});
  }

 private:
  static Result<int> print_candidates(const std::vector<std::string>& words, const Invocation& invocation) {
    const auto wanted = wanted_at(words);
    RunArguments place;
    if (!wanted.directory.empty()) place.directory = wanted.directory;
    ERRAND_TRY(enter_directory(place));
    ERRAND_TRY_ASSIGN(const auto candidates,
                      candidates_of(wanted, {wanted.globals, invocation.argv, invocation.signals}));
    return print_out(answer_of(wanted, candidates));
  }
};

}  // namespace

std::unique_ptr<Command> make_completion_command() {
  return std::make_unique<CompletionCommand>();
}

}  // namespace errand::cli
