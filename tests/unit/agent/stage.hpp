#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "agent/chat.hpp"
#include "agent/run.hpp"
#include "agent/services.hpp"
#include "chat/codec.hpp"
#include "chat/event_json.hpp"
#include "store/store.hpp"
#include "support/temp_dir.hpp"

namespace errand::test {

/// A model that plays replies in order and keeps what it was asked. Thread-safe.
class FakeModel {
 public:
  using Play = std::function<Result<provider::Reply>(const provider::Request&, provider::StreamObserver&, const Call&)>;

  void say(const std::string& text, chat::StopReason stop = chat::StopReason::end_turn);
  void call(std::vector<chat::ToolCall> calls, const std::string& text = {});
  void play(Play play);

  Result<provider::Reply> next(const provider::Request& request, provider::StreamObserver& observer, const Call& call);
  [[nodiscard]] std::vector<std::vector<chat::Message>> asked() const;
  /// The settings of every request, in order.
  [[nodiscard]] std::vector<chat::GenerationSettings> generations() const;

  chat::ModelSpec spec;  ///< what it says of itself; set before it is opened

 private:
  mutable std::mutex mutex_;
  std::deque<Play> plays_;
  std::vector<std::vector<chat::Message>> asked_;
  std::vector<chat::GenerationSettings> generations_;
};

/// Runs nothing; a test sets what a command does.
class FakeSandbox final : public sandbox::Sandbox {
 public:
  [[nodiscard]] sandbox::Level level() const override { return {"fake", ""}; }
  Result<Finished> run(const sandbox::Command& command, const sandbox::SandboxPolicy& policy, const OnOutput& on_output,
                       const Call& call) const override;

  std::function<Result<Finished>(const sandbox::Command&, const sandbox::SandboxPolicy&, const OnOutput&, const Call&)>
      work;
};

/// Keeps every event as its type and its JSON.
class Recording final : public chat::EventSink {
 public:
  void on_event(const chat::Event& event) override { events.push_back(event); }
  [[nodiscard]] std::vector<std::string> types() const;  ///< without deltas and usage
  [[nodiscard]] const chat::event::Done& done() const;

  std::vector<chat::Event> events;
};

/// Answers approvals from a list; nobody there when it is empty from the start.
class FakePerson final : public chat::Interaction {
 public:
  [[nodiscard]] bool available() const override { return there; }
  Result<chat::ApprovalAnswer> approve(const chat::ApprovalQuestion& question, const Call& call) override;
  Result<std::vector<std::string>> answer(const std::vector<chat::event::Question>&, const Call&) override {
    return fail(ErrorKind::failure, "not asked in these tests");
  }
  Result<chat::PlanAnswer> review(const std::string&, const Call&) override {
    return fail(ErrorKind::failure, "no plan in these tests");
  }

  bool there = false;
  std::deque<Result<chat::ApprovalAnswer>> answers;
  std::vector<chat::ApprovalQuestion> questions;
};

/// A tool whose work is a function of its one argument `x`.
class FakeTool final : public tool::Tool {
 public:
  using Work = std::function<Result<tool::Output>(const std::string& x, const tool::Context&, const Call&)>;
  FakeTool(std::string name, chat::Effect effect, bool parallel, Work work);
  [[nodiscard]] const chat::ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] std::string subject(const Json& input) const override;
  [[nodiscard]] std::string summary(const Json& input) const override;
  Result<tool::Output> run(const Json& input, const tool::Context& context, const Call& call) override;

 private:
  chat::ToolSpec spec_;
  Work work_;
};

/// Everything a run needs, on fakes, around a real store in memory and a real workspace. Tools are named after built-in
/// ones, since only those are offered.
class Stage {
 public:
  Stage();

  /// One prompt on the session so far.
  agent::RunResult ask(const std::string& prompt, const Call& call = {});
  [[nodiscard]] std::vector<store::StoredRecord> records() const;
  [[nodiscard]] agent::Chat& chat();
  [[nodiscard]] const agent::Services& services() const { return *services_; }  ///< after the first ask()

  TempDir workspace;
  std::unique_ptr<store::Store> store;
  std::map<std::string, FakeModel> models;  ///< by name; "main" is the agent's
  FakeSandbox sandbox;
  FakePerson person;
  Recording events;
  secrets::Redactor secrets;
  tool::Registry tools;
  chat::AgentDefinition definition;
  std::vector<chat::AgentDefinition> subagents;
  std::vector<chat::Rule> saved_rules;

 private:
  std::unique_ptr<agent::Services> services_;
  std::unique_ptr<agent::Chat> chat_;
};

chat::ToolCall tool_call(const std::string& id, const std::string& name, const std::string& x);

}  // namespace errand::test
