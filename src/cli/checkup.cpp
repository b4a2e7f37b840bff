#include "cli/checkup.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "agent/task_group.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "base/try.hpp"
#include "cli/local_models.hpp"
#include "cli/setup.hpp"
#include "cli/wire.hpp"
#include "config/keys.hpp"
#include "config/load.hpp"
#include "config/lookup.hpp"
#include "config/places.hpp"
#include "provider/local_models.hpp"
#include "provider/model_list.hpp"
#include "sandbox/sandbox.hpp"
#include "store/open.hpp"

namespace errand::cli {

namespace {

using Status = Check::Status;

constexpr std::chrono::seconds server_limit{10};
constexpr std::size_t servers_at_once = 8;
constexpr std::uint64_t little_space = std::uint64_t{100} << 20U;
constexpr std::uint64_t no_space = std::uint64_t{1} << 20U;

Check failed(std::string what, const Error& error) {
  return {std::move(what), Status::failure, error.message, error.hint};
}

// One look at everything. What a step finds is added to `checks`.
class Checkup {
 public:
  Checkup(const Invocation& invocation, const CheckupOptions& options, const Call& call)
      : invocation_(invocation), options_(options), call_(call) {}

  Result<std::vector<Check>> run() {
    look_at_configuration();
    if (config_) {
      look_at_agent();
      look_at_providers();
      look_at_store();
    }
    ERRAND_TRY(call_.check());
    look_at_sandbox();
    look_at_surroundings();
    return std::move(checks_);
  }

 private:
  void add(Check check) { checks_.push_back(std::move(check)); }

  void look_at_configuration();
  void look_at_agent();
  void look_at_providers();
  void look_at_store();
  void look_at_data_directory(const std::string& directory);
  void look_at_sandbox();
  void look_at_surroundings();
  void look_at_cron();
  void look_at_terminal();

  [[nodiscard]] std::vector<chat::ProviderSpec> providers_to_check() const;
  Check check_provider(const chat::ProviderSpec& provider, config::Keys& keys, http::Transport& transport) const;
  [[nodiscard]] Check missing_key(const chat::ProviderSpec& provider) const;
  [[nodiscard]] bool is_needed(const std::string& provider) const {
    return std::ranges::find(needed_, provider) != needed_.end();
  }

  const Invocation& invocation_;
  const CheckupOptions& options_;
  const Call& call_;
  std::optional<config::Configuration> config_;
  std::vector<std::string> needed_;  // the providers of the default agent's model
  std::vector<Check> checks_;
};

void Checkup::look_at_configuration() {
  auto sources = options_.as_cron ? cron_sources(invocation_) : configuration_sources(invocation_);
  if (!sources) return add(failed("configuration", sources.error()));
  auto loaded = config::load(*sources, config::Scope::all);
  if (!loaded) {
    for (const auto& mistake : loaded.error()) {
      const auto at = mistake.where ? fmt::format(" at {}", to_string(*mistake.where)) : std::string();
      add({"configuration", Status::failure, mistake.message + at, mistake.hint});
    }
    return;
  }
  config_ = *std::move(loaded);
  add({"configuration", Status::ok,
       fmt::format("{}, {}; project {}{}", text::count_of(config_->agents.size(), "agent"),
                   text::count_of(config_->subagents.size(), "subagent"), config_->project.root,
                   config_->settings.given.empty() ? ", no config.yaml" : "")});
  for (const auto& warning : config_->warnings) add({"configuration", Status::warning, warning.message});
}

void Checkup::look_at_agent() {
  const auto agent = config::find_agent(*config_, {});
  if (!agent) return add(failed("default agent", agent.error()));
  const auto& definition = (*agent)->definition;
  const auto chain = config::resolve_models(*config_, definition.models, config_->sources.cwd);
  if (!chain) return add(failed("default agent", chain.error()));
  std::vector<std::string> names;
  for (const auto& model : *chain) {
    names.push_back(model.full_name());
    needed_.push_back(model.provider);
  }
  add({"default agent", Status::ok, fmt::format("{} asks {}", definition.id, text::join(names, ", then "))});
}

// Those that are set up, those the default agent needs, and what answers on this machine.
std::vector<chat::ProviderSpec> Checkup::providers_to_check() const {
  auto out = config::configured_providers(*config_);
  for (const auto& provider : config::providers(*config_)) {
    const auto same = [&](const chat::ProviderSpec& other) { return other.name == provider.name; };
    if (is_needed(provider.name) && std::ranges::none_of(out, same)) out.push_back(provider);
  }
  return out;
}

Check Checkup::missing_key(const chat::ProviderSpec& provider) const {
  const auto variable =
      provider.key_variables.empty() ? std::string("its api_key_env") : provider.key_variables.front();
  const auto hint =
      options_.as_cron
          ? fmt::format(
                "cron has no variables of your shell: set {0} in the crontab, or api_key_file of provider {1} in "
                "{2}/config.yaml (the file with mode 600)",
                variable, provider.name, config_->sources.user_config_dir)
          : fmt::format("set {}, or api_key_file or api_key_command of provider {} in config.yaml", variable,
                        provider.name);
  return {fmt::format("provider {}", provider.name), is_needed(provider.name) ? Status::failure : Status::warning,
          "there is no key", hint};
}

Check Checkup::check_provider(const chat::ProviderSpec& provider, config::Keys& keys,
                              http::Transport& transport) const {
  const auto what = fmt::format("provider {}", provider.name);
  if (provider.base_url.empty()) return {what, Status::warning, "it has no address", "set its base_url in config.yaml"};
  auto asked = provider;
  auto key = keys.find(provider, call_);
  if (!key) return failed(what, key.error());
  asked.key = *std::move(key);
  if (asked.key.empty() && provider.key_required) return missing_key(provider);
  const auto source = config::key_source(*config_, provider);
  const auto address = text::public_url(provider.base_url);
  const auto from = asked.key.empty() ? std::string("no key") : fmt::format("key from {}", source.origin);
  if (options_.offline) return {what, Status::ok, fmt::format("{}; {} not asked", from, address)};

  const auto began = Call::Clock::now();
  const auto listed = provider::list_models(asked, transport, call_.within(server_limit));
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Call::Clock::now() - began);
  if (listed) {
    return {what, Status::ok,
            fmt::format("{}; {} lists {} ({})", from, address, text::count_of(listed->size(), "model"),
                        format_duration(took))};
  }
  const auto& error = listed.error();
  if (error.code == provider::no_model_list)
    return {what, Status::warning, fmt::format("{}; {}, so the key was not tried", from, error.message), error.hint};
  if (error.kind == ErrorKind::timeout) {
    return {what, Status::failure,
            fmt::format("{}; {} did not answer within {}", from, address, format_duration(server_limit)),
            "check the network, proxies and base_url"};
  }
  return {what, Status::failure, fmt::format("{}; {}", from, error.message), error.hint};
}

void Checkup::look_at_providers() {
  const auto client = make_client(*config_);
  config::Keys keys(*config_);
  const auto providers = providers_to_check();
  std::vector<Check> found(providers.size());
  agent::run_together(providers.size(), servers_at_once,
                      [&](std::size_t i) { found[i] = check_provider(providers[i], keys, *client); });
  for (auto& check : found) add(std::move(check));
  if (options_.offline) return;
  if (const auto local = provider::find_local_model(local_servers(*config_), *client, call_)) {
    const auto set_up = [&](const chat::ProviderSpec& provider) { return provider.name == local->provider; };
    if (std::ranges::any_of(providers, set_up)) return;
    add({fmt::format("provider {}", local->provider), Status::ok,
         fmt::format("runs on this machine; -m {} asks it", local->full_name())});
  }
}

// The nearest directory above that exists must let us in.
void Checkup::look_at_data_directory(const std::string& directory) {
  auto existing = directory;
  while (!is_directory(existing) && existing != "/") existing = parent_path(existing);
  if (::access(existing.c_str(), W_OK | X_OK) != 0) {
    return add({"data directory", Status::failure, fmt::format("{} can't be written to", existing),
                "choose another with --data-dir or ERRAND_DATA_DIR"});
  }
  struct statvfs disk {};
  if (::statvfs(existing.c_str(), &disk) != 0) {
    const auto error = fail_errno(ErrorKind::failure, fmt::format("can't tell how much room {} has", existing), errno);
    return add({"data directory", Status::warning, error.value().message});
  }
  const auto free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  const auto status = free < no_space ? Status::failure : (free < little_space ? Status::warning : Status::ok);
  add({"data directory", status, fmt::format("{}, {} MiB free", directory, free >> 20U),
       status == Status::ok ? "" : "sessions are kept there: make room"});
}

void Checkup::look_at_store() {
  const auto data = config::data_directory(*config_, invocation_.globals.data_dir);
  if (!data) return add(failed("data directory", data.error()));
  const auto user = config::user_name(*config_, invocation_.globals.user);
  if (!user) return add(failed("user", user.error()));
  look_at_data_directory(data->value);
  const auto opened = store::open(data->value, user->value, store::OpenMode::existing_only);
  if (!opened) return add(failed("store", opened.error()));
  const auto newest = (*opened)->list({.limit = 1});
  if (!newest) return add(failed("store", newest.error()));
  add({"store", Status::ok,
       newest->empty() ? fmt::format("user {} has no session yet", user->value)
                       : fmt::format("the newest session of user {} is {}", user->value, newest->front().id)});
}

void Checkup::look_at_sandbox() {
  const auto level = sandbox::open_bubblewrap()->level();
  if (level.name == "bubblewrap" && level.why.empty())
    return add({"sandbox", Status::ok, "commands run confined by bubblewrap"});
  add({"sandbox", level.name == "unavailable" ? Status::failure : Status::warning,
       fmt::format("{}{}{}", level.name, level.why.empty() ? "" : ": ", level.why),
       level.name == "unavailable" ? "without a sandbox the Bash tool is denied" : ""});
}

void Checkup::look_at_surroundings() {
  if (options_.as_cron) return look_at_cron();
  look_at_terminal();
}

std::string value_of(const config::Configuration& config, std::string_view name) {
  const auto found = config.sources.env.find(name);
  return found == config.sources.env.end() ? std::string() : found->second;
}

// What to write into the crontab.
void Checkup::look_at_cron() {
  if (!config_) return;
  const auto& env = config_->sources.env;
  for (const auto* name : {"HOME", "PATH", "SHELL"}) {
    const auto found = env.find(std::string_view(name));
    if (found != env.end()) add({"cron", Status::ok, fmt::format("{}={}", name, found->second)});
  }
  add({"cron", Status::ok, "no locale: text goes out as UTF-8 all the same"});
  const auto binary = real_path("/proc/self/exe");
  const auto here = current_directory();
  if (!binary || !here) return;
  add({"cron", Status::ok, fmt::format("a line for crontab -e: 0 6 * * * cd {} && {} run \"PROMPT\"", *here, *binary)});
}

void Checkup::look_at_terminal() {
  if (!config_) return;
  std::string locale;
  for (const auto* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (locale.empty()) locale = value_of(*config_, name);
  }
  if (::isatty(STDOUT_FILENO) == 0) return add({"terminal", Status::ok, "none: output goes to a pipe or a file"});
  const auto lower = text::lower(locale);
  const bool utf8 = lower.find("utf-8") != std::string::npos || lower.find("utf8") != std::string::npos;
  const auto term = value_of(*config_, "TERM");
  if (!utf8) {
    return add({"terminal", Status::warning,
                fmt::format("the locale is \"{}\", and text is written as UTF-8", locale.empty() ? "C" : locale),
                "set LANG=C.UTF-8 or another that ends in UTF-8"});
  }
  add({"terminal", Status::ok, fmt::format("{}, {}", term.empty() ? "no TERM" : term, locale)});
}

}  // namespace

std::string_view name_of(Check::Status status) {
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::warning:
      return "warning";
    case Status::failure:
      return "failure";
  }
  return "failure";
}

Result<std::vector<Check>> check_up(const Invocation& invocation, const CheckupOptions& options, const Call& call) {
  return Checkup(invocation, options, call).run();
}

}  // namespace errand::cli
