#include "cli/desk.hpp"

#include <utility>

#include <fmt/format.h>

#include "base/exit_code.hpp"
#include "base/json.hpp"
#include "base/try.hpp"
#include "chat/codec.hpp"
#include "cli/definition.hpp"
#include "cli/output.hpp"
#include "cli/setup.hpp"

namespace errand::cli {

namespace {

Result<int> print_outcome(const std::string& name, const agent::SingleOutcome& outcome, Desk::Form form) {
  if (form == Desk::Form::json) {
    return print_json({{"tool", name},
                       {"is_error", outcome.result.is_error},
                       {"denied", !outcome.denials.empty()},
                       {"content", chat::content_json(outcome.result.content)}});
  }
  auto text = chat::text_of(outcome.result.content);
  if (!text.ends_with('\n')) text += '\n';
  return print_out(text);
}

}  // namespace

void declare_desk(Options& options, RunArguments& arguments) {
  options.text("-a,--agent", arguments.agent, "ID", "as this agent would; default: the default agent");
  options.text("-C,--cd", arguments.directory, "DIR", "work there");
  options.list("--add-dir", arguments.add_dirs, "DIR", "a further directory that may be written in");
  options.list("--allow", arguments.allow, "RULE", "a permission rule, such as 'Bash(make *)'");
  options.list("--deny", arguments.deny, "RULE", "a rule that holds in every mode");
  options.choice("--permission-mode", arguments.permission_mode, {"ask", "auto", "deny", "plan", "bypass"},
                 "what happens to calls no rule decides");
}

Result<chat::ApprovalAnswer> Desk::Nobody::approve(const chat::ApprovalQuestion&, const Call&) {
  return fail(ErrorKind::denied, "nobody is there to ask");
}

Result<std::vector<std::string>> Desk::Nobody::answer(const std::vector<chat::event::Question>&, const Call&) {
  return fail(ErrorKind::denied, "nobody is there to ask");
}

Result<chat::PlanAnswer> Desk::Nobody::review(const std::string&, const Call&) {
  return fail(ErrorKind::denied, "nobody is there to ask");
}

Result<int> Desk::call(const ToolInput& wanted, Form form, const Invocation& invocation) {
  const Call call{invocation.signals.begin_run(), Call::Clock::time_point::max()};
  ERRAND_TRY_ASSIGN(const auto outcome, desk_->run(wanted.tool, wanted.arguments, call));
  ERRAND_TRY_ASSIGN(const int printed, print_outcome(wanted.tool, outcome, form));
  if (printed != exit_success || !outcome.result.is_error) return printed;
  return exit_code_of(outcome.denials.empty() ? ErrorKind::failure : ErrorKind::denied);
}

Result<std::unique_ptr<Desk>> Desk::open(const Invocation& invocation, RunArguments arguments, Servers servers) {
  arguments.no_session = true;
  ERRAND_TRY(enter_directory(arguments));
  ERRAND_TRY_ASSIGN(auto config, load_configuration(invocation));
  std::unique_ptr<Desk> desk(new Desk);
  ERRAND_TRY_ASSIGN(desk->engine_, Engine::make(invocation, arguments, std::move(config), desk->sink_, desk->nobody_));
  if (const auto warning = workspace_warning(*desk->engine_)) {
    print_note(invocation.globals, fmt::format("warning: {}", warning->message));
  }
  const Call call{.stop = invocation.signals.token()};
  ERRAND_TRY_ASSIGN(auto definition, definition_for(desk->engine_->config(), arguments, std::nullopt, call));
  desk->definition_ = definition;
  if (servers == Servers::left_alone) definition.mcp_servers.clear();
  ERRAND_TRY_ASSIGN(desk->desk_, agent::ToolDesk::open(definition, desk->engine_->services(), call));
  return desk;
}

}  // namespace errand::cli
