#include "agent/chat.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "agent/opening.hpp"
#include "base/pause.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "chat/names.hpp"

namespace errand::agent {

namespace {

constexpr std::size_t max_title_columns = 80;
constexpr std::chrono::milliseconds look_again{100};  // at a session that another process has

std::string title_of(const chat::UserMessage& first, const secrets::Redactor& secrets) {
  const auto text = secrets.clean(chat::text_of(first.content));
  return text::ellipsize(unicode::sanitize(text::first_line(text::trim(text))), max_title_columns);
}

std::vector<std::string> cleaned_words(std::vector<std::string> words, const secrets::Redactor& secrets) {
  for (auto& word : words) word = secrets.clean(std::move(word));
  return words;
}

// The model as the session's row shows it: what was asked for, one or a chain.
std::string model_text(const chat::AgentDefinition& definition) {
  return text::join(definition.models, ",");
}

store::NewSession session_start(const chat::AgentDefinition& definition, const Surroundings& surroundings,
                                const std::string& name, const chat::UserMessage& first,
                                const secrets::Redactor& secrets) {
  return {.agent = definition.id,
          .definition_hash = definition.hash,
          .model = model_text(definition),
          .project = surroundings.roots.project,
          .cwd = surroundings.cwd,
          .permission_mode = std::string(chat::name_of(definition.permission_mode)),
          .title = title_of(first, secrets),
          .name = secrets.clean(name),
          .parent = {}};
}

}  // namespace

Result<RunResult> Chat::ask(const chat::UserMessage& prompt, const Call& call) {
  ERRAND_TRY(open(prompt, call));
  auto warnings = std::exchange(start_.warnings, {});
  if (services_.secrets.finds_in(chat::text_of(prompt.content))) warnings.push_back(secret_removed_from_prompt());
  const RunOptions options{.trigger = start_.trigger,
                           .argv = cleaned_words(start_.argv, services_.secrets),
                           .announce = announce_,
                           .warnings = std::move(warnings),
                           .session_source = std::exchange(session_source_, {}),
                           .cancelled_by = start_.cancelled_by,
                           .steering = steering_};
  announce_ = Announce::nothing;
  auto result = run(*agent_, *session_, prompt, options, services_, call);
  follow_mode();
  return result;
}

// A plan that was approved ended plan mode: for whatever agent is opened here later too. The run has its result by now;
// a row that can't be changed is told with the next one.
void Chat::follow_mode() {
  const auto mode = agent_->permissions.mode();
  if (mode == start_.definition.permission_mode) return;
  start_.definition.permission_mode = mode;
  if (const auto changed = change_session(); !changed)
    start_.warnings.push_back({"session_not_changed", changed.error().message});
}

Result<Compacted> Chat::compact(const std::string& hint, const Call& call) {
  if (!session_ && !start_.resume) {
    return fail(ErrorKind::failure, "there is nothing to compact: no prompt was asked yet");
  }
  ERRAND_TRY(open({}, call));
  return compact_for_user(*agent_, *session_, hint, services_, call);
}

// The model first: without one, no session is begun.
Result<void> Chat::open(const chat::UserMessage& first, const Call& call) {
  if (agent_) return {};
  ERRAND_TRY_ASSIGN(auto provider, services_.open_model(start_.definition.models, call));
  if (!session_) ERRAND_TRY(open_session(first, provider->model().thinking, call));
  ERRAND_TRY_ASSIGN(auto agent, open_agent(start_.definition, std::move(provider), *session_, services_));
  agent_.emplace(std::move(agent));
  std::ranges::move(std::exchange(agent_->warnings, {}), std::back_inserter(start_.warnings));
  return change_session();
}

// The other process changes the session while it has it: what is resumed is looked up anew each time.
Result<Session> Chat::open_resumed(chat::ThinkingStyle style, const Call& call) {
  auto& store = services_.store;
  auto session = resume_session(store, *start_.resume, style);
  const auto is_busy = [&] { return !session && session.error().kind == ErrorKind::busy; };
  if (!is_busy() || start_.when_busy == WhenBusy::fail) return session;
  if (start_.when_busy == WhenBusy::fork) {
    ERRAND_TRY_ASSIGN(start_.resume, store.fork(start_.resume->id, ""));
    return resume_session(store, *start_.resume, style);
  }
  if (start_.on_wait) start_.on_wait(session.error());
  while (is_busy()) {
    ERRAND_TRY(pause_for(look_again, call));
    ERRAND_TRY_ASSIGN(start_.resume, store.find(start_.resume->id, ""));
    session = resume_session(store, *start_.resume, style);
  }
  return session;
}

Result<void> Chat::open_session(const chat::UserMessage& first, chat::ThinkingStyle style, const Call& call) {
  if (start_.resume) {
    ERRAND_TRY_ASSIGN(auto session, open_resumed(style, call));
    for (const auto& what : session.damaged) {
      start_.warnings.push_back({"damaged_message", fmt::format("stored message {} can't be read and is left out: {}",
                                                                what.message_id, what.reason)});
    }
    session_.emplace(std::move(session));
    session_source_ = "resume";
    return {};
  }
  const auto start = session_start(start_.definition, services_.surroundings, start_.name, first, services_.secrets);
  ERRAND_TRY_ASSIGN(auto session, create_session(services_.store, start));
  session_.emplace(std::move(session));
  session_source_ = cleared_ ? "clear" : "startup";
  return {};
}

// The row says what the session goes on with; a new session's says so already.
Result<void> Chat::change_session() {
  const auto& definition = start_.definition;
  auto& now = session_->info.start;
  const std::string mode(chat::name_of(definition.permission_mode));
  if (now.agent == definition.id && now.model == model_text(definition) && now.permission_mode == mode &&
      now.definition_hash == definition.hash) {
    return {};
  }
  now.agent = definition.id;
  now.model = model_text(definition);
  now.permission_mode = mode;
  now.definition_hash = definition.hash;
  return services_.store.change(session_->info.id, {.name = std::nullopt,
                                                    .agent = now.agent,
                                                    .definition_hash = now.definition_hash,
                                                    .model = now.model,
                                                    .permission_mode = now.permission_mode,
                                                    .title = std::nullopt});
}

void Chat::use_agent(chat::AgentDefinition definition) {
  start_.definition = std::move(definition);
  agent_.reset();
  announce_ = Announce::ready;
}

void Chat::use_models(std::vector<std::string> models) {
  start_.definition.models = std::move(models);
  agent_.reset();
  announce_ = Announce::ready;
}

void Chat::end(std::string_view reason) {
  if (session_ && agent_) tell_session_end(*agent_, reason);
  session_.reset();
  agent_.reset();
}

void Chat::resume_with(store::SessionInfo session) {
  end("other");
  start_.resume = std::move(session);
  announce_ = Announce::ready;
}

void Chat::let_go() {
  if (!session_) return;
  start_.resume = session_->info;
  session_.reset();
  agent_.reset();
}

Result<store::SessionInfo> Chat::fork(const std::string& name) {
  const auto id = session_id();
  if (id.empty()) return fail(ErrorKind::failure, "there is nothing to fork: no prompt was asked yet");
  ERRAND_TRY_ASSIGN(auto made, services_.store.fork(id, services_.secrets.clean(name)));
  resume_with(made);
  return made;
}

std::string Chat::session_id() const {
  if (session_) return session_->info.id;
  return start_.resume ? start_.resume->id : "";
}

Result<store::History> Chat::conversation() const {
  const auto id = session_id();
  if (id.empty()) return store::History{};
  return services_.store.read_history(id);
}

void Chat::start_new() {
  end("clear");
  cleared_ = true;
  start_.resume.reset();
  start_.name.clear();
  announce_ = Announce::ready;
}

}  // namespace errand::agent
