#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "base/json.hpp"
#include "support/temp_dir.hpp"
#include "tool/registry.hpp"
#include "tool/tool.hpp"

namespace errand::test {

/// Runs commands as they are, so that a tool's own part can be tested without a sandbox.
class BareShell final : public sandbox::Sandbox {
 public:
  [[nodiscard]] sandbox::Level level() const override { return {"off", ""}; }

  Result<Finished> run(const sandbox::Command& command, const sandbox::SandboxPolicy& policy, const OnOutput& on_output,
                       const Call& call) const override {
    if (refusal) return fail(ErrorKind::denied, *refusal);
    ProcessSpec spec;
    spec.argv = command.argv;
    for (const auto& [name, value] : policy.env) spec.env.push_back(name + "=" + value);
    spec.directory = command.cwd;
    spec.merge_stderr = command.merge_stderr;
    spec.max_output_bytes = command.max_output_bytes;
    spec.grace = std::chrono::milliseconds(100);
    return run_process(spec, on_output, call);
  }

  std::optional<std::string> refusal;
};

/// Answers from a list; nobody is there without one.
class ScriptedPerson final : public chat::Interaction {
 public:
  [[nodiscard]] bool available() const override { return answers.has_value() || plan_answer.has_value(); }
  Result<chat::ApprovalAnswer> approve(const chat::ApprovalQuestion&, const Call&) override {
    return fail(ErrorKind::internal, "tools do not ask for approval");
  }
  Result<std::vector<std::string>> answer(const std::vector<chat::event::Question>& questions, const Call&) override {
    asked = questions;
    return *answers;
  }

  Result<chat::PlanAnswer> review(const std::string& plan, const Call&) override {
    reviewed.push_back(plan);
    return *plan_answer;
  }

  std::optional<Result<std::vector<std::string>>> answers;
  std::optional<Result<chat::PlanAnswer>> plan_answer;
  std::vector<std::string> reviewed;
  std::vector<chat::event::Question> asked;
};

/// A workspace in a directory of its own and everything a call needs, as dispatch would give it.
class ToolBench {
 public:
  using ChangePolicy = std::function<void(sandbox::SandboxPolicy&)>;

  explicit ToolBench(const ChangePolicy& change = {}) {
    std::filesystem::create_directories(root());
    sandbox::SandboxPolicy policy;
    policy.workspace = root();
    policy.writable = {root()};
    policy.env = {{"PATH", "/usr/bin:/bin"}, {"LC_ALL", "C.UTF-8"}};
    if (change) change(policy);
    files_.emplace(std::move(policy));
    tool::add_builtin(registry);
  }

  [[nodiscard]] std::string root() const { return dir_ / "work"; }
  [[nodiscard]] std::string outside(const std::string& name) const { return dir_ / name; }
  [[nodiscard]] const sandbox::Workspace& files() const { return *files_; }

  std::string write(const std::string& path, const std::string& content) const {
    const auto full = join_path(root(), path);
    std::filesystem::create_directories(parent_path(full));
    std::ofstream(full, std::ios::binary) << content;
    return full;
  }
  [[nodiscard]] std::string read(const std::string& path) const {
    std::ifstream in(join_path(root(), path), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  /// Validates, resolves and runs, as dispatch does.
  Result<tool::Output> call(const std::string& name, const Json& input, Call call = {}) {
    auto* const tool = registry.find(name);
    if (tool == nullptr) throw std::logic_error("no tool " + name);
    if (auto valid = tool::validate(tool->spec(), input); !valid) return fail(valid.error());
    tool::Context context{.files = *files_,
                          .shell = shell,
                          .state = state,
                          .interaction = person,
                          .skills = skills,
                          .call_id = "call_1",
                          .cwd = cwd.empty() ? root() : cwd,
                          .targets = {},
                          .leave = leave,
                          .may_read = may_read,
                          .report =
                              [this](chat::EventBody body) {
                                const std::lock_guard lock(mutex_);
                                events.push_back(std::move(body));
                              },
                          .on_contact =
                              [this](const sandbox::Contact& contact) {
                                const std::lock_guard lock(mutex_);
                                contacts.push_back(contact);
                              },
                          .web = web,
                          .notes = nullptr,
                          .leave_plan = leave_plan};
    for (const auto& target : tool->targets(input)) {
      auto resolved = files_->resolve(target.path, context.cwd);
      if (!resolved) return fail(resolved.error());
      context.targets.push_back(*std::move(resolved));
    }
    return tool->run(input, context, call);
  }

  /// What the model reads: the text of the result, or the error's.
  std::string text(const std::string& name, const Json& input, Call limits = {}) {
    auto output = call(name, input, limits);
    return output ? chat::text_of(output->content) : "error: " + output.error().message;
  }

  tool::Registry registry;
  BareShell shell;
  tool::SessionState state;  // its background commands end before the shell goes
  ScriptedPerson person;
  std::vector<chat::SkillDefinition> skills;
  std::vector<chat::EventBody> events;
  std::vector<sandbox::Contact> contacts;
  http::Transport* web = nullptr;
  std::function<bool(std::string_view)> may_read;
  std::function<void(chat::PermissionMode)> leave_plan;
  sandbox::Leave leave = sandbox::Leave::roots_only;
  std::string cwd;

 private:
  TempDir dir_;
  std::optional<sandbox::Workspace> files_;
  std::mutex mutex_;
};

}  // namespace errand::test
