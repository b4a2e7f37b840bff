#pragma once

#include <memory>

#include "agent/tool_desk.hpp"
#include "chat/event.hpp"
#include "cli/command.hpp"
#include "cli/engine.hpp"
#include "cli/options.hpp"
#include "cli/run_options.hpp"

namespace errand::cli {

/// The options of commands that do one thing as an agent would: which agent, where, and under which rules.
void declare_desk(Options& options, RunArguments& arguments);

/// An agent's tools without a model and without a session that lasts. What would ask is denied: nobody is asked.
class Desk {
 public:
  /// Whether the agent's MCP servers are started, for their tools.
  enum class Servers { left_alone, started };

  static Result<std::unique_ptr<Desk>> open(const Invocation& invocation, RunArguments arguments,
                                            Servers servers = Servers::left_alone);
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  struct ToolInput {
    std::string tool;
    std::string arguments;  ///< JSON text
  };
  enum class Form { text, json };

  /// Calls a tool that is there and prints what comes of it. The exit code: `denied` and `failure` where the call was
  /// or did.
  Result<int> call(const ToolInput& wanted, Form form, const Invocation& invocation);

  [[nodiscard]] agent::ToolDesk& tools() { return *desk_; }
  [[nodiscard]] const chat::AgentDefinition& definition() const { return definition_; }
  [[nodiscard]] const agent::Services& services() const { return engine_->services(); }

 private:
  class Unheard final : public chat::EventSink {
    void on_event(const chat::Event&) override {}
  };
  class Nobody final : public chat::Interaction {
   public:
    [[nodiscard]] bool available() const override { return false; }
    Result<chat::ApprovalAnswer> approve(const chat::ApprovalQuestion&, const Call&) override;
    Result<std::vector<std::string>> answer(const std::vector<chat::event::Question>&, const Call&) override;
    Result<chat::PlanAnswer> review(const std::string&, const Call&) override;
  };

  Desk() = default;

  Unheard sink_;
  Nobody nobody_;
  chat::AgentDefinition definition_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<agent::ToolDesk> desk_;
};

}  // namespace errand::cli
