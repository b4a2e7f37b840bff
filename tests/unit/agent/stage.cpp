#include "unit/agent/stage.hpp"

#include <catch2/catch.hpp>

#include "base/json.hpp"
#include "provider/fallback.hpp"
#include "store/open.hpp"

namespace errand::test {

namespace {

class ModelRef final : public provider::Provider {
 public:
  ModelRef(FakeModel& fake, const std::string& name) : fake_(fake) {
    spec_ = fake.spec;
    spec_.provider = "fake";
    spec_.id = name;
  }
  Result<provider::Reply> stream(const provider::Request& request, provider::StreamObserver& observer,
                                 const Call& call) override {
    return fake_.next(request, observer, call);
  }
  [[nodiscard]] const chat::ModelSpec& model() const override { return spec_; }

 private:
  FakeModel& fake_;
  chat::ModelSpec spec_;
};

provider::Reply reply_of(std::vector<chat::AssistantBlock> content, chat::StopReason stop) {
  provider::Reply reply;
  reply.message.content = std::move(content);
  reply.message.stop = stop;
  reply.message.model = "fake-1";
  reply.message.usage = {.input = 10, .output = 5};
  reply.cost_usd = 0.25;
  return reply;
}

}  // namespace

void FakeModel::say(const std::string& text, chat::StopReason stop) {
  play([=](const provider::Request&, provider::StreamObserver& observer, const Call&) -> Result<provider::Reply> {
    observer.on_stream_event(chat::stream::TextDelta{0, text});
    return reply_of({chat::Text{text}}, stop);
  });
}

void FakeModel::call(std::vector<chat::ToolCall> calls, const std::string& text) {
  play([=](const provider::Request&, provider::StreamObserver&, const Call&) -> Result<provider::Reply> {
    std::vector<chat::AssistantBlock> content;
    if (!text.empty()) content.emplace_back(chat::Text{text});
    content.insert(content.end(), calls.begin(), calls.end());
    return reply_of(std::move(content), chat::StopReason::tool_use);
  });
}

void FakeModel::play(Play play) {
  const std::lock_guard lock(mutex_);
  plays_.push_back(std::move(play));
}

Result<provider::Reply> FakeModel::next(const provider::Request& request, provider::StreamObserver& observer,
                                        const Call& call) {
  Play play;
  {
    const std::lock_guard lock(mutex_);
    asked_.push_back(request.history);
    generations_.push_back(request.generation);
    if (plays_.empty()) return fail(ErrorKind::failure, "the fake model has nothing left to say");
    play = std::move(plays_.front());
    plays_.pop_front();
  }
  return play(request, observer, call);
}

std::vector<std::vector<chat::Message>> FakeModel::asked() const {
  const std::lock_guard lock(mutex_);
  return asked_;
}

std::vector<chat::GenerationSettings> FakeModel::generations() const {
  const std::lock_guard lock(mutex_);
  return generations_;
}

Result<Finished> FakeSandbox::run(const sandbox::Command& command, const sandbox::SandboxPolicy& policy,
                                  const OnOutput& on_output, const Call& call) const {
  if (work) return work(command, policy, on_output, call);
  return fail(ErrorKind::denied, "there is no sandbox on this stage");
}

std::vector<std::string> Recording::types() const {
  std::vector<std::string> out;
  for (const auto& event : events) {
    const auto type = chat::type_of(event.body);
    if (type != "text_delta" && type != "usage") out.emplace_back(type);
  }
  return out;
}

const chat::event::Done& Recording::done() const {
  REQUIRE_FALSE(events.empty());
  return std::get<chat::event::Done>(events.back().body);
}

Result<chat::ApprovalAnswer> FakePerson::approve(const chat::ApprovalQuestion& question, const Call&) {
  questions.push_back(question);
  if (answers.empty()) return fail(ErrorKind::failure, "the terminal was closed");
  auto answer = std::move(answers.front());
  answers.pop_front();
  return answer;
}

FakeTool::FakeTool(std::string name, chat::Effect effect, bool parallel, Work work) : work_(std::move(work)) {
  spec_.name = std::move(name);
  spec_.description = "a fake";
  spec_.input_schema =
      R"({"type":"object","properties":{"x":{"type":"string"}},"required":["x"],"additionalProperties":false})";
  spec_.effect = effect;
  spec_.parallel_safe = parallel;
}

std::string FakeTool::subject(const Json& input) const {
  return input.at("x").get<std::string>();
}
std::string FakeTool::summary(const Json& input) const {
  return spec_.name + " " + subject(input);
}
Result<tool::Output> FakeTool::run(const Json& input, const tool::Context& context, const Call& call) {
  return work_(subject(input), context, call);
}

Stage::Stage() : store(store::open_temporary().value()) {
  definition.id = "tester";
  definition.models = {"main"};
  definition.context_files.clear();
  definition.permission_mode = chat::PermissionMode::automatic;
  models["main"];
}

agent::Chat& Stage::chat() {
  if (chat_) return *chat_;
  agent::Surroundings around;
  around.roots = {workspace.path(), "/home/nobody"};
  around.workspace = workspace.path();
  around.cwd = workspace.path();
  services_ = std::make_unique<agent::Services>(
      agent::Services{.store = *store,
                      .tools = tools,
                      .sandbox = sandbox,
                      .interaction = person,
                      .sink = events,
                      .secrets = secrets,
                      .open_model = [this](const std::vector<std::string>& names,
                                           const Call&) -> Result<std::unique_ptr<provider::Provider>> {
                        std::vector<std::unique_ptr<provider::Provider>> chain;
                        for (const auto& name : names)
                          chain.push_back(std::make_unique<ModelRef>(models.at(name), name));
                        if (chain.size() == 1) return std::move(chain.front());
                        return std::make_unique<provider::FallbackProvider>(std::move(chain));
                      },
                      .save_rule = [this](const chat::Rule& rule) -> Result<void> {
                        saved_rules.push_back(rule);
                        return {};
                      },
                      .subagents = subagents,
                      .skills = {},
                      .surroundings = std::move(around)});
  chat_ = std::make_unique<agent::Chat>(
      *services_, agent::ChatStart{.definition = definition, .name = {}, .trigger = "test", .argv = {}});
  return *chat_;
}

agent::RunResult Stage::ask(const std::string& prompt, const Call& call) {
  auto result = chat().ask({{chat::Text{prompt}}}, call);
  if (!result) FAIL(describe(result.error()));
  return *std::move(result);
}

std::vector<store::StoredRecord> Stage::records() const {
  return store->records(chat_->session()->info.id).value();
}

chat::ToolCall tool_call(const std::string& id, const std::string& name, const std::string& x) {
  return {id, name, Json{{"x", x}}.dump(), ""};
}

}  // namespace errand::test
