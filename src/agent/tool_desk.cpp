#include "agent/tool_desk.hpp"

#include <utility>

#include "agent/agent.hpp"
#include "agent/dispatch.hpp"
#include "agent/reporter.hpp"
#include "agent/run_tree.hpp"
#include "agent/session.hpp"
#include "agent/subagent.hpp"
#include "base/id.hpp"
#include "base/time.hpp"
#include "base/try.hpp"

namespace errand::agent {

namespace {

store::NewSession session_start(const chat::AgentDefinition& definition, const Surroundings& around) {
  store::NewSession out;
  out.agent = definition.id;
  out.definition_hash = definition.hash;
  out.project = around.roots.project;
  out.cwd = around.cwd;
  return out;
}

class Desk final : public ToolDesk {
 public:
  Desk(Agent agent, Session session, const Services& services)
      : agent_(std::move(agent)),
        session_(std::move(session)),
        stream_(services.sink, make_uuid7(now()), services.secrets),
        tree_{.services = services,
              .stream = stream_,
              .session = session_.info.id,
              .limits = agent_.definition.limits,
              .root_agent = agent_.definition.id},
        reporter_(stream_, services.store, session_.info.id, agent_.path),
        task_(make_task_tool(agent_, session_, tree_, children_)) {
    for (const auto& spec : agent_.tools) {
      offered_.push_back(spec.name == task_->spec().name ? task_.get() : find_tool(agent_, services, spec.name));
    }
  }

  // What the store keeps of a run belongs to one.
  Result<void> begin() {
    return tree_.services.store.begin_run({.id = stream_.run(),
                                           .session = session_.info.id,
                                           .agent = agent_.definition.id,
                                           .definition_hash = agent_.definition.hash,
                                           .trigger = "tool",
                                           .argv = {},
                                           .started = now()},
                                          {});
  }

  [[nodiscard]] std::vector<std::string> tools() const override {
    std::vector<std::string> out;
    for (const auto& spec : agent_.tools) out.push_back(spec.name);
    return out;
  }

  Result<SingleOutcome> run(const std::string& tool, const std::string& arguments, const Call& call) override {
    const auto plans = plan(tool, arguments);
    ERRAND_TRY_ASSIGN(auto dispatched, dispatch(plans, {agent_, session_, tree_, reporter_}, call));
    ERRAND_TRY(call.check());
    SingleOutcome out;
    out.result = std::move(dispatched.message.results.front());
    out.denials = tree_.denials.with([](auto& denials) { return std::exchange(denials, {}); });
    return out;
  }

  Result<policy::Decision> decide(const std::string& tool, const std::string& arguments) override {
    return agent::decide(plan(tool, arguments).front(), agent_);
  }

  [[nodiscard]] const sandbox::SandboxPolicy& sandbox_policy() const override { return agent_.files->policy(); }
  [[nodiscard]] const std::string& cwd() const override { return agent_.cwd; }

 private:
  [[nodiscard]] std::vector<PlannedCall> plan(const std::string& tool, const std::string& arguments) const {
    chat::ToolCall call;
    call.id = "call_1";
    call.name = tool;
    call.arguments = arguments;
    return plan_calls({call}, offered_);
  }

  Agent agent_;
  Session session_;
  EventStream stream_;
  RunTree tree_;
  Reporter reporter_;
  ChildTotals children_;
  std::unique_ptr<tool::Tool> task_;
  std::vector<tool::Tool*> offered_;
};

}  // namespace

Result<std::unique_ptr<ToolDesk>> ToolDesk::open(const chat::AgentDefinition& definition, const Services& services,
                                                 const Call& call) {
  ERRAND_TRY_ASSIGN(auto session, create_session(services.store, session_start(definition, services.surroundings)));
  ERRAND_TRY_ASSIGN(auto agent, open_agent(definition, nullptr, session, services, call));
  auto desk = std::make_unique<Desk>(std::move(agent), std::move(session), services);
  ERRAND_TRY(desk->begin());
  return desk;
}

}  // namespace errand::agent
