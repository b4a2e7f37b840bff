#include "agent/subagent.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "agent/converse.hpp"
#include "base/exit_code.hpp"
#include "base/id.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"

namespace errand::agent {

namespace {

std::vector<std::string> ids_of(const std::vector<chat::AgentDefinition>& subagents) {
  std::vector<std::string> out;
  for (const auto& subagent : subagents) out.push_back(subagent.id);
  return out;
}

// What the parent's model reads: the answer, or what there is of it and why it is not whole.
tool::Output output_of(const std::string& id, const Outcome& outcome) {
  if (!outcome.error) return tool::text_output(outcome.text);
  auto output = tool::text_output(
      outcome.text.empty()
          ? fmt::format("the subagent {} did not answer: {}", id, outcome.error->message)
          : fmt::format("[partial: the subagent {} was stopped: {}]\n{}", id, outcome.error->message, outcome.text));
  output.is_error = outcome.text.empty();
  return output;
}

class TaskTool final : public tool::Tool {
 public:
  TaskTool(const Agent& parent, const Session& session, RunTree& tree, ChildTotals& totals)
      : spec_(task_spec(parent.subagents)), parent_(parent), session_(session), tree_(tree), totals_(totals) {}

  [[nodiscard]] const chat::ToolSpec& spec() const override { return spec_; }

  [[nodiscard]] std::string subject(const Json& input) const override {
    return input.at("subagent_type").get<std::string>();
  }

  [[nodiscard]] std::string summary(const Json& input) const override {
    return fmt::format("Task {}: {}", subject(input), input.at("description").get<std::string>());
  }

  Result<tool::Output> run(const Json& input, const tool::Context&, const Call& call) override {
    ERRAND_TRY_ASSIGN(const auto* definition, find(subject(input)));
    ERRAND_TRY_ASSIGN(auto provider, tree_.services.open_model(models_of(*definition, parent_), call));
    ERRAND_TRY_ASSIGN(auto session, child_session(*definition, input.at("description").get<std::string>()));
    auto agent =
        open_subagent(*definition, std::move(provider), parent_, session, tree_.services, next_path(definition->id));
    const auto limit = definition->limits.timeout;
    const auto bounded = limit.count() > 0 ? call.within(limit) : call;
    ERRAND_TRY_ASSIGN(const auto outcome, run_child(agent, session, input.at("prompt").get<std::string>(), bounded));
    ERRAND_TRY(call.check());  // the parent's own end is no result of the child's
    if (outcome.error && outcome.error->kind == ErrorKind::storage) return fail(*outcome.error);
    return output_of(definition->id, outcome);
  }

 private:
  Result<const chat::AgentDefinition*> find(const std::string& id) const {
    const auto found = std::ranges::find(parent_.subagents, id, &chat::AgentDefinition::id);
    if (found != parent_.subagents.end()) return &*found;
    return fail(ErrorKind::failure, fmt::format("there is no subagent \"{}\"; {}", id,
                                                text::suggest(id, ids_of(parent_.subagents), "subagents")));
  }

  std::string next_path(const std::string& id) {
    const auto base = fmt::format("{}/{}", parent_.path, id);
    return fmt::format("{}#{}", base, tree_.subagent_numbers.with([&](auto& numbers) { return ++numbers[base]; }));
  }

  Result<Session> child_session(const chat::AgentDefinition& definition, const std::string& title) {
    auto start = session_.info.start;
    start.agent = definition.id;
    start.definition_hash = definition.hash;
    start.title = tree_.stream.secrets().clean(unicode::sanitize(text::first_line(title)));
    start.name.clear();
    start.parent = session_.info.id;
    return create_session(tree_.services.store, start);
  }

  Result<Outcome> run_child(Agent& agent, Session& session, const std::string& prompt, const Call& call) {
    Reporter reporter(tree_.stream, tree_.services.store, session.info.id, agent.path);
    const chat::UserMessage message{{chat::Text{reporter.secrets().clean(prompt)}}};
    const store::RunStart start{.id = make_uuid7(now()),
                                .session = session.info.id,
                                .agent = agent.definition.id,
                                .definition_hash = agent.definition.hash,
                                .trigger = "subagent",
                                .argv = {},
                                .started = now()};
    const auto id = make_uuid7(now());
    auto user = reporter.wrap(chat::event::User{id, message});
    ERRAND_TRY(tree_.services.store.begin_run(start, {user}));
    tree_.stream.send(std::move(user));
    session.history.add(message, id);
    auto outcome = converse(agent, session, tree_, reporter, call);
    add_to_parent(outcome);
    ERRAND_TRY(tree_.services.store.end_run(end_of(start, outcome), {}));
    return outcome;
  }

  static store::RunEnd end_of(const store::RunStart& start, const Outcome& outcome) {
    store::RunEnd end{.id = start.id,
                      .session = start.session,
                      .error_kind = {},
                      .stop_reason = outcome.stop_reason(),
                      .ended = now()};
    if (outcome.error) {
      end.exit_code = exit_code_of(outcome.error->kind);
      end.error_kind = name_of(outcome.error->kind);
    }
    end.turns = outcome.turns;
    end.usage = outcome.spent.usage;
    end.cost_usd = outcome.spent.cost_usd;
    return end;
  }

  void add_to_parent(const Outcome& outcome) {
    totals_.with([&](store::Totals& totals) {
      totals.usage += outcome.spent.usage;
      if (!outcome.spent.cost_usd) totals.cost_usd.reset();
      if (totals.cost_usd) *totals.cost_usd += *outcome.spent.cost_usd;
    });
  }

  chat::ToolSpec spec_;
  const Agent& parent_;
  const Session& session_;
  RunTree& tree_;
  ChildTotals& totals_;
};

}  // namespace

chat::ToolSpec task_spec(const std::vector<chat::AgentDefinition>& subagents) {
  std::string description =
      "Give a self-contained task to a subagent, which works on its own and returns its last message. It sees only "
      "`prompt`. Several calls in one reply run in parallel. Subagents:";
  for (const auto& subagent : subagents) {
    description += fmt::format("\n- {}: {}", subagent.id, unicode::sanitize(text::first_line(subagent.description)));
  }
  Json schema = {{"type", "object"},
                 {"properties",
                  {{"description", {{"type", "string"}, {"description", "the task in a few words"}}},
                   {"prompt", {{"type", "string"}}},
                   {"subagent_type", {{"type", "string"}, {"enum", ids_of(subagents)}}}}},
                 {"required", {"description", "prompt", "subagent_type"}},
                 {"additionalProperties", false}};
  return {.name = "Task",
          .description = std::move(description),
          .input_schema = chat::dump(schema),
          .effect = chat::Effect::delegate,
          .parallel_safe = true};
}

std::unique_ptr<tool::Tool> make_task_tool(const Agent& parent, const Session& session, RunTree& tree,
                                           ChildTotals& totals) {
  return std::make_unique<TaskTool>(parent, session, tree, totals);
}

}  // namespace errand::agent
