#include "cli/rehearsal.hpp"

#include <fmt/format.h>

#include "agent/chat.hpp"
#include "base/exit_code.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/definition.hpp"
#include "cli/engine.hpp"
#include "cli/output.hpp"
#include "cli/session_place.hpp"
#include "cli/setup.hpp"
#include "cli/talk.hpp"
#include "repl/terminal_interaction.hpp"

namespace errand::cli {

namespace {

class Unheard final : public chat::EventSink {
 public:
  void on_event(const chat::Event&) override {}
};

}  // namespace

Rehearsal::Rehearsal(std::vector<std::string> secrets) : redactor_(std::move(secrets)) {}
Rehearsal::~Rehearsal() = default;

// Cancelled is the one failure after which nobody tries again or asks another model.
Result<http::ResponseHead> Rehearsal::send(const http::Request& request, const http::OnBody&, const Call&) {
  const std::lock_guard lock(mutex_);
  if (!first_) {
    redactor_.learn(request);
    first_ = request;
  }
  return fail(ErrorKind::cancelled, "a dry run sends nothing");
}

std::optional<Json> Rehearsal::request() const {
  const std::lock_guard lock(mutex_);
  if (!first_) return std::nullopt;
  auto headers = Json::object();
  for (const auto& header : redactor_.clean_request_headers(first_->headers)) headers[header.name] = header.value;
  const auto text = redactor_.clean(first_->body);
  auto body = Json::parse(text, nullptr, false);
  if (body.is_discarded()) body = text;
  return Json{{"method", first_->method},
              {"url", redactor_.clean_url(first_->url)},
              {"headers", std::move(headers)},
              {"body", std::move(body)}};
}

Result<int> show_first_request(const PromptParts& prompt, const RunArguments& arguments, const Invocation& invocation) {
  std::vector<chat::event::Warning> moves;
  ERRAND_TRY_ASSIGN(auto where, start_of(invocation, arguments, moves));
  for (const auto& warning : moves) print_note(invocation.globals, warning.message);
  tell_warnings(invocation.globals, where.config);
  Unheard sink;
  repl::NobodyThere nobody;
  ERRAND_TRY_ASSIGN(const auto engine, Engine::make(invocation, arguments, std::move(where.config), sink, nobody));
  ERRAND_TRY_ASSIGN(const auto resumed, session_to_resume(arguments, engine->store(), where.project));
  ERRAND_TRY_ASSIGN(auto definition,
                    definition_for(engine->config(), arguments, resumed, {.stop = invocation.signals.token()}));
  auto parts = prompt;
  parts.agent_prompt = definition.prompt;
  const auto models = text::join(definition.models, ",");
  const Call call{.stop = invocation.signals.begin_run()};
  ERRAND_TRY_ASSIGN(const auto message, read_prompt(parts, call));
  agent::ChatStart start;
  start.definition = std::move(definition);
  start.resume = resumed;
  const agent::Chat chat(engine->services(), std::move(start));
  const auto warn = [&](const chat::event::Warning& warning) { print_note(invocation.globals, warning.message); };
  const auto done = chat.rehearse(message, warn, call);
  if (const auto request = engine->held_request()) return print_json(*request);
  if (!done) return fail(done.error());
  return fail(ErrorKind::usage, fmt::format("{} plays a file: it is sent no request", models),
              "name a model with -m whose request is to be shown");
}

}  // namespace errand::cli
