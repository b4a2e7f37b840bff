#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/exit_code.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "cli/command.hpp"
#include "cli/listing.hpp"
#include "cli/output.hpp"
#include "cli/run_options.hpp"
#include "cli/schedule_export.hpp"
#include "cli/schedule_file.hpp"
#include "cli/schedule_due.hpp"
#include "cli/schedule_run.hpp"
#include "cli/schedule_zone.hpp"
#include "cli/setup.hpp"
#include "config/lookup.hpp"
#include "store/open.hpp"

namespace errand::cli {

namespace {

using std::chrono::floor;
using std::chrono::seconds;

constexpr std::chrono::hours max_jitter{24};
constexpr int shown_times = 5;
const std::vector<std::string> verbs = {"list", "add", "show", "remove", "run-due", "export"};

// "2026-11-22 03:30 +0100"
std::string shown_time(Timestamp at, const schedule::TimeZone& zone) {
  const auto moment = floor<seconds>(at);
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(zone.offset_at(moment)).count();
  auto text = to_rfc3339(Timestamp(moment + zone.offset_at(moment))).substr(0, 16);
  text[10] = ' ';
  return fmt::format("{} {}{:02}{:02}", text, minutes < 0 ? '-' : '+', std::abs(minutes) / 60, std::abs(minutes) % 60);
}

std::string state_of(const ScheduleEntry& entry) {
  if (!entry.last) return "";
  if (entry.last->exit) return std::to_string(*entry.last->exit);
  return is_running(entry) ? "running" : "interrupted";
}

Json time_or_null(const std::optional<Timestamp>& at) {
  return at ? Json(to_rfc3339(*at)) : Json(nullptr);
}

// What became of its plan, which a newer tzdata or a hand may have broken, is null where it can't be told.
Json json_of(const ScheduleEntry& entry) {
  const auto plan = plan_of(entry);
  Json last = nullptr;
  if (entry.last) {
    last = {{"started", to_rfc3339(entry.last->started)},
            {"ended", time_or_null(entry.last->ended)},
            {"exit", entry.last->exit ? Json(*entry.last->exit) : Json(nullptr)},
            {"state", entry.last->exit ? "ended" : state_of(entry)}};
  }
  return {{"name", entry.name},
          {"when", entry.when},
          {"zone", entry.zone},
          {"directory", entry.directory},
          {"arguments", entry.arguments},
          {"if_running", name_of(entry.overlap)},
          {"if_missed", name_of(entry.if_missed)},
          {"jitter_seconds", entry.jitter.count()},
          {"created", to_rfc3339(entry.created)},
          {"next", plan ? time_or_null(next_run(entry, *plan)) : Json(nullptr)},
          {"last", std::move(last)},
          {"missed", entry.missed},
          {"skipped", entry.skipped}};
}

// The next times after that one, as people read them.
std::vector<std::string> coming_times(const ScheduleEntry& entry, int count) {
  std::vector<std::string> out;
  const auto plan = plan_of(entry);
  if (!plan) return out;
  auto later = entry;
  for (int i = 0; i < count; ++i) {
    const auto next = next_run(later, *plan);
    if (!next) break;
    out.push_back(shown_time(*next, plan->zone));
    later.handled = *next - plan->delay;
  }
  return out;
}

// The arguments of an entry's run, as run itself will read them.
struct CheckedRun {
  RunArguments arguments;
  bool has_prompt = false;
};

class ScheduleCommand final : public Command {
 public:
  void declare(Options& options) override {
    options.text("-a,--agent", agent_, "ID", "add: the agent; \"errand agents\" lists them");
    options.text("--tz", zone_, "ZONE", "add: the time zone of TIME, such as Europe/Berlin; default: this machine's");
    options.choice("--if-running", if_running_, {"skip", "wait", "allow"},
                   "add: when the run before still works; default skip");
    options.choice("--if-missed", if_missed_, {"run", "skip"},
                   "add: what to do about times nobody looked at; default run: the newest runs late");
    options.duration("--jitter", jitter_, "add: run up to that much later, always by the same for this name");
    options.text("-C,--cd", directory_, "DIR", "add: run there; default: the working directory");
    options.choice("--format", format_, {"cron", "systemd"}, "export: what to write; default cron");
    options.flag("--json", json_, "list and show: as JSON");
  }

  Result<int> run(const std::vector<std::string>& words, const Invocation& invocation) override {
    const auto verb = words.empty() ? std::string("list") : words.front();
    if (std::ranges::find(verbs, verb) == verbs.end()) return unknown_verb("errand schedule", verb, verbs);
    const std::vector<std::string> rest(words.begin() + (words.empty() ? 0 : 1), words.end());
    ERRAND_TRY(check_options(verb));
    // A schedule is looked at each minute: what is wrong with a project's files is told by the runs.
    ERRAND_TRY_ASSIGN(const auto config, load_quietly(invocation, config::Scope::settings));
    ERRAND_TRY_ASSIGN(auto place, place_of(invocation, config));
    ERRAND_TRY_ASSIGN(const auto here, current_directory());
    place.data_directory = normalize_path(join_path(here, place.data_directory));
    const ScheduleFile file(join_path(place.data_directory, place.user));
    if (verb == "add") return add(file, place, rest, invocation);
    if (verb == "run-due") return run_due(file, place, rest, invocation);
    if (verb == "export") return write_out(file, place, rest, config, invocation);
    if (verb == "list" && rest.empty()) return list(file);
    if (verb == "list" || rest.size() != 1) {
      return fail(ErrorKind::usage,
                  fmt::format("\"errand schedule {}\" takes {}", verb, verb == "list" ? "no words" : "one name"));
    }
    return verb == "show" ? show(file, rest.front()) : remove(file, rest.front(), invocation);
  }

 private:
  Result<void> check_options(const std::string& verb) const {
    struct Said {
      std::string_view name;
      bool said;
      std::string_view verb;
    };
    const std::array<Said, 7> options = {{{"--agent", agent_.has_value(), "add"},
                                          {"--tz", zone_.has_value(), "add"},
                                          {"--if-running", if_running_.has_value(), "add"},
                                          {"--if-missed", if_missed_.has_value(), "add"},
                                          {"--jitter", jitter_.has_value(), "add"},
                                          {"--cd", directory_.has_value(), "add"},
                                          {"--format", format_.has_value(), "export"}}};
    for (const auto& option : options) {
      if (!option.said || option.verb == verb) continue;
      return fail(ErrorKind::usage, fmt::format("\"errand schedule {}\" has no option {}", verb, option.name),
                  fmt::format("\"errand schedule {}\" has it", option.verb));
    }
    return {};
  }

  static Result<CheckedRun> check_run(const std::vector<std::string>& arguments) {
    const auto* entry = find_command("run");
    const auto command = entry->make();
    Globals globals;
    auto all = options_of(*entry, *command, globals);
    ERRAND_TRY_ASSIGN(const auto words, all.parse(arguments));
    if (globals.user || globals.data_dir || globals.help || globals.version) {
      return fail(ErrorKind::usage, "a scheduled run has this schedule's user and data directory",
                  "give --user and --data-dir before \"schedule\"");
    }
    CheckedRun out;
    Globals ignored;
    Options options("", "");
    out.arguments.declare(options);
    out.arguments.declare_start(options);
    declare_globals(options, ignored);
    ERRAND_TRY(options.parse(arguments));
    if (out.arguments.detach) {
      return fail(ErrorKind::usage, "a scheduled run can't be detached: nobody would know how it ended",
                  "run-due waits for it");
    }
    ERRAND_TRY(out.arguments.check());
    out.has_prompt = !words.empty();
    return out;
  }

  static Result<void> check_agent(const CheckedRun& run, const Invocation& invocation) {
    ERRAND_TRY_ASSIGN(const auto config, load_configuration(invocation));
    if (run.arguments.resume || run.arguments.continue_newest) return {};  // the session has its agent
    ERRAND_TRY_ASSIGN(const auto* agent, config::find_agent(config, run.arguments.agent.value_or("")));
    if (run.has_prompt || !agent->definition.prompt.empty()) return {};
    return fail(ErrorKind::usage,
                fmt::format("there is no prompt: agent \"{}\" has none of its own", agent->definition.id),
                "give it as words behind the time, or as \"prompt\" of the agent in agents.yaml");
  }

  Result<int> add(const ScheduleFile& file, const Place& place, const std::vector<std::string>& words,
                  const Invocation& invocation) {
    if (words.size() < 2) {
      return fail(ErrorKind::usage, "an entry needs a name and a time",
                  "errand schedule add nightly \"30 3 * * *\" -a ID [PROMPT…] [-- OPTIONS OF RUN…]");
    }
    ScheduleEntry entry;
    entry.name = words[0];
    if (!is_schedule_name(entry.name)) {
      return fail(ErrorKind::usage, fmt::format("\"{}\" can't be a name", unicode::sanitize(entry.name)),
                  "letters, digits, '.', '_' and '-', at most 64, not beginning with '.'");
    }
    entry.when = words[1];
    ERRAND_TRY(schedule::Timetable::parse(entry.when));
    entry.zone = zone_.value_or(local_zone_name());
    ERRAND_TRY(load_zone(entry.zone));
    ERRAND_TRY(use_options(entry));
    RunArguments here;
    here.directory = directory_;
    ERRAND_TRY(enter_directory(here));
    ERRAND_TRY_ASSIGN(entry.directory, current_directory());
    if (agent_) entry.arguments.push_back("--agent=" + *agent_);
    if (invocation.globals.config_file) {
      ERRAND_TRY_ASSIGN(const auto config_file, real_path(*invocation.globals.config_file));
      entry.arguments.push_back("--config=" + config_file);
    }
    entry.arguments.insert(entry.arguments.end(), words.begin() + 2, words.end());
    ERRAND_TRY_ASSIGN(const auto checked, check_run(entry.arguments));
    ERRAND_TRY(check_agent(checked, invocation));
    entry.created = Timestamp(floor<std::chrono::minutes>(now()));
    entry.handled = now();
    ERRAND_TRY(store::open(place.data_directory, place.user, store::OpenMode::create));  // makes the user's directory
    ERRAND_TRY(
        file.change([&](auto& entries) { return add_to(entries, entry); }, Call{invocation.signals.begin_run()}));
    return say_next(entry);
  }

  Result<void> use_options(ScheduleEntry& entry) const {
    if (if_running_) entry.overlap = *overlap_named(*if_running_);
    if (if_missed_) entry.if_missed = *if_missed_named(*if_missed_);
    if (!jitter_) return {};
    if (*jitter_ > max_jitter) return fail(ErrorKind::usage, "--jitter is longer than a day");
    entry.jitter = std::chrono::duration_cast<seconds>(*jitter_);
    return {};
  }

  static Result<void> add_to(std::vector<ScheduleEntry>& entries, const ScheduleEntry& entry) {
    if (std::ranges::find(entries, entry.name, &ScheduleEntry::name) != entries.end()) {
      return fail(ErrorKind::failure, fmt::format("there is an entry \"{}\" already", entry.name),
                  fmt::format("\"errand schedule remove {}\" removes it", entry.name));
    }
    if (entries.size() >= max_schedule_entries) {
      return fail(ErrorKind::limit, fmt::format("a schedule holds at most {} entries", max_schedule_entries));
    }
    entries.push_back(entry);
    return {};
  }

  static Result<int> say_next(const ScheduleEntry& entry) {
    const auto next = coming_times(entry, 1);
    return print_out(fmt::format("{}: next {} ({})\n", entry.name, next.empty() ? "never" : next.front(), entry.zone));
  }

  Result<int> list(const ScheduleFile& file) const {
    ERRAND_TRY_ASSIGN(const auto entries, file.read());
    if (json_) {
      auto items = Json::array();
      for (const auto& entry : entries) items.push_back(json_of(entry));
      return print_json({{"schedules", std::move(items)}});
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& entry : entries) {
      const auto next = coming_times(entry, 1);
      const auto plan = plan_of(entry);
      const auto last = entry.last && plan ? shown_time(entry.last->started, plan->zone) : "";
      rows.push_back({entry.name, entry.when, next.empty() ? "never" : next.front(), last, state_of(entry),
                      std::to_string(entry.missed), text::join(entry.arguments, " "), entry.directory});
    }
    return print_table({{"name"},
                        {"when"},
                        {"next"},
                        {"last"},
                        {"exit"},
                        {"missed"},
                        {"run", Width::flexible},
                        {"directory", Width::flexible}},
                       rows);
  }

  static Result<ScheduleEntry> find(const std::vector<ScheduleEntry>& entries, const std::string& name) {
    const auto found = std::ranges::find(entries, name, &ScheduleEntry::name);
    if (found != entries.end()) return *found;
    std::vector<std::string> known;
    for (const auto& entry : entries) known.push_back(entry.name);
    return fail(ErrorKind::failure, fmt::format("there is no entry \"{}\"", unicode::sanitize(name)),
                text::suggest(name, known, "entries"));
  }

  Result<int> show(const ScheduleFile& file, const std::string& name) const {
    ERRAND_TRY_ASSIGN(const auto entries, file.read());
    ERRAND_TRY_ASSIGN(const auto entry, find(entries, name));
    if (json_) return print_json({{"schedule", json_of(entry)}});
    auto out = fmt::format("name        {}\nwhen        {}\nzone        {}\ndirectory   {}\nrun         {}\n",
                           entry.name, entry.when, entry.zone, entry.directory, text::join(entry.arguments, " "));
    out += fmt::format("if running  {}\nif missed   {}\n", name_of(entry.overlap), name_of(entry.if_missed));
    if (entry.jitter.count() > 0) {
      out += fmt::format("jitter      {}, {} for this name\n", format_duration(entry.jitter),
                         format_duration(schedule::delay_of(entry.name, entry.jitter)));
    }
    if (entry.last) out += fmt::format("last        {} {}\n", to_rfc3339(entry.last->started), state_of(entry));
    out += fmt::format("missed      {}\nskipped     {}\n", entry.missed, entry.skipped);
    for (const auto& time : coming_times(entry, shown_times)) out += fmt::format("next        {}\n", time);
    ERRAND_TRY(plan_of(entry));
    return print_out(unicode::sanitize(out));
  }

  static Result<int> remove(const ScheduleFile& file, const std::string& name, const Invocation& invocation) {
    ERRAND_TRY_ASSIGN(const auto before, file.read());
    ERRAND_TRY(find(before, name));  // before anything is locked, which needs a directory
    const auto removal = [&](std::vector<ScheduleEntry>& entries) { return remove_from(entries, name); };
    ERRAND_TRY(file.change(removal, Call{invocation.signals.begin_run()}));
    return exit_success;
  }

  static Result<void> remove_from(std::vector<ScheduleEntry>& entries, const std::string& name) {
    ERRAND_TRY(find(entries, name));
    std::erase_if(entries, [&](const auto& entry) { return entry.name == name; });
    return {};
  }

  Result<int> write_out(const ScheduleFile& file, const Place& place, const std::vector<std::string>& words,
                        const config::Configuration& config, const Invocation& invocation) const {
    if (!words.empty()) return fail(ErrorKind::usage, "\"errand schedule export\" takes no words");
    ERRAND_TRY_ASSIGN(const auto entries, file.read());
    ERRAND_TRY_ASSIGN(const auto launch, launch_of(place, config, invocation));
    ERRAND_TRY_ASSIGN(const auto text, format_ == "systemd" ? units_of(entries, launch) : crontab_of(launch));
    return print_out(text);
  }

  static Result<Launch> launch_of(const Place& place, const config::Configuration& config,
                                  const Invocation& invocation) {
    Launch out;
    ERRAND_TRY_ASSIGN(out.program, real_path("/proc/self/exe"));
    out.arguments = {"--data-dir", place.data_directory, "--user", place.user};
    if (invocation.globals.config_file) {
      ERRAND_TRY_ASSIGN(const auto file, real_path(*invocation.globals.config_file));
      out.arguments.insert(out.arguments.end(), {"--config", file});
    }
    const auto value_of = [&](const std::string& name) {
      const auto found = config.sources.env.find(name);
      const bool one_line = found != config.sources.env.end() && found->second.find('\n') == std::string::npos;
      return one_line ? found->second : std::string();
    };
    for (const auto* name : {"PATH", "LANG", "XDG_CONFIG_HOME", "ERRAND_ENV"}) {
      if (const auto value = value_of(name); !value.empty())
        out.environment.push_back(fmt::format("{}={}", name, value));
    }
    for (const auto& [name, value] : config.sources.env) {
      if (!value.empty() && decides_a_provider(name, config)) out.missing_there.push_back(name);
    }
    return out;
  }

  // Values of such variables stay out of files: a key is secret, and an address may hold one.
  static bool decides_a_provider(const std::string& name, const config::Configuration& config) {
    if (name.ends_with("_BASE_URL")) return true;
    return std::ranges::any_of(config::providers(config), [&](const chat::ProviderSpec& provider) {
      return std::ranges::find(provider.key_variables, name) != provider.key_variables.end();
    });
  }

  std::optional<std::string> agent_, zone_, if_running_, if_missed_, directory_, format_;
  std::optional<std::chrono::milliseconds> jitter_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_schedule_command() {
  return std::make_unique<ScheduleCommand>();
}

}  // namespace errand::cli
