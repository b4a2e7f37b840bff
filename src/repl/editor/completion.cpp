#include "repl/editor/completion.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "chat/names.hpp"
#include "repl/editor/path_words.hpp"
#include "repl/permission_modes.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

namespace {

constexpr std::size_t max_candidates = 200;

// Those that fit best come first; else they keep their order.
std::vector<Candidate> matching(const std::vector<Named>& all, std::string_view typed) {
  struct Match {
    std::size_t score;
    Candidate candidate;
  };
  std::vector<Match> matches;
  for (const auto& one : all) {
    if (const auto score = fuzzy_score(one.name, typed); score > 0)
      matches.push_back({score, {one.name + " ", one.name, one.note}});
  }
  std::ranges::stable_sort(matches, std::greater{}, &Match::score);
  std::vector<Candidate> out;
  for (auto& match : matches) out.push_back(std::move(match.candidate));
  return out;
}

std::vector<Candidate> commands(std::string_view typed) {
  std::vector<Candidate> out;
  for (const auto& command : slash_commands()) {
    if (!command.name.starts_with(typed)) continue;
    const std::string name(command.name);
    out.push_back({name + (command.argument.empty() ? "" : " "), name, std::string(command.help)});
  }
  return out;
}

std::vector<Named> command_names() {
  std::vector<Named> out;
  for (const auto& command : slash_commands()) out.push_back({std::string(command.name), std::string(command.help)});
  return out;
}

// Of "tools {words|list}" the words that stand before those that are typed; empty: none are taken.
std::vector<std::string> words_before(std::string_view command) {
  std::vector<std::string> out;
  for (auto& word : words_of(command)) {
    if (word.starts_with("{words")) return out;
    if (word.starts_with('{')) break;
    out.push_back(std::move(word));
  }
  return {};
}

// One that names a value ("level=") is gone on with at once.
std::vector<Candidate> as_words(const std::vector<Named>& all) {
  std::vector<Candidate> out;
  for (const auto& one : all) out.push_back({one.name + (one.name.ends_with('=') ? "" : " "), one.name, one.note});
  return out;
}

const std::vector<Named> themes = {{"auto", "as the terminal says"},
                                   {"dark", "for a dark background"},
                                   {"light", "for a light one"},
                                   {"16", "the terminal's own 16 colours"},
                                   {"none", "no colours"}};
const std::vector<Named> switches = {{"on", "vi's keys"}, {"off", "emacs' keys"}};

std::vector<Named> modes() {
  std::vector<Named> out;
  for (const auto mode : permission_modes)
    out.push_back({std::string(chat::name_of(mode)), std::string(note_of(mode))});
  return out;
}

const std::vector<Named> of_rewind = {{"--files", "and the files that tools changed since"},
                                      {"-1", "before the newest prompt"},
                                      {"-2", "before the one before it"}};
const std::vector<Named> of_resume = {{"--fork", "a copy of it"}};

class Completion {
 public:
  explicit Completion(CompletionSources sources)
      : sources_(std::move(sources)), files_(std::make_shared<FileFinder>(sources_.directory)) {}

  Candidates operator()(std::string_view text, std::size_t cursor) const {
    const auto before = text.substr(0, cursor);
    if (const auto path = at_path_at_end(before)) return paths(*path, PathForm::at);
    if (before.starts_with('!')) return shell_paths(before, before.starts_with("!!") ? 2 : 1);
    if (!before.starts_with('/')) return {};
    const auto blank = before.find_last_of(" \t\n");
    const auto from = blank == std::string_view::npos ? 0 : blank + 1;
    const auto word = before.substr(from);
    if (from == 0) return {0, commands_and_prompts(word)};
    const auto command = before.substr(0, before.find_first_of(" \t"));
    if (command == "/agent") return {from, matching(sources_.agents, word)};
    if (command == "/mcp") return {from, matching(servers(before), word)};
    if (command == "/model") return {from, matching(sources_.models, word)};
    if (command == "/permissions") return {from, matching(modes(), word)};
    if (command == "/theme") return {from, matching(themes, word)};
    if (command == "/vim") return {from, matching(switches, word)};
    if (command == "/help") return {from, matching(help_topics(), word)};
    if (command == "/rewind") return {from, matching(of_rewind, word)};
    if (command == "/resume" && word.starts_with('-')) return {from, matching(of_resume, word)};
    if (command == "/resume" && sources_.sessions) return {from, matching(sources_.sessions(), word)};
    if (command == "/output") return {from, matching(printed(), word)};
    if (command == "/image") return shell_paths(before, command.size() + 1);
    if (command != "/diff" && command != "/export") return {from, command_line(command, before)};
    const auto argument = std::min(before.find_first_not_of(" \t", command.size()), before.size());
    return paths({.from = argument, .typed = std::string(before.substr(argument))}, PathForm::whole);
  }

 private:
  [[nodiscard]] std::vector<Candidate> commands_and_prompts(std::string_view typed) const {
    auto out = commands(typed);
    if (!sources_.prompts) return out;
    for (const auto& prompt : sources_.prompts()) {
      if (prompt.name.starts_with(typed)) out.push_back({prompt.name + " ", prompt.name, prompt.note});
    }
    return out;
  }

  [[nodiscard]] std::vector<Named> help_topics() const {
    auto out = command_names();
    if (sources_.prompts) {
      for (auto& prompt : sources_.prompts()) out.push_back(std::move(prompt));
    }
    out.push_back({"keys", "what keys do"});
    return out;
  }

  [[nodiscard]] std::vector<Named> servers(std::string_view before) const {
    auto out = sources_.servers;
    const bool is_first = before.find_first_of(" \t", before.find_first_not_of(" \t", 4)) == std::string_view::npos;
    if (is_first) out.push_back({"reconnect", "begin anew with one"});
    return out;
  }

  [[nodiscard]] std::vector<Named> printed() const {
    auto out = sources_.printed ? sources_.printed() : std::vector<Named>();
    out.push_back({"thinking", "what the model thought of the newest prompt"});
    return out;
  }

  [[nodiscard]] std::vector<Candidate> command_line(std::string_view name, std::string_view line) const {
    const auto command = std::ranges::find(slash_commands(), name, &SlashCommand::name);
    if (command == slash_commands().end() || !sources_.words) return {};
    auto words = words_before(command->command);
    if (words.empty()) return {};
    auto typed = words_of(line.substr(name.size()));
    if (line.ends_with(' ')) typed.emplace_back();
    std::ranges::move(typed, std::back_inserter(words));
    return as_words(sources_.words(words));
  }

  [[nodiscard]] Candidates shell_paths(std::string_view line, std::size_t begin) const {
    auto word = shell_word_at_end(line.substr(begin));
    word.from += begin;
    return paths(word, PathForm::shell);
  }

  // A directory is no end: what lies in it can be named next.
  [[nodiscard]] Candidates paths(const PathWord& word, PathForm form) const {
    Candidates out{word.from, {}};
    for (const auto& path : files_->find(word.typed, max_candidates)) {
      if (auto text = in_form(path, form)) out.all.push_back({*std::move(text), path, ""});
    }
    return out;
  }

  CompletionSources sources_;
  std::shared_ptr<FileFinder> files_;
};

}  // namespace

Completer make_completer(CompletionSources sources) {
  return Completion(std::move(sources));
}

}  // namespace errand::repl
