#include "cli/talk.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/pause.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/definition.hpp"
#include "cli/output.hpp"
#include "cli/retention.hpp"
#include "cli/session_place.hpp"
#include "cli/setup.hpp"
#include "config/lookup.hpp"

namespace errand::cli {

namespace {

// A fork is made once agent and models are known to be there: what can't start leaves nothing behind.
Result<std::optional<store::SessionInfo>> forked_when_asked(const RunArguments& arguments, const Engine& engine,
                                                            const chat::AgentDefinition& definition,
                                                            std::optional<store::SessionInfo> resumed) {
  if (!resumed || !arguments.fork) return resumed;
  ERRAND_TRY(config::resolve_models(engine.config(), definition.models, engine.config().sources.cwd));
  ERRAND_TRY_ASSIGN(auto forked, engine.store().fork(resumed->id, arguments.name.value_or("")));
  return forked;
}

std::vector<chat::event::Warning> warnings_of(const Engine& engine, const chat::AgentDefinition& definition,
                                              const std::optional<store::SessionInfo>& resumed) {
  std::vector<chat::event::Warning> out;
  for (const auto& warning : engine.config().warnings) out.push_back({warning.code, warning.message});
  if (auto warning = workspace_warning(engine)) out.push_back(*std::move(warning));
  if (resumed && resumed->start.agent == definition.id && resumed->start.definition_hash != definition.hash) {
    out.push_back({"definition_changed",
                   fmt::format("the definition of agent \"{}\" has changed since this session began", definition.id)});
  }
  return out;
}

// Where a session begins, those that have had their time go. What fails is no reason not to answer.
void make_room(const Engine& engine, std::vector<chat::event::Warning>& warnings) {
  const auto& settings = engine.config().settings.sessions;
  const auto archived = apply_retention(engine.store(), settings);
  if (!archived) {
    warnings.push_back({"retention", fmt::format("old sessions can't be archived: {}", archived.error().message)});
  } else if (!archived->empty()) {
    warnings.push_back(
        {"retention", fmt::format("{} out of use {} archived as sessions.{} asks: {}",
                                  text::count_of(archived->size(), "session"), archived->size() == 1 ? "was" : "were",
                                  settings.retention.count() > 0 ? "retention" : "max_sessions",
                                  parent_path(archived->front().file))});
  }
}

constexpr std::chrono::milliseconds look_again{100};  // at a lock that another process has

void tell_wait(const Globals& globals, const Error& busy) {
  print_note(globals, fmt::format("waiting: {}", busy.message));
}

// A run that is skipped fails first: whoever started it makes nothing of that.
agent::WhenBusy when_busy(const RunArguments& arguments) {
  switch (arguments.when_busy()) {
    case IfRunning::wait:
      return agent::WhenBusy::wait;
    case IfRunning::fork:
      return agent::WhenBusy::fork;
    case IfRunning::fail:
    case IfRunning::skip:
      break;
  }
  return agent::WhenBusy::fail;
}

}  // namespace

Result<std::optional<store::SessionInfo>> session_to_resume(const RunArguments& arguments, store::Store& store,
                                                            const std::string& project) {
  if (!arguments.continue_newest && !arguments.resume) return std::nullopt;
  auto found = store.find(arguments.resume.value_or("latest"), project);
  if (!found && arguments.continue_newest) {
    return fail(ErrorKind::failure, fmt::format("there is no session to continue in {}", project),
                "start one without -c, or name one with -r; \"errand sessions\" lists all");
  }
  if (!found) return fail(std::move(found).error());
  return *std::move(found);
}

Result<std::unique_ptr<Talk>> Talk::start(const Invocation& invocation, const RunArguments& arguments,
                                          chat::EventSink& sink, chat::Interaction& interaction,
                                          const std::string& trigger) {
  std::vector<chat::event::Warning> moves;
  ERRAND_TRY_ASSIGN(auto start, start_of(invocation, arguments, moves));
  std::unique_ptr<Talk> talk(new Talk(invocation));
  const Call unbounded{.stop = invocation.signals.token()};
  const auto call = arguments.timeout ? unbounded.within(*arguments.timeout) : unbounded;
  ERRAND_TRY_ASSIGN(talk->engine_, Engine::make(invocation, arguments, std::move(start.config), sink, interaction));
  const auto& engine = *talk->engine_;
  ERRAND_TRY(talk->take_lock(arguments));
  ERRAND_TRY_ASSIGN(const auto found, session_to_resume(arguments, engine.store(), start.project));
  ERRAND_TRY_ASSIGN(auto definition, definition_for(engine.config(), arguments, found, call));
  ERRAND_TRY_ASSIGN(const auto resumed, forked_when_asked(arguments, engine, definition, found));
  talk->engine_->preload(definition.models);
  auto warnings = warnings_of(engine, definition, resumed);
  warnings.insert(warnings.end(), moves.begin(), moves.end());
  if (!resumed && !arguments.no_session) make_room(engine, warnings);
  talk->warnings_ = warnings;
  auto& signals = invocation.signals;
  talk->chat_.emplace(
      engine.services(),
      agent::ChatStart{.definition = std::move(definition),
                       .resume = resumed,
                       .name = arguments.fork ? "" : arguments.name.value_or(""),
                       .trigger = trigger,
                       .argv = invocation.argv,
                       .cancelled_by = [&signals] { return signals.cancelled().value_or(agent::CancelledBy{}); },
                       .warnings = std::move(warnings),
                       .when_busy = when_busy(arguments),
                       .on_wait = [&globals = invocation.globals](const Error& busy) { tell_wait(globals, busy); },
                       .answer = arguments.code ? agent::AnswerPart::first_code_block : agent::AnswerPart::whole});
  return talk;
}

// Before the session is looked up: whoever has the lock may begin a newer one.
Result<void> Talk::take_lock(const RunArguments& arguments) {
  if (!arguments.lock) return {};
  ERRAND_TRY_ASSIGN(auto* const store, engine_->user_store());
  auto lock = store->lock(*arguments.lock);
  const auto is_busy = [&] { return !lock && lock.error().kind == ErrorKind::busy; };
  if (is_busy() && arguments.when_busy() == IfRunning::wait) {
    tell_wait(invocation_.globals, lock.error());
    const Call forever{invocation_.signals.begin_run(), Call::Clock::time_point::max()};
    const auto call = arguments.timeout ? forever.within(*arguments.timeout) : forever;
    while (is_busy()) {
      ERRAND_TRY(pause_for(look_again, call));
      lock = store->lock(*arguments.lock);
    }
  }
  if (!lock) return fail(std::move(lock).error());
  lock_ = *std::move(lock);
  return {};
}

Result<agent::RunResult> Talk::ask(const chat::UserMessage& prompt, const Call& call) {
  const auto agent = chat_->definition().id;
  log::info("cli: a run of agent {} begins", agent);
  const auto began = Call::Clock::now();
  auto result = chat_->ask(prompt, call);
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(Call::Clock::now() - began).count();
  if (result)
    log::info("cli: run {} of agent {} ended with exit {} after {} ms", result->id, agent, result->exit_code, ms);
  else
    log::info("cli: no run of agent {} began: {}", agent, result.error().message);
  if (!result && !warned_) tell_warnings(invocation_.globals, engine_->config());
  warned_ = true;
  return result;
}

Call Talk::begin_run(Call::Clock::time_point from) {
  Call call{invocation_.signals.begin_run(), Call::Clock::time_point::max()};
  const auto limit = chat_->definition().limits.timeout;
  if (limit.count() > 0) call.deadline = from + limit;
  return call;
}

}  // namespace errand::cli
