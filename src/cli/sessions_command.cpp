#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/command.hpp"
#include "cli/sessions.hpp"

namespace errand::cli {

namespace {

constexpr std::size_t many = std::numeric_limits<std::size_t>::max();

// The first is what "errand sessions" alone does.
constexpr std::array verbs = {
    SessionVerb{"list", "", 0, 0, "--json --project --agent --since --limit --all", sessions_list},
    SessionVerb{"search", "TEXT", 1, 1, "--json --all --project --agent --since --limit --tool --file --role --until",
                sessions_search},
    SessionVerb{"show", "REF", 1, 1, "--json", sessions_show},
    SessionVerb{"tail", "REF", 1, 1, "--json --follow --lines", sessions_tail},
    SessionVerb{"rename", "REF NAME", 2, 2, "", sessions_rename},
    SessionVerb{"fork", "REF", 1, 1, "--name --at", sessions_fork},
    SessionVerb{"rewind", "REF [MESSAGE|-N]", 1, 2, "--json --dry-run --undo-compaction --files --force",
                sessions_rewind},
    SessionVerb{"export", "REF…", 0, many, "--format --output --all", sessions_export},
    SessionVerb{"import", "FILE|-", 1, 1, "--json --format --name", sessions_import},
    SessionVerb{"delete", "REF…", 1, many, "--json --yes", sessions_delete},
    SessionVerb{"prune", "", 0, 0, "--json --yes --dry-run --older-than --keep-last --named --agent --project",
                sessions_prune},
    SessionVerb{"fsck", "", 0, 0, "--json --repair", sessions_fsck},
};

// An option and whether it was said.
struct Said {
  std::string_view name;
  bool said;
};

std::vector<Said> said_options(const SessionArguments& a) {
  return {{"--json", a.json},
          {"--all", a.all},
          {"--yes", a.yes},
          {"--dry-run", a.dry_run},
          {"--undo-compaction", a.undo_compaction},
          {"--named", a.named},
          {"--follow", a.follow},
          {"--repair", a.repair},
          {"--files", a.files},
          {"--force", a.force},
          {"--project", a.project.has_value()},
          {"--agent", a.agent.has_value()},
          {"--name", a.name.has_value()},
          {"--at", a.at.has_value()},
          {"--format", a.format.has_value()},
          {"--output", a.output.has_value()},
          {"--since", a.since.has_value()},
          {"--older-than", a.older_than.has_value()},
          {"--limit", a.limit.has_value()},
          {"--keep-last", a.keep_last.has_value()},
          {"--lines", a.lines.has_value()},
          {"--tool", a.search.tool.has_value()},
          {"--file", a.search.file.has_value()},
          {"--role", a.search.role.has_value()},
          {"--until", a.search.until.has_value()}};
}

std::string usage_of(const SessionVerb& verb) {
  return fmt::format("errand sessions {}{}{}", verb.name, verb.words.empty() ? "" : " ", verb.words);
}

// An empty value is a variable that was not set, and would mean everything.
Result<void> check_values(const SessionArguments& a) {
  const std::array<std::pair<std::string_view, const std::optional<std::string>*>, 3> filters = {
      {{"--agent", &a.agent}, {"--tool", &a.search.tool}, {"--file", &a.search.file}}};
  for (const auto& [name, value] : filters) {
    if (*value && (*value)->empty()) return fail(ErrorKind::usage, fmt::format("{} is empty", name));
  }
  return {};
}

Result<void> check_options(const SessionVerb& verb, const SessionArguments& arguments) {
  const auto known = text::split(verb.options, ' ');
  for (const auto& option : said_options(arguments)) {
    if (!option.said || std::ranges::find(known, option.name) != known.end()) continue;
    return fail(ErrorKind::usage, fmt::format("\"errand sessions {}\" has no option {}", verb.name, option.name),
                verb.options.empty() ? "it has none of its own" : fmt::format("it has {}", verb.options));
  }
  return {};
}

Result<void> check_words(const SessionVerb& verb, const std::vector<std::string>& words) {
  if (words.size() > verb.most) {
    return fail(ErrorKind::usage,
                fmt::format("\"errand sessions {}\" does not take \"{}\"", verb.name, words[verb.most]),
                fmt::format("usage: {}", usage_of(verb)));
  }
  if (words.size() >= verb.least) return {};
  return fail(
      ErrorKind::usage, fmt::format("\"errand sessions {}\" wants {}", verb.name, verb.words),
      verb.words.starts_with("REF") ? "\"errand sessions list\" shows them" : fmt::format("usage: {}", usage_of(verb)));
}

class SessionsCommand final : public Command {
 public:
  void declare(Options& options) override {
    options.take_numbers_as_words();
    auto& a = arguments_;
    options.flag("--json", a.json, "as JSON");
    options.optional_text("--project", a.project, "DIR", "list, search, prune: of this project only, or of DIR");
    options.text("--agent", a.agent, "ID", "list, search, prune: of this agent only");
    options.duration("--since", a.since, "list: changed within that time; search: said within it");
    options.number("--limit", a.limit, 1, "list, search: at most N; default 20");
    options.flag("--all", a.all, "list: no limit, and subagents' sessions too; search: no limit; export: all");
    options.flag("-f,--follow", a.follow, "tail: go on as more is stored");
    options.number("-n,--lines", a.lines, 0, "tail: the newest N records; default 10");
    options.text("--name", a.name, "TEXT", "fork, import: the new session's name");
    options.text("--at", a.at, "MESSAGE", "fork: end with that message");
    options.flag("--undo-compaction", a.undo_compaction, "rewind: take the newest compaction back, and no message");
    options.flag("--files", a.files, "rewind: files that tools changed go back too, and nothing else does");
    options.flag("--force", a.force, "rewind --files: also those that something else has changed since");
    options.flag("--dry-run", a.dry_run, "rewind, prune: show what would go");
    options.text("--format", a.format, "FORMAT", "export: jsonl, md, html, json; import: auto, errand, claude-code");
    options.text("-o,--output", a.output, "FILE", "export: there rather than on stdout");
    options.flag("-y,--yes", a.yes, "delete, prune: don't ask");
    options.duration("--older-than", a.older_than, "prune: not changed for that long");
    options.number("--keep-last", a.keep_last, 0, "prune: keep the N newest whatever their age");
    options.flag("--named", a.named, "prune: sessions that have a name too");
    options.flag("--repair", a.repair, "fsck: mend what can be mended");
    declare_search_options(options, a.search);
  }

  Result<int> run(const std::vector<std::string>& words, const Invocation& invocation) override {
    auto rest = take_project(words);
    const auto name = rest.empty() ? std::string(verbs.front().name) : rest.front();
    if (!rest.empty()) rest.erase(rest.begin());
    const auto verb = std::ranges::find(verbs, name, &SessionVerb::name);
    if (verb == verbs.end()) {
      std::vector<std::string> names;
      for (const auto& known : verbs) names.emplace_back(known.name);
      return unknown_verb("errand sessions", name, names);
    }
    ERRAND_TRY(check_options(*verb, arguments_));
    ERRAND_TRY(check_values(arguments_));
    ERRAND_TRY(check_words(*verb, rest));
    return verb->run({arguments_, rest, invocation});
  }

 private:
  // `--project DIR`: the value of an optional one stands among the words, of verbs that take none.
  std::vector<std::string> take_project(std::vector<std::string> words) {
    if (!arguments_.project || !arguments_.project->empty() || words.empty()) return words;
    const bool is_searched_for = words.size() == 2 && words.front() == "search";
    if (is_searched_for) return words;
    const bool is_verb = std::ranges::find(verbs, words.back(), &SessionVerb::name) != verbs.end();
    if (is_verb && words.size() == 1) return words;
    arguments_.project = words.back();
    words.pop_back();
    return words;
  }

  SessionArguments arguments_;
};

}  // namespace

std::span<const SessionVerb> session_verbs() {
  return verbs;
}

std::unique_ptr<Command> make_sessions_command() {
  return std::make_unique<SessionsCommand>();
}

}  // namespace errand::cli
