#include "cli/engine.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "base/try.hpp"
#include "chat/rule.hpp"
#include "cli/known_secrets.hpp"
#include "config/edit.hpp"
#include "config/lookup.hpp"
#include "config/places.hpp"
#include "config/script.hpp"
#include "provider/local_models.hpp"
#include "store/open.hpp"
#include "version.hpp"

namespace errand::cli {

namespace {

Result<std::unique_ptr<store::Store>> open_store(const RunArguments& arguments, const Place& place) {
  if (arguments.no_session) return store::open_temporary();
  if (arguments.dry_run) return store::open(place.data_directory, place.user, store::OpenMode::existing_only);
  return store::open(place.data_directory, place.user, store::OpenMode::create);
}

template <class Entries>
auto definitions_of(const Entries& entries) {
  std::vector<std::decay_t<decltype(entries.front().definition)>> out;
  for (const auto& entry : entries) out.push_back(entry.definition);
  return out;
}

Result<std::vector<std::string>> resolved_directories(const std::vector<std::string>& given) {
  std::vector<std::string> out;
  for (const auto& path : given) {
    ERRAND_TRY_ASSIGN(auto resolved, real_path(path));
    if (!is_directory(resolved)) return fail(ErrorKind::failure, fmt::format("--add-dir {} is no directory", path));
    out.push_back(std::move(resolved));
  }
  return out;
}

// Where the user stands, unless that is no place to work in.
std::string working_directory(const config::Configuration& config, const std::string& workspace) {
  const auto here = real_path(config.sources.cwd);
  return here && is_within(*here, workspace) ? *here : workspace;
}

std::vector<std::pair<std::string, std::string>> all_variables(const config::Configuration& config) {
  return {config.sources.env.begin(), config.sources.env.end()};
}

// Directories that tools never see. Those that do not exist yet are named all the same.
std::vector<std::string> hidden_directories(const config::Configuration& config, const Place& place) {
  std::vector<std::string> out;
  for (const auto& path : {place.data_directory, config.sources.user_config_dir, config.sources.state_dir}) {
    if (!path.empty()) out.push_back(real_path(path).value_or(normalize_path(path)));
  }
  return out;
}

void add_budgets(const std::string& agent, const config::SpendingLimits& limits, std::vector<store::Budget>& out) {
  if (limits.day_usd > 0) out.push_back({agent, store::Period::day, limits.day_usd});
  if (limits.month_usd > 0) out.push_back({agent, store::Period::month, limits.month_usd});
}

std::vector<store::Budget> all_budgets(const config::Configuration& config) {
  std::vector<store::Budget> out;
  add_budgets("", config.settings.budgets, out);
  for (const auto* entries : {&config.agents, &config.subagents}) {
    for (const auto& entry : *entries) add_budgets(entry.definition.id, entry.spending, out);
  }
  return out;
}

}  // namespace

std::optional<chat::event::Warning> workspace_warning(const Engine& engine) {
  const auto& project = engine.config().project;
  if (project.is_workspace) return std::nullopt;
  return chat::event::Warning{"workspace", fmt::format("{} is no place for tools to work in; they work in {}",
                                                       project.root, engine.services().surroundings.workspace)};
}

Engine::~Engine() {
  services_.reset();
  servers_.reset();  // log as long as they end
  tracing_.reset();  // logs as long as it sends
  log::set_filter({});
}

Result<std::unique_ptr<Engine>> Engine::make(const Invocation& invocation, const RunArguments& arguments,
                                             config::Configuration config, chat::EventSink& sink,
                                             chat::Interaction& interaction) {
  std::unique_ptr<Engine> engine(new Engine(std::move(config)));
  auto& self = *engine;
  self.secrets_.learn(known_secrets(self.config_));
  log::set_filter([&self](std::string line) { return self.secrets_.clean(std::move(line)); });
  ERRAND_TRY_ASSIGN(engine->place_, place_of(invocation, engine->config_));
  const auto& place = engine->place_;
  ERRAND_TRY_ASSIGN(engine->store_, open_store(arguments, place));
  engine->keeps_sessions_ = !arguments.no_session;
  agent::Purse purse;
  if (!arguments.dry_run) {
    ERRAND_TRY_ASSIGN(purse, engine->purse());
  }
  ERRAND_TRY_ASSIGN(auto around, engine->surroundings(invocation, arguments, place));
  using Keeping = agent::MemoryNotes::Keeping;
  self.notes_.emplace(store::memories_of(place.data_directory, place.user, around.roots.project), self.secrets_,
                      arguments.no_session ? Keeping::nothing : Keeping::all);
  tool::add_builtin(engine->tools_);
  engine->sandbox_ = sandbox::open_bubblewrap();
  if (!around.sandbox_off)
    self.probe_ = std::jthread([&self] { [[maybe_unused]] const auto level = self.sandbox_->level(); });
  const auto data = real_path(place.data_directory).value_or(place.data_directory);
  ERRAND_TRY_ASSIGN(
      engine->wire_,
      Wire::make(engine->config_, arguments,
                 {{"workspace", around.workspace}, {"data", data}, {"home", engine->config_.sources.home}}));
  self.servers_.emplace(
      mcp::Surroundings{.sandbox = *self.sandbox_,
                        .network = [&self] { return self.wire_->is_offline() ? nullptr : &self.wire_->network(); },
                        .variables = all_variables(self.config_),
                        .clean = [&self](std::string text) { return self.secrets_.clean(std::move(text)); },
                        .version = version});
  const auto wire = self.wire_->is_offline() ? provider::Outside::Wire::recording : provider::Outside::Wire::network;
  self.begin_tracing(invocation);
  auto retry = self.config_.settings.retry;
  retry.quota = arguments.wait_for_quota.value_or(retry.quota);
  engine->model_is_named_ = arguments.model.has_value();
  engine->providers_ = std::make_unique<provider::Registry>(
      config::providers(self.config_), retry,
      provider::Outside{
          .transport = [&self]() -> http::Transport& { return self.wire_->transport(); },
          .load_script = config::load_script,
          .find_key = [&self](const auto& provider, const Call& call) { return self.find_key(provider, call); },
          .open_recording = [&self](const auto& path) { return self.wire_->open_recording(path); },
          .wire = wire});
  engine->services_.emplace(
      agent::Services{.store = *self.store_,
                      .tools = self.tools_,
                      .sandbox = *self.sandbox_,
                      .interaction = interaction,
                      .sink = sink,
                      .secrets = self.secrets_,
                      .open_model = [&self](const std::vector<std::string>& names,
                                            const Call& call) { return self.open_model(names, call); },
                      .save_rule = [&self](const chat::Rule& rule) -> Result<void> {
                        ERRAND_TRY(config::save_allow_rule(self.config_.sources, chat::to_string(rule)));
                        return {};
                      },
                      .subagents = definitions_of(self.config_.subagents),
                      .skills = definitions_of(self.config_.skills),
                      .surroundings = std::move(around),
                      .purse = std::move(purse),
                      .web = self.wire_->is_offline() ? nullptr : &self.wire_->network(),
                      .compact_at = self.config_.settings.sessions.compact_at,
                      .notes = &*self.notes_,
                      .observer = self.tracing_->observer(),
                      .span_variables = self.tracing_->span_variables(),
                      .servers = arguments.dry_run ? nullptr : &*self.servers_});
  return engine;
}

// What runs without a network exports nothing either.
void Engine::begin_tracing(const Invocation& invocation) {
  const auto reach = wire_->is_offline() ? Tracing::Reach::nobody : Tracing::Reach::collector;
  tracing_ = std::make_unique<Tracing>(
      config_, reach, [this]() -> http::Transport& { return wire_->network(); }, invocation);
  for (const auto& notice : tracing_->notices()) config_.warnings.push_back({"telemetry", notice, std::nullopt});
}

std::optional<Json> Engine::held_request() const {
  return wire_->held_request();
}

Result<store::Store*> Engine::user_store() {
  if (keeps_sessions_) return store_.get();
  if (!user_store_) {
    ERRAND_TRY_ASSIGN(user_store_, store::open(place_.data_directory, place_.user, store::OpenMode::create));
  }
  return user_store_.get();
}

Result<agent::Purse> Engine::purse() {
  agent::Purse out;
  out.budgets = all_budgets(config_);
  if (out.budgets.empty()) return out;
  ERRAND_TRY_ASSIGN(auto* const account, user_store());
  out.account = account;
  if (!keeps_sessions_) out.place = agent::Purse::Place::apart;
  return out;
}

Result<agent::Surroundings> Engine::surroundings(const Invocation&, const RunArguments& arguments,
                                                 const Place& place) const {
  agent::Surroundings around;
  if (arguments.dry_run && !path_exists(place.workspace)) {
    ERRAND_TRY_ASSIGN(const auto here, current_directory());
    around.workspace = normalize_path(join_path(here, place.workspace));  // it leaves nothing, not even that
  } else {
    if (!config_.project.is_workspace) ERRAND_TRY(make_directories(place.workspace, 0700));
    ERRAND_TRY_ASSIGN(around.workspace, real_path(place.workspace));
  }
  around.roots = {.project = around.workspace, .home = config_.sources.home};
  ERRAND_TRY_ASSIGN(around.added, resolved_directories(arguments.add_dirs));
  around.cwd = working_directory(config_, around.workspace);
  around.hidden = hidden_directories(config_, place);
  for (const auto& skill : config_.skills) {
    if (!is_within(skill.definition.directory, around.workspace))
      around.skill_roots.push_back(skill.definition.directory);
  }
  around.env = all_variables(config_);
  if (!config_.sources.user_config_dir.empty()) {
    around.own_context = join_path(config_.sources.user_config_dir, "AGENTS.md");
  }
  around.sandbox_off = arguments.sandbox == "off";
  return around;
}

// A key that a file or a command gave must be seen nowhere from now on.
Result<std::string> Engine::find_key(const chat::ProviderSpec& provider, const Call& call) {
  ERRAND_TRY_ASSIGN(auto key, keys_.find(provider, call));
  secrets_.learn({{key, fmt::format("key of {}", provider.name)}});
  return key;
}

void Engine::preload(const std::vector<std::string>& models) {
  const auto chain = config::resolve_models(config_, models, config_.sources.cwd);
  if (!chain) return;  // the error is told where the model is opened
  const auto is_remote = [](const auto& model) { return !config::plays_a_file(model.provider); };
  if (std::ranges::any_of(*chain, is_remote)) wire_->preload();
}

Result<std::unique_ptr<provider::Provider>> Engine::open_model(const std::vector<std::string>& names,
                                                               const Call& call) {
  ERRAND_TRY_ASSIGN(auto chain, config::resolve_models(config_, names, config_.sources.cwd));
  std::vector<chat::event::Warning> warnings;
  if (!wire_->is_offline()) {
    if (!model_is_named_) local_models_.stand_in(chain, names, warnings, call);
    local_models_.fill_in_window(chain, call);
  }
  ERRAND_TRY_ASSIGN(auto model, providers_->open(chain, call));
  return provider::with_warnings(std::move(model), std::move(warnings));
}

}  // namespace errand::cli
