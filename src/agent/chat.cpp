#include "agent/chat.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <utility>

#include <fmt/format.h>

#include "agent/documents.hpp"
#include "agent/opening.hpp"
#include "agent/rehearsal.hpp"
#include "agent/restore.hpp"
#include "agent/result_text.hpp"
#include "base/file.hpp"
#include "base/pause.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "chat/names.hpp"

namespace errand::agent {

namespace {

constexpr std::size_t max_title_columns = 80;
// As much of a prompt as a title is looked for in.
constexpr std::size_t max_titled_bytes = std::size_t{64} << 10U;
// Longer text fits no window. What is shorter goes as it is: whoever gives a long document means all of it.
constexpr std::size_t max_prompt_text_bytes = std::size_t{1} << 20U;
constexpr std::chrono::milliseconds look_again{100};  // at a session that another process has

std::string title_of(const chat::UserMessage& first, const secrets::Redactor& secrets) {
  const auto text = secrets.clean(chat::text_of(first.content).substr(0, max_titled_bytes));
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
                                const std::string& name, const std::string& parent, const chat::UserMessage& first,
                                const secrets::Redactor& secrets) {
  return {.agent = definition.id,
          .definition_hash = definition.hash,
          .model = model_text(definition),
          .project = surroundings.roots.project,
          .cwd = surroundings.cwd,
          .permission_mode = std::string(chat::name_of(definition.permission_mode)),
          .title = title_of(first, secrets),
          .name = secrets.clean(name),
          .parent = parent};
}

}  // namespace

// A PDF that can't be read begins no session.
Result<RunResult> Chat::ask(const chat::UserMessage& given, const Call& call) {
  ERRAND_TRY(open_model(call));
  ERRAND_TRY_ASSIGN(const auto prompt, readable(given, agent_ ? *agent_->provider : *provider_, call));
  ERRAND_TRY(open(prompt, call));
  see_session();
  ERRAND_TRY_ASSIGN(const auto whole, with_additions(prompt));
  auto warnings = std::exchange(start_.warnings, {});
  if (services_.secrets.finds_in(chat::text_of(prompt.content))) warnings.push_back(secret_removed_from_prompt());
  const RunOptions options{.trigger = start_.trigger,
                           .argv = cleaned_words(start_.argv, services_.secrets),
                           .announce = announce_,
                           .warnings = std::move(warnings),
                           .session_source = std::exchange(session_source_, {}),
                           .cancelled_by = start_.cancelled_by,
                           .steering = steering_,
                           .answer = start_.answer};
  announce_ = Announce::nothing;
  set_runs(true);
  auto result = run(*agent_, *session_, whole, options, services_, call);
  set_runs(false);
  follow_mode();
  return result;
}

// A plan that was approved ended plan mode: for whatever agent is opened here later too. The run has its result by now;
// a row that can't be changed is told with the next one.
void Chat::follow_mode() {
  const auto mode = agent_->permissions.mode();
  if (mode == start_.definition.permission_mode) return;
  start_.definition.permission_mode = mode;
  announce_ = Announce::ready;
  if (const auto changed = change_session(); !changed)
    start_.warnings.push_back({"session_not_changed", changed.error().message});
}

void Chat::set_runs(bool runs) {
  const std::lock_guard lock(running_);
  runs_ = runs;
}

bool Chat::beside_run(const std::function<void()>& look) {
  const std::lock_guard lock(running_);
  if (runs_) look();
  return runs_;
}

void Chat::add_to_next(std::vector<chat::UserBlock> blocks) {
  additions_.push_back(std::move(blocks));
}

Result<chat::UserMessage> Chat::with_additions(const chat::UserMessage& prompt) {
  chat::UserMessage out;
  for (const auto& block : prompt.content) {
    const auto* const text = std::get_if<chat::Text>(&block);
    if (text == nullptr || text->text.size() <= max_prompt_text_bytes) {
      out.content.push_back(block);
      continue;
    }
    ERRAND_TRY_ASSIGN(auto fitted, fit_result({chat::Text{services_.secrets.clean(text->text)}},
                                              session_->files_directory, "prompt"));
    std::ranges::move(fitted.content, std::back_inserter(out.content));
  }
  for (const auto& addition : additions_) {
    ERRAND_TRY_ASSIGN(auto fitted, fit_result(addition, session_->files_directory, "added"));
    std::ranges::move(fitted.content, std::back_inserter(out.content));
  }
  additions_.clear();
  return out;
}

// What is stored, to be looked at alone.
Result<Session> Chat::unleased_session(chat::ThinkingStyle style) const {
  Session out;
  out.state = early_state_;
  out.grants = grants_;
  if (!start_.resume) return out;
  ERRAND_TRY_ASSIGN(const auto stored, services_.store.read_history(start_.resume->id));
  out.info = *start_.resume;
  out.history = continuable(stored, style);
  return out;
}

Result<PersonCommandResult> Chat::run_command(const PersonCommand& wanted,
                                              const std::function<void(std::string_view text)>& on_output,
                                              const Call& call) {
  std::optional<Agent> bare;  // no model is asked, and no server
  if (!agent_) {
    Session nothing_stored;
    nothing_stored.grants = grants_;
    auto definition = start_.definition;
    definition.mcp_servers.clear();
    ERRAND_TRY_ASSIGN(bare, open_agent(definition, nullptr, session_ ? *session_ : nothing_stored, services_, call));
  }
  ERRAND_TRY_ASSIGN(auto result, run_for_person(wanted, agent_ ? *agent_ : *bare, state(), services_, on_output, call));
  add_to_next({chat::Text{services_.secrets.clean(told_to_model(wanted, result))}});
  return result;
}

// The run changes the history that it has: what it has stored of it so far.
Result<ContextUse> Chat::stored_context_use() const {
  Session stored;
  ERRAND_TRY_ASSIGN(const auto history, services_.store.read_history(session_->info.id));
  stored.history = continuable(history, agent_->provider->model().thinking);
  return agent::context_use(*agent_, stored, services_);
}

Result<ContextUse> Chat::context_use(const Call& call) {
  if (runs_) return stored_context_use();
  if (agent_) return agent::context_use(*agent_, *session_, services_);
  ERRAND_TRY_ASSIGN(auto provider, services_.open_model(start_.definition.models, call));
  std::optional<Session> unleased;
  if (!session_) {
    ERRAND_TRY_ASSIGN(unleased, unleased_session(provider->model().thinking));
  }
  const auto& session = session_ ? *session_ : *unleased;
  ERRAND_TRY_ASSIGN(const auto agent, open_agent(start_.definition, std::move(provider), session, services_, call));
  return agent::context_use(agent, session, services_);
}

namespace {

// As with_additions() makes it of a text that is too long, without a session to keep it in.
chat::UserMessage previewed(chat::UserMessage prompt) {
  for (auto& block : prompt.content) {
    auto* const text = std::get_if<chat::Text>(&block);
    if (text == nullptr || text->text.size() <= max_prompt_text_bytes) continue;
    const auto note = fmt::format("all {} bytes would be kept, to be read in pieces with Read", text->text.size());
    text->text = text::preview(text->text, max_result_bytes, note).text;
  }
  return prompt;
}

}  // namespace

Result<void> Chat::rehearse(const chat::UserMessage& prompt,
                            const std::function<void(const chat::event::Warning&)>& warn, const Call& call) const {
  ERRAND_TRY_ASSIGN(auto provider, services_.open_model(start_.definition.models, call));
  ERRAND_TRY_ASSIGN(auto readable_prompt, readable(prompt, *provider, call));
  ERRAND_TRY_ASSIGN(auto session, unleased_session(provider->model().thinking));
  ERRAND_TRY_ASSIGN(auto agent, open_agent(start_.definition, std::move(provider), session, services_, call));
  for (const auto& warning : agent.warnings) warn(warning);
  return agent::rehearse(agent, session, previewed(std::move(readable_prompt)), services_, warn, call);
}

void Chat::begin_servers() const {
  if (services_.servers == nullptr) return;
  services_.servers->begin(start_.definition.mcp_servers, servers_policy(start_.definition, services_.surroundings));
}

std::vector<tool::ServerStatus> Chat::servers() const {
  if (services_.servers == nullptr) return {};
  return services_.servers->look(start_.definition.mcp_servers,
                                 servers_policy(start_.definition, services_.surroundings));
}

Result<tool::ServerStatus> Chat::reconnect_server(const std::string& name, const Call& call) {
  const auto& wanted = start_.definition.mcp_servers;
  const auto found = std::ranges::find(wanted, name, &chat::McpServer::name);
  if (found == wanted.end() || services_.servers == nullptr) {
    std::vector<std::string> known;
    for (const auto& server : wanted) known.push_back(server.name);
    return fail(ErrorKind::failure, fmt::format("this agent has no MCP server \"{}\"", name),
                text::suggest(name, known, "servers"));
  }
  open_anew();
  return services_.servers->reconnect(*found, servers_policy(start_.definition, services_.surroundings), call);
}

Result<Compacted> Chat::compact(const std::string& hint, const Call& call) {
  if (!session_ && !start_.resume) {
    return fail(ErrorKind::failure, "there is nothing to compact: no prompt was asked yet");
  }
  ERRAND_TRY(open({}, call));
  return compact_for_user(*agent_, *session_, hint, services_, call);
}

Result<void> Chat::open_model(const Call& call) {
  if (agent_ || provider_) return {};
  ERRAND_TRY_ASSIGN(provider_, services_.open_model(start_.definition.models, call));
  return {};
}

Result<chat::UserMessage> Chat::readable(const chat::UserMessage& prompt, const provider::Provider& provider,
                                         const Call& call) const {
  chat::UserMessage out;
  const tool::PdfReader reader{.sandbox = services_.sandbox, .confined = !services_.surroundings.sandbox_off};
  ERRAND_TRY_ASSIGN(out.content, readable_documents(prompt.content, provider.models(), reader, call));
  return out;
}

// The model first: without one, no session is begun.
Result<void> Chat::open(const chat::UserMessage& first, const Call& call) {
  if (agent_) return {};
  ERRAND_TRY(open_model(call));
  if (!session_) ERRAND_TRY(open_session(first, provider_->model().thinking, call));
  ERRAND_TRY_ASSIGN(auto agent, open_agent(start_.definition, std::move(provider_), *session_, services_, call));
  agent_.emplace(std::move(agent));
  former_.reset();
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
    early_state_->todos.with(
        [&](auto& todos) { todos = session.state->todos.with([](const auto& now) { return now; }); });
    session.state = std::exchange(early_state_, std::make_shared<tool::SessionState>());
    session_.emplace(std::move(session));
    session_->grants = grants_;
    session_source_ = "resume";
    return {};
  }
  const auto start =
      session_start(start_.definition, services_.surroundings, start_.name, start_.parent, first, services_.secrets);
  ERRAND_TRY_ASSIGN(auto session, create_session(services_.store, start));
  session.state = std::exchange(early_state_, std::make_shared<tool::SessionState>());
  session_.emplace(std::move(session));
  session_->grants = grants_;
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
  open_anew();
  provider_.reset();
}

void Chat::use_models(std::vector<std::string> models) {
  start_.definition.models = std::move(models);
  open_anew();
  provider_.reset();
}

// The model that is open stays so.
void Chat::use_mode(chat::PermissionMode mode) {
  start_.definition.permission_mode = mode;
  start_.definition.permission_mode_set = true;
  open_anew();
}

// The agent of the next run is another one. Until there is one, the session has had the last.
void Chat::open_anew() {
  announce_ = Announce::ready;
  if (!agent_) return;
  provider_ = std::move(agent_->provider);
  former_.emplace(*std::exchange(agent_, std::nullopt));
}

void Chat::end(std::string_view reason) {
  const auto& last = agent_ ? agent_ : former_;
  if (session_ && last) tell_session_end(*last, reason);
  session_.reset();
  agent_.reset();
  former_.reset();
  early_state_ = std::make_shared<tool::SessionState>();
}

void Chat::resume_with(store::SessionInfo session) {
  end("other");
  grants_->forget_session();
  additions_.clear();
  start_.resume = std::move(session);
  announce_ = Announce::ready;
  see_session();
}

void Chat::let_go() {
  if (!session_) return;
  start_.resume = session_->info;
  // The commands in the background go on; what the conversation may no longer hold has to be read anew.
  early_state_ = session_->state;
  early_state_->seen_files.with([](auto& seen) { seen.clear(); });
  early_state_->shell_cwd.with([](std::string& cwd) { cwd.clear(); });
  session_.reset();
  agent_.reset();
  former_.reset();
}

Result<store::SessionInfo> Chat::fork(const std::string& name) {
  const auto id = session_id();
  if (id.empty()) return fail(ErrorKind::failure, "there is nothing to fork: no prompt was asked yet");
  ERRAND_TRY_ASSIGN(auto made, services_.store.fork(id, services_.secrets.clean(name)));
  auto additions = std::move(additions_);
  resume_with(made);
  additions_ = std::move(additions);
  return made;
}

void Chat::see_session() {
  seen_.with([&](std::string& id) { id = session_id(); });
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

tool::SessionState& Chat::state() const {
  return session_ ? *session_->state : *early_state_;
}

std::vector<tool::Shells::Status> Chat::background() const {
  return state().shells.list();
}

std::int64_t Chat::context_tokens() const {
  if (session_) return session_->context_tokens;
  const auto stored = conversation();
  if (!stored) return 0;  // told to whoever asks the next prompt
  for (const auto& message : std::views::reverse(stored->messages)) {
    if (const auto* reply = std::get_if<chat::AssistantMessage>(&message.body)) return reply->usage.total();
  }
  return 0;
}

Result<std::vector<chat::event::TodoItem>> Chat::todos() const {
  if (session_) return session_->state->todos.with([](const auto& todos) { return todos; });
  ERRAND_TRY_ASSIGN(const auto stored, conversation());
  return newest_todos(stored.messages);
}

Result<std::vector<FileChange>> Chat::changed_files() const {
  const auto id = session_id();
  if (id.empty()) return std::vector<FileChange>{};
  const sandbox::Workspace files(restore_policy(services_.surroundings.roots.project));
  return agent::changed_files(services_.store, id, files);
}

Result<std::vector<TouchedFile>> Chat::touched_files() const {
  const auto id = session_id();
  if (id.empty()) return std::vector<TouchedFile>{};
  ERRAND_TRY_ASSIGN(const auto stored, conversation());
  ERRAND_TRY_ASSIGN(const auto snapshots, services_.store.snapshots(id, 0));
  return agent::touched_files(stored.messages, snapshots, services_.surroundings.cwd);
}

std::string Chat::shown_path(const std::string& absolute_path) const {
  const auto& root = services_.surroundings.workspace;
  if (!is_within(absolute_path, root) || absolute_path.size() <= root.size() + 1) return absolute_path;
  return absolute_path.substr(root.size() + 1);
}

void Chat::start_new() {
  end("clear");
  grants_->forget_session();
  additions_.clear();
  cleared_ = true;
  start_.resume.reset();
  start_.name.clear();
  announce_ = Announce::ready;
  see_session();
}

}  // namespace errand::agent
