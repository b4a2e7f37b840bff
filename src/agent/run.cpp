#include "agent/run.hpp"

#include <fmt/format.h>

#include "agent/converse.hpp"
#include "agent/opening.hpp"
#include "agent/reporter.hpp"
#include "agent/run_tree.hpp"
#include "agent/steering.hpp"
#include "base/exit_code.hpp"
#include "base/id.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "chat/names.hpp"
#include "chat/rule.hpp"

namespace errand::agent {

namespace {

using std::chrono::milliseconds;

chat::event::Ready ready_event(const Agent& agent, const Session& session, const Services& services) {
  chat::event::Ready ready;
  ready.agent_id = agent.definition.id;
  ready.model = agent.provider->model().full_name();
  for (const auto& tool : agent.tools) ready.tools.push_back(tool.name);
  for (const auto& server : agent.servers)
    ready.mcp_servers.push_back({server.name, std::string(tool::name_of(server.state))});
  ready.resumed = session.resumed;
  ready.turn_count = session.info.turns;
  ready.permission_mode = chat::name_of(agent.permissions.mode());
  ready.sandbox = agent.files->policy().enforced ? services.sandbox.level().name : "off";
  return ready;
}

// A root run from its first event to its last.
class RootRun {
 public:
  RootRun(Agent& agent, Session& session, const RunOptions& options, const Services& services, const Call& call)
      : agent_(agent),
        session_(session),
        options_(options),
        services_(services),
        call_(call),
        stream_(services.sink, make_uuid7(now()), services.secrets, services.observer),
        reporter_(stream_, services.store, session.info.id, agent.path),
        tree_{.services = services,
              .stream = stream_,
              .session = session.info.id,
              .limits = agent.definition.limits,
              .root_agent = agent.definition.id,
              .steering = options.steering} {}

  RunResult go(const chat::UserMessage& prompt) {
    Outcome outcome;
    const auto opening = hear_prompt_hooks(agent_, prompt, options_.session_source, stream_.run(), call_);
    if (auto begun = begin(prompt, opening); !begun) {
      outcome.error = begun.error();
    } else if (!opening.dropped) {
      if (options_.steering != nullptr) options_.steering->open();
      outcome = converse(agent_, session_, tree_, reporter_, call_);
      if (options_.steering != nullptr) options_.steering->close();
      settle(outcome);
      if (options_.answer == AnswerPart::first_code_block) take_code(outcome);
    }
    session_.info.turns += outcome.turns;
    return end(outcome);
  }

 private:
  // The prompt is durable before anything is said of the run; one that a hook dropped is kept nowhere.
  Result<void> begin(const chat::UserMessage& prompt, const Opening& opening) {
    std::vector<chat::Event> first;
    if (!opening.dropped) {
      first.push_back(
          reporter_.wrap(chat::event::User{make_uuid7(now()), opening.changed ? *opening.changed : prompt}));
    }
    ERRAND_TRY(services_.store.begin_run({.id = stream_.run(),
                                          .session = session_.info.id,
                                          .agent = agent_.definition.id,
                                          .definition_hash = agent_.definition.hash,
                                          .trigger = options_.trigger,
                                          .argv = opening.dropped ? std::vector<std::string>{} : options_.argv,
                                          .started = now()},
                                         first));
    if (opening.dropped) ERRAND_TRY(forget_title());
    for (const auto& event : first) {
      const auto& user = std::get<chat::event::User>(event.body);
      session_.history.add(user.message, user.message_id);
    }
    if (options_.announce == Announce::ready) {
      stream_.send_unnumbered(reporter_.wrap(ready_event(agent_, session_, services_)));
    }
    for (auto& event : first) stream_.send(std::move(event));
    std::vector<chat::EventBody> warnings(options_.warnings.begin(), options_.warnings.end());
    warnings.insert(warnings.end(), opening.notices.begin(), opening.notices.end());
    return warnings.empty() ? Result<void>{} : reporter_.record(std::move(warnings));
  }

  // A new session was named after its first prompt.
  Result<void> forget_title() {
    if (session_.resumed || session_.info.turns > 0) return {};
    store::SessionChange change;
    change.title = "";
    return services_.store.change(session_.info.id, change);
  }

  // An answer that was written although what the task needed was refused is no success.
  void settle(Outcome& outcome) {
    if (outcome.error || !outcome.denied_last) return;
    const auto last = tree_.denials.with([](const auto& denials) { return denials.back(); });
    outcome.error =
        Error{.kind = ErrorKind::denied,
              .message = fmt::format("a call of {} was denied and none after it succeeded: {}", last.tool, last.reason),
              .hint = "allow it with --allow or permissions.allow, or use another --permission-mode"};
  }

  // Whoever wants code alone may run it: nothing else is the result, also of a run that failed. Where a hook ended the
  // run there is no answer, and that is no failure.
  static void take_code(Outcome& outcome) {
    if (outcome.text.empty()) return;
    const auto answer = std::exchange(outcome.text, {});
    if (auto code = first_code_block(answer)) outcome.text = *std::move(code);
    if (outcome.error || !outcome.text.empty()) return;
    outcome.error = Error{.kind = ErrorKind::failure,
                          .message = fmt::format("the answer has no code; it begins \"{}\"",
                                                 text::ellipsize(text::first_line(text::trim(answer)), 60)),
                          .hint = "without --code it is printed whole; the session keeps it"};
  }

  RunResult end(const Outcome& outcome) {
    auto done = done_event(outcome);
    RunResult result{stream_.run(), done, exit_code(outcome),
                     tree_.spent.with([](const Spent& spent) { return spent.presumed_usd; })};
    std::vector<chat::EventBody> last;
    if (is_cancelled(outcome)) last.emplace_back(chat::event::Cancelled{cancelled_by().name});
    if (outcome.error) last.emplace_back(chat::event::ErrorEvent{*outcome.error});
    last.emplace_back(std::move(done));
    std::vector<chat::Event> events;
    for (auto& body : last) events.push_back(reporter_.wrap(std::move(body)));
    if (auto kept = services_.store.end_run(run_end(result), events); !kept)
      return end_unkept(result, kept.error(), events);
    for (auto& event : events) stream_.send(std::move(event));
    return result;
  }

  // The end could not be stored. An error that cut the run before says more than this one.
  RunResult end_unkept(RunResult result, const Error& error, const std::vector<chat::Event>& events) {
    if (result.done.error) {
      for (const auto& event : events) stream_.send(event);
      return result;
    }
    result.done.error = error;
    result.done.stop_reason = name_of(error.kind);
    result.exit_code = exit_code_of(error.kind);
    reporter_.tell(chat::event::ErrorEvent{error});
    reporter_.tell(result.done);
    return result;
  }

  chat::event::Done done_event(const Outcome& outcome) {
    const auto spent = tree_.spent.with([](const Spent& s) { return s; });
    chat::event::Done done;
    done.stop_reason = outcome.stop_reason();
    done.result = outcome.text;
    done.structured_output = outcome.structured;
    done.num_turns = spent.turns;
    done.duration = std::chrono::duration_cast<milliseconds>(Call::Clock::now() - started_);
    done.duration_api = spent.api_time;
    done.total_cost_usd = spent.cost_usd;
    done.usage = spent.usage;
    done.denials = tree_.denials.with([](const auto& denials) { return denials; });
    done.report = tree_.report.report();
    done.error = outcome.error;
    return done;
  }

  store::RunEnd run_end(const RunResult& result) const {
    return {.id = stream_.run(),
            .session = session_.info.id,
            .exit_code = result.exit_code,
            .error_kind = result.done.error ? std::string(name_of(result.done.error->kind)) : std::string(),
            .stop_reason = result.done.stop_reason,
            .turns = result.done.num_turns,
            .usage = result.done.usage,
            .cost_usd = result.done.total_cost_usd,
            .ended = now()};
  }

  static bool is_cancelled(const Outcome& outcome) {
    return outcome.error && outcome.error->kind == ErrorKind::cancelled;
  }

  CancelledBy cancelled_by() const { return options_.cancelled_by ? options_.cancelled_by() : CancelledBy{}; }

  int exit_code(const Outcome& outcome) const {
    if (!outcome.error) return exit_success;
    return is_cancelled(outcome) ? cancelled_by().exit_code : exit_code_of(outcome.error->kind);
  }

  Agent& agent_;
  Session& session_;
  const RunOptions& options_;
  const Services& services_;
  const Call& call_;
  Call::Clock::time_point started_ = Call::Clock::now();
  EventStream stream_;
  Reporter reporter_;
  RunTree tree_;
};

}  // namespace

RunResult run(Agent& agent, Session& session, const chat::UserMessage& prompt, const RunOptions& options,
              const Services& services, const Call& call) {
  return RootRun(agent, session, options, services, call).go(prompt);
}

}  // namespace errand::agent
