#include "cli/completion.hpp"

#include <algorithm>
#include <array>

#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/run_options.hpp"
#include "cli/sessions.hpp"

namespace errand::cli {

namespace {

// What a placeholder of a command's usage stands for.
struct WordRow {
  std::string_view command;
  std::string_view placeholder;
  WordKind kind;
};
constexpr std::array word_rows = {
    WordRow{"agents", "FILE", WordKind::files},
    WordRow{"agents", "ID", WordKind::agents},
    WordRow{"config", "KEY", WordKind::settings},
    WordRow{"help", "COMMAND", WordKind::topics},
    WordRow{"runs", "ID", WordKind::runs},
    WordRow{"schedule", "NAME", WordKind::schedule},
    WordRow{"sessions", "FILE", WordKind::files},
    WordRow{"sessions", "REF", WordKind::sessions},
    WordRow{"skills", "NAME", WordKind::skills},
    WordRow{"skills", "PATH", WordKind::files},
    WordRow{"subagents", "NAME", WordKind::subagents},
    WordRow{"test", "PATH", WordKind::files},
    WordRow{"tools", "NAME", WordKind::tools},
    WordRow{"trust", "DIR", WordKind::directories},
};

// The same for the value of an option, by its name or by what it takes.
struct OptionRow {
  std::string_view name_or_value;
  WordKind kind;
};
constexpr std::array option_rows = {
    OptionRow{"--agent", WordKind::agents},       OptionRow{"--model", WordKind::models},
    OptionRow{"--provider", WordKind::providers}, OptionRow{"--resume", WordKind::sessions},
    OptionRow{"--tool", WordKind::tools},         OptionRow{"--tools", WordKind::tools},
    OptionRow{"--user", WordKind::users},         OptionRow{"DIR", WordKind::directories},
    OptionRow{"FILE", WordKind::files},           OptionRow{"FILE|JSON", WordKind::files},
    OptionRow{"PATH", WordKind::files},
};

bool is_lower_word(std::string_view word) {
  const auto is_lower = [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; };
  return !word.empty() && word.front() != '-' && std::ranges::all_of(word, is_lower);
}

// "text|json", and no "TEXT|@FILE".
std::vector<Candidate> choices_in(std::string_view value) {
  std::vector<Candidate> out;
  for (const auto& choice : text::split(value, '|')) {
    if (!is_lower_word(choice)) return {};
    out.push_back({choice, ""});
  }
  return out.size() > 1 ? out : std::vector<Candidate>();
}

// Of --log-level: a level for all rooms, or the beginning of one for a room.
std::vector<Candidate> log_levels() {
  std::vector<Candidate> out;
  for (const auto level : log::level_names()) out.push_back({std::string(level), "for all rooms"});
  for (const auto room : log::rooms()) out.push_back({std::string(room) + "=", "for one"});
  return out;
}

void want_value(Wanted& out, const OptionFacts& option) {
  out.listed = option.value == "LEVELS" ? log_levels() : choices_in(option.value);
  if (!out.listed.empty()) {
    out.kind = WordKind::listed;
    return;
  }
  for (const auto& row : option_rows) {
    const bool is_it = std::ranges::find(option.names, row.name_or_value) != option.names.end();
    if (is_it || row.name_or_value == option.value) {
      out.kind = row.kind;
      return;
    }
  }
}

void want_option(Wanted& out, const Options& options) {
  out.kind = WordKind::listed;
  for (const auto& option : options.facts()) {
    for (const auto& name : option.names) {
      if (name.starts_with("--") || out.stem == "-") out.listed.push_back({name, option.help});
    }
  }
}

WordKind kind_of(const CommandEntry& entry, const VerbUsage& verb, std::size_t at) {
  if (verb.takes.empty() || verb.name == "new" || verb.name == "add") return WordKind::nothing;
  const auto& placeholder = verb.takes[std::min(at, verb.takes.size() - 1)];
  const auto is_it = [&](const WordRow& row) { return row.command == entry.name && row.placeholder == placeholder; };
  const auto found = std::ranges::find_if(word_rows, is_it);
  return found == word_rows.end() ? WordKind::nothing : found->kind;
}

void want_word(Wanted& out, const CommandEntry& entry, const std::vector<std::string>& words) {
  const auto verbs = verbs_of(entry);
  if (!words.empty()) {
    const auto verb = std::ranges::find(verbs, words.front(), &VerbUsage::name);
    if (verb != verbs.end()) out.kind = kind_of(entry, *verb, words.size() - 1);
    if (verb != verbs.end()) return;
  }
  for (const auto& verb : verbs) {
    if (verb.name.empty()) {
      if (const auto kind = kind_of(entry, verb, words.size()); kind != WordKind::nothing) out.kind = kind;
    } else if (words.empty()) {
      out.kind = WordKind::listed;
      out.listed.push_back({verb.name, text::join(verb.takes, " ")});
    }
  }
}

// A "--name=" at the beginning of the word: what follows is its value.
const OptionFacts* attached(Wanted& out, const std::vector<OptionFacts>& known) {
  const auto equals = out.stem.find('=');
  if (!out.stem.starts_with("--") || equals == std::string::npos) return nullptr;
  const auto name = out.stem.substr(0, equals);
  out.before = out.stem.substr(0, equals + 1);
  out.stem.erase(0, equals + 1);
  const auto has_name = [&](const OptionFacts& option) {
    return std::ranges::find(option.names, name) != option.names.end();
  };
  const auto found = std::ranges::find_if(known, has_name);
  return found == known.end() ? nullptr : &*found;
}

// What the line says so far of where data is. A line that is not whole says what it says.
void read_globals(Wanted& out, std::span<const std::string> args) {
  Options options("errand", "");
  std::optional<std::string> directory;
  declare_globals(options, out.globals);
  options.text("-C,--cd", directory, "DIR", "");
  std::vector<std::string> known;
  for (std::size_t i = 0; i < args.size() && args[i] != "--"; ++i) {
    if (!options.knows(args[i])) continue;
    known.push_back(args[i]);
    if (options.so_far({&args[i], 1}).awaits && i + 1 < args.size()) known.push_back(args[++i]);
  }
  if (options.so_far(known).awaits) known.pop_back();
  if (!options.parse(known)) out.globals = {};
  out.directory = directory.value_or("");
}

void want_in(Wanted& out, const Options& options, std::span<const std::string> args, const CommandEntry* entry) {
  const auto so_far = options.so_far(args);
  if (so_far.awaits) return want_value(out, *so_far.awaits);
  if (!so_far.options_ended) {
    const auto known = options.facts();
    if (const auto* option = attached(out, known)) return want_value(out, *option);
    if (out.stem.starts_with('-') && out.before.empty()) return want_option(out, options);
  }
  if (!out.before.empty()) return;
  if (entry == nullptr) {
    out.kind = WordKind::commands;
  } else {
    want_word(out, *entry, so_far.words);
  }
}

}  // namespace

std::vector<VerbUsage> verbs_in(std::string_view usage) {
  std::vector<VerbUsage> out;
  for (const auto& alternative : text::split(usage, '|')) {
    VerbUsage verb;
    for (auto word : text::split(alternative, ' ')) {
      std::erase_if(word, [](char c) { return c == '[' || c == ']'; });
      if (word.ends_with("…")) word.resize(word.size() - std::string_view("…").size());
      if (word.empty() || word == "--") continue;
      const bool is_verb = verb.name.empty() && verb.takes.empty() && is_lower_word(word);
      if (is_verb) {
        verb.name = word;
      } else {
        verb.takes.push_back(word);
      }
    }
    if (!verb.name.empty() || !verb.takes.empty()) out.push_back(std::move(verb));
  }
  return out;
}

std::vector<VerbUsage> verbs_of(const CommandEntry& entry) {
  if (entry.name != "sessions") return verbs_in(entry.usage);
  std::vector<VerbUsage> out;
  for (const auto& verb : session_verbs()) {
    auto read = verbs_in(std::string(verb.name) + " " + std::string(verb.words));
    out.push_back(std::move(read.front()));
  }
  return out;
}

Wanted wanted_at(std::span<const std::string> words) {
  Wanted out;
  if (words.empty()) return wanted_at(std::array<std::string, 1>{});
  out.stem = words.back();
  std::vector<std::string> before(words.begin(), words.end() - 1);
  read_globals(out, before);
  Globals unused;
  RunArguments run;
  bool print = false;
  Options top("errand", "");
  top.flag("-p,--print", print, "answer one prompt, as run does");
  run.declare(top);
  declare_globals(top, unused);
  const auto verb = before.begin() + static_cast<std::ptrdiff_t>(top.first_word(before));
  const auto flag = std::find_if(before.begin(), verb, [](const auto& w) { return w == "-p" || w == "--print"; });
  if (verb == before.end() && flag == verb) {
    want_in(out, top, before, nullptr);
    return out;
  }
  const auto* entry = find_command(flag != verb ? "run" : *verb);
  if (entry == nullptr) return out;
  before.erase(flag != verb ? flag : verb);
  const auto command = entry->make();
  want_in(out, options_of(*entry, *command, unused), before, entry);
  return out;
}

}  // namespace errand::cli
