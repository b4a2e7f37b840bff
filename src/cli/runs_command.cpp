#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <unistd.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "chat/event_json.hpp"
#include "cli/command.hpp"
#include "cli/listing.hpp"
#include "cli/output.hpp"
#include "cli/run_attach.hpp"
#include "cli/run_diff.hpp"
#include "cli/run_facts.hpp"
#include "cli/run_stop.hpp"
#include "cli/setup.hpp"
#include "cli/since.hpp"
#include "render/summary.hpp"
#include "store/open.hpp"

namespace errand::cli {

namespace {

constexpr std::size_t short_hash_length = 8;  // of a definition's hash
constexpr std::size_t answer_lines = 10;
constexpr std::chrono::seconds stop_patience{30};

std::string exit_text(const store::RunInfo& run) {
  return run.exit_code ? std::to_string(*run.exit_code) : run.state;
}

std::string cost_text(const store::RunInfo& run) {
  return run.state == "ended" ? money_text(run.cost_usd) : "";
}

std::string short_hash(const std::string& hash) {
  const auto colon = hash.find(':');
  return hash.substr(colon == std::string::npos ? 0 : colon + 1, short_hash_length);
}

// As it could be typed again.
std::string command_line(const std::vector<std::string>& argv) {
  std::vector<std::string> out;
  for (const auto& word : argv) {
    const bool plain = !word.empty() && word.find_first_not_of(
                                            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                            "0123456789_-+=./:,@%") == std::string::npos;
    out.push_back(plain ? word : fmt::format("'{}'", text::replace_all(word, "'", "'\\''")));
  }
  return text::join(out, " ");
}

std::vector<std::string> strings_in(const Json& json, const char* key) {
  std::vector<std::string> out;
  if (!json.is_object() || !json.contains(key) || !json.at(key).is_array()) return out;
  for (const auto& item : json.at(key)) {
    if (item.is_string()) out.push_back(item.get<std::string>());
    if (!item.is_object()) continue;
    const auto host = item.find("host");
    const auto port = item.find("port");
    if (host == item.end() || !host->is_string() || port == item.end() || !port->is_number_integer()) continue;
    const auto allowed = item.find("allowed");
    const bool refused = allowed == item.end() || *allowed != true;
    out.push_back(
        fmt::format("{}:{}{}", host->get<std::string>(), port->get<std::int64_t>(), refused ? " (refused)" : ""));
  }
  return out;
}

std::string first_lines(const std::string& answer) {
  const auto lines = text::lines(answer);
  std::string out;
  for (std::size_t i = 0; i < lines.size() && i < answer_lines; ++i) out += lines[i] + "\n";
  if (lines.size() > answer_lines) {
    out += fmt::format("[… {} more lines; errand runs attach shows all]\n", lines.size() - answer_lines);
  }
  return out;
}

std::string shown(const store::RunInfo& run, const Json& done) {
  std::string out = fmt::format("run         {}\nsession     {}\nagent       {}\ndefinition  {}\ntrigger     {}\n",
                                run.id, run.session, run.agent, run.definition_hash, run.trigger);
  out += fmt::format("command     {}\nstarted     {}\n", command_line(run.argv), to_rfc3339(run.started));
  if (run.ended) out += fmt::format("ended       {}\n", to_rfc3339(*run.ended));
  out += fmt::format("duration    {}\nstate       {}\n", format_duration(duration_of(run)), how_it_ended(run));
  if (run.owner) out += fmt::format("process     {} on {}\n", run.owner->pid, run.owner->host);
  if (!run.stop_reason.empty()) out += fmt::format("stopped by  {}\n", run.stop_reason);
  if (run.state == "ended") {
    out += fmt::format("turns       {}\ntokens      {}\ncost        {}\n", run.turns, render::tokens_line(run.usage),
                       money_text(run.cost_usd));
  }
  // An imported one may have anything there.
  const auto field = [&](const char* key) { return done.is_object() && done.contains(key) ? done.at(key) : Json(); };
  const auto report = field("report");
  for (const auto& path : strings_in(report, "files_written")) out += fmt::format("written     {}\n", path);
  for (const auto& host : strings_in(report, "hosts")) out += fmt::format("contacted   {}\n", host);
  for (const auto& sentence : strings_in(report, "blocked")) out += fmt::format("blocked     {}\n", sentence);
  const auto result = field("result");
  const auto answer = result.is_string() ? result.get<std::string>() : std::string();
  if (!answer.empty()) out += "\n" + first_lines(answer);
  return unicode::sanitize(out);
}

class RunsCommand final : public Command {
 public:
  void declare(Options& options) override {
    options.flag("--json", json_, "as JSON");
    options.flag("--failed", failed_, "only those that did not end with exit 0");
    options.text("--since", since_, "TIME", "started since then: 24h, 30d, 2026-01-01");
    options.text("--agent", agent_, "ID", "of this agent only");
    options.number("--limit", limit_, 1, "at most N; default 20");
    options.flag("--all", all_, "those of chats and subagents too");
    options.duration("--timeout", timeout_,
                     "stop: how long to wait for the end, default 30s; attach: how long to follow");
  }

  Result<int> run(const std::vector<std::string>& words, const Invocation& invocation) override {
    const bool compares = words.size() == 3 && words.front() == "diff";
    ERRAND_TRY_ASSIGN(const auto verb,
                      read_verb("errand runs", compares ? std::vector(words.begin(), words.end() - 1) : words,
                                {{"list"},
                                 {"show", VerbSpec::Argument::required},
                                 {"attach", VerbSpec::Argument::required},
                                 {"stop", VerbSpec::Argument::required},
                                 {"diff", VerbSpec::Argument::required}}));
    ERRAND_TRY(check_options(verb.name));
    if (verb.name == "diff" && !compares) {
      return fail(ErrorKind::usage, "\"errand runs diff\" wants two runs", "errand runs diff -2 latest");
    }
    ERRAND_TRY_ASSIGN(const auto config, load_configuration(invocation, config::Scope::settings));
    ERRAND_TRY_ASSIGN(const auto place, place_of(invocation, config));
    ERRAND_TRY_ASSIGN(const auto store, store::open(place.data_directory, place.user, store::OpenMode::existing_only));
    if (verb.name == "list") return list(*store);
    ERRAND_TRY_ASSIGN(const auto run, store->find_run(verb.argument));
    if (verb.name == "show") return show(*store, run);
    if (compares) return diff(*store, run, words.back());
    Call call{invocation.signals.begin_run(), Call::Clock::time_point::max()};
    if (verb.name == "stop") return stop(*store, run, call.within(timeout_.value_or(stop_patience)));
    return attach(*store, run, invocation.globals, timeout_ ? call.within(*timeout_) : call);
  }

 private:
  // What a verb would pass over is said, not ignored.
  [[nodiscard]] Result<void> check_options(std::string_view verb) const {
    struct Said {
      std::string_view name;
      bool said;
      bool known;
    };
    const bool lists = verb == "list";
    const std::array<Said, 6> options = {{{"--failed", failed_, lists},
                                          {"--since", since_.has_value(), lists},
                                          {"--agent", agent_.has_value(), lists},
                                          {"--limit", limit_.has_value(), lists},
                                          {"--all", all_, lists},
                                          {"--timeout", timeout_.has_value(), verb == "stop" || verb == "attach"}}};
    for (const auto& option : options) {
      if (!option.said || option.known) continue;
      return fail(ErrorKind::usage, fmt::format("\"errand runs {}\" has no option {}", verb, option.name),
                  option.name == "--timeout" ? "stop and attach have it" : "\"errand runs list\" has it");
    }
    return {};
  }

  Result<int> list(store::RunJournal& journal) const {
    store::RunQuery query;
    if (failed_) query.which = all_ ? store::WhichRuns::all_failed : store::WhichRuns::failed;
    if (!failed_ && all_) query.which = store::WhichRuns::all;
    if (since_) {
      ERRAND_TRY_ASSIGN(query.since, parse_since(*since_));
    }
    query.agent = agent_.value_or("");
    query.limit = static_cast<int>(std::min<std::int64_t>(limit_.value_or(20), 1'000'000'000));
    ERRAND_TRY_ASSIGN(const auto runs, journal.list_runs(query));
    if (!json_) return list_table(runs);
    auto items = Json::array();
    for (const auto& run : runs) items.push_back(run_json(run));
    return print_json({{"runs", std::move(items)}});
  }

  static Result<int> list_table(const std::vector<store::RunInfo>& runs) {
    const bool on_terminal = ::isatty(STDOUT_FILENO) != 0;
    const auto id = [&](const std::string& whole) { return on_terminal ? whole.substr(0, short_id_length) : whole; };
    std::vector<std::vector<std::string>> rows;
    for (const auto& run : runs) {
      rows.push_back({id(run.id), on_terminal ? format_age(run.started, now()) : to_rfc3339(run.started), run.agent,
                      on_terminal ? short_hash(run.definition_hash) : run.definition_hash, run.trigger, exit_text(run),
                      run.error_kind, format_duration(duration_of(run)), cost_text(run), id(run.session)});
    }
    return print_table({{"id"},
                        {"age"},
                        {"agent"},
                        {"definition", Width::flexible},
                        {"trigger"},
                        {"exit"},
                        {"error"},
                        {"duration"},
                        {"cost"},
                        {"session", Width::flexible}},
                       rows);
  }

  Result<int> show(store::RunJournal& journal, const store::RunInfo& run) const {
    ERRAND_TRY_ASSIGN(const auto done, done_of(journal, run));
    if (json_) return print_json({{"run", run_json(run)}, {"done", done}});
    return print_out(shown(run, done));
  }

  Result<int> diff(store::RunJournal& journal, const store::RunInfo& before, const std::string& reference) const {
    ERRAND_TRY_ASSIGN(const auto after, journal.find_run(reference));
    ERRAND_TRY_ASSIGN(const auto left, compared(journal, before));
    ERRAND_TRY_ASSIGN(const auto right, compared(journal, after));
    return json_ ? print_json(diff_json(left, right)) : print_out(diff_text(left, right));
  }

  Result<int> stop(store::RunJournal& journal, const store::RunInfo& run, const Call& call) const {
    ERRAND_TRY_ASSIGN(const auto ended, stop_run(journal, run, call));
    if (json_) return print_json({{"run", run_json(ended)}});
    return print_out(fmt::format("{}: {}\n", ended.id, how_it_ended(ended)));
  }

  Result<int> attach(store::Store& store, const store::RunInfo& run, const Globals& globals, const Call& call) const {
    if (!json_) return attach_run(store, run, globals, call);
    return fail(ErrorKind::usage, "\"errand runs attach\" does not take --json: what comes is the run's own output",
                "start the run with --output-format json, or see \"errand runs show --json\"");
  }

  bool json_ = false;
  bool failed_ = false;
  bool all_ = false;
  std::optional<std::string> since_, agent_;
  std::optional<std::int64_t> limit_;
  std::optional<std::chrono::milliseconds> timeout_;
};

}  // namespace

std::unique_ptr<Command> make_runs_command() {
  return std::make_unique<RunsCommand>();
}

}  // namespace errand::cli
