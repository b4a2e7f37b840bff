#include <fmt/format.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/record_reader.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "cli/known_secrets.hpp"
#include "cli/listing.hpp"
#include "cli/output.hpp"
#include "cli/sessions.hpp"

namespace errand::cli {

namespace {

constexpr std::size_t max_answer_bytes = 1024;

bool can_be_asked(const Globals& globals) {
  return !globals.no_input && ::isatty(STDIN_FILENO) != 0 && ::isatty(STDERR_FILENO) != 0;
}

}  // namespace

Result<SessionDesk> open_sessions(const SessionCall& call, store::OpenMode mode) {
  SessionDesk out;
  ERRAND_TRY_ASSIGN(out.config, load_configuration(call.invocation, config::Scope::settings));
  ERRAND_TRY_ASSIGN(out.place, place_of(call.invocation, out.config));
  ERRAND_TRY_ASSIGN(out.store, store::open(out.place.data_directory, out.place.user, mode));
  return out;
}

Result<std::string> project_of(const SessionCall& call, const config::Configuration& config) {
  const auto& project = call.options.project;
  if (!project) return std::string();
  if (project->empty()) return config.project.root;
  // One that is gone has sessions all the same.
  ERRAND_TRY_ASSIGN(const auto here, current_directory());
  return real_path(*project).value_or(normalize_path(join_path(here, *project)));
}

Result<bool> is_confirmed(const SessionCall& call, std::string_view verb, const std::string& question) {
  if (call.options.yes) return true;
  if (!can_be_asked(call.invocation.globals)) {
    return fail(ErrorKind::usage, fmt::format("\"errand sessions {}\" wants --yes where nobody can be asked", verb),
                "nothing was removed");
  }
  ERRAND_TRY(write_all(STDERR_FILENO, unicode::sanitize(question) + " [y/N] "));
  RecordReader lines(STDIN_FILENO, "\n", max_answer_bytes);
  ERRAND_TRY_ASSIGN(const auto line, lines.next({call.invocation.signals.begin_run(), Call::Clock::time_point::max()}));
  const auto answer = text::lower(text::trim(line.value_or("")));
  return answer == "y" || answer == "yes";
}

Result<int> print_session_table(const std::vector<store::SessionInfo>& sessions) {
  const bool on_terminal = ::isatty(STDOUT_FILENO) != 0;
  const auto today = now();
  std::vector<std::vector<std::string>> rows;
  for (const auto& info : sessions) {
    const auto title =
        info.start.name.empty() ? info.start.title : fmt::format("[{}] {}", info.start.name, info.start.title);
    rows.push_back({on_terminal ? info.id.substr(0, short_id_length) : info.id,
                    on_terminal ? format_age(info.updated, today) : to_rfc3339(info.updated), info.start.agent,
                    std::to_string(info.turns), money_text(info.cost_usd), title, info.status});
  }
  return print_table({{"id"}, {"age"}, {"agent"}, {"turns"}, {"cost"}, {"title", Width::flexible}, {"status"}}, rows);
}

void learn_secrets(secrets::Redactor& redactor, const config::Configuration& config) {
  redactor.learn(known_secrets(config));
}

}  // namespace errand::cli
