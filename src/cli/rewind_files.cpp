#include "cli/rewind_files.hpp"

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "cli/output.hpp"

namespace errand::cli {

namespace {

using Action = agent::RestoreStep::Action;

std::string_view name_of(Action action) {
  switch (action) {
    case Action::write:
      return "restored";
    case Action::remove:
      return "removed";
    case Action::leave:
      return "left";
  }
  return "left";
}

std::string line_of(const RestoredFile& file, bool dry) {
  const auto path = unicode::sanitize(file.step.path);
  if (!file.failure.empty())
    return fmt::format("{} could not be {}: {}", path, name_of(file.step.action), file.failure);
  if (file.step.action == Action::leave) return fmt::format("{} stays: {}", path, file.step.reason);
  return fmt::format("{} {} {}", path, dry ? "would be" : "was", name_of(file.step.action));
}

}  // namespace

Result<std::vector<agent::RestoreStep>> plan_files(const SessionCall& call, store::Snapshots& snapshots,
                                                   const store::SessionInfo& session, std::int64_t position) {
  const sandbox::Workspace files(agent::restore_policy(session.start.project));
  const auto foreign = call.options.force ? agent::Foreign::discard : agent::Foreign::keep;
  ERRAND_TRY_ASSIGN(auto steps, agent::plan_restore(snapshots, session.id, position, files, foreign));
  if (call.options.dry_run) return steps;
  for (const auto& step : steps) {
    if (step.reason != agent::changed_by_others) continue;
    return fail(ErrorKind::failure, fmt::format("something else has changed {} since", unicode::sanitize(step.path)),
                "nothing was done; --force takes it back all the same, without --files all files stay");
  }
  return steps;
}

std::vector<RestoredFile> restore_files(const SessionCall& call, store::Snapshots& snapshots,
                                        const store::SessionInfo& session, std::vector<agent::RestoreStep> steps) {
  const sandbox::Workspace files(agent::restore_policy(session.start.project));
  std::vector<RestoredFile> out;
  for (auto& step : steps) {
    std::string failure;
    if (!call.options.dry_run) {
      if (auto done = agent::restore(step, snapshots, session.id, files); !done) failure = done.error().message;
    }
    out.push_back({std::move(step), std::move(failure)});
  }
  return out;
}

Json files_json(const std::vector<RestoredFile>& files) {
  auto out = Json::array();
  for (const auto& file : files) {
    Json item = {{"path", file.step.path}, {"action", name_of(file.step.action)}};
    if (!file.step.reason.empty()) item["reason"] = file.step.reason;
    if (!file.failure.empty()) item["error"] = file.failure;
    out.push_back(std::move(item));
  }
  return out;
}

void tell_files(const SessionCall& call, const std::vector<RestoredFile>& files) {
  const auto& globals = call.invocation.globals;
  for (const auto& file : files) print_note(globals, line_of(file, call.options.dry_run));
  print_note(globals, files.empty() ? "no change of a file since then is known; those of shell commands, and before a "
                                      "fork or an import, never are"
                                    : "what shell commands changed is not known, and stays");
}

}  // namespace errand::cli
