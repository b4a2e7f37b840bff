#include "cli/setup.hpp"

#include <cerrno>

#include <fmt/format.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/named_file.hpp"
#include "base/try.hpp"
#include "cli/given_file.hpp"
#include "cli/output.hpp"
#include "config/places.hpp"
#include "provider/openai_quirks.hpp"
#include "version.hpp"

namespace errand::cli {

namespace {

// Where the shipped agents and skills lie: beside an installed binary, else in the source tree it was built in.
std::string shipped_directory() {
  const auto binary = real_path("/proc/self/exe");
  if (!binary) return {};
  const auto installed = normalize_path(join_path(parent_path(*binary), share_from_bin));
  if (is_directory(installed)) return installed;
  // A build directory lies below the source tree: the nearest directory upwards with the defaults.
  for (auto directory = parent_path(*binary); directory != "/"; directory = parent_path(directory)) {
    if (is_regular_file(join_path(directory, "agents.yaml")) && is_directory(join_path(directory, "skills")))
      return directory;
  }
  return {};
}

Result<config::Sources> with_this_program(config::Sources sources, const Invocation& invocation) {
  sources.config_file = invocation.globals.config_file;
  if (sources.config_file && is_stream(*sources.config_file)) {
    ERRAND_TRY_ASSIGN(sources.config_text, read_given_file(*sources.config_file, {.stop = invocation.signals.token()}));
  }
  for (const auto& dialect : provider::dialect_names()) sources.dialects.emplace_back(dialect);
  return sources;
}

}  // namespace

Result<void> enter_directory(const RunArguments& arguments) {
  if (!arguments.directory || ::chdir(arguments.directory->c_str()) == 0) return {};
  return fail_errno(ErrorKind::failure, fmt::format("can't go to the directory {}", *arguments.directory), errno);
}

Result<config::Sources> configuration_sources(const Invocation& invocation) {
  ERRAND_TRY_ASSIGN(auto sources, config::process_sources(shipped_directory()));
  return with_this_program(std::move(sources), invocation);
}

// What crontab(5) says of the environment.
Result<config::Sources> cron_sources(const Invocation& invocation) {
  ERRAND_TRY_ASSIGN(const auto own, config::process_sources(shipped_directory()));
  const auto home = own.home.empty() ? std::string("/") : own.home;
  config::EnvMap env = {{"HOME", home}, {"PATH", "/usr/bin:/bin"}, {"SHELL", "/bin/sh"}};
  if (const auto name = own.env.find("LOGNAME"); name != own.env.end()) env.insert(*name);
  return with_this_program(config::sources_with(std::move(env), home, shipped_directory()), invocation);
}

Result<config::Configuration> load_quietly(const Invocation& invocation, config::Scope scope) {
  ERRAND_TRY_ASSIGN(const auto sources, configuration_sources(invocation));
  return load_from(sources, scope);
}

Result<config::Configuration> load_from(const config::Sources& sources, config::Scope scope) {
  auto loaded = config::load(sources, scope);
  if (!loaded) return fail(combined(std::move(loaded).error()));
  return *std::move(loaded);
}

Result<config::Configuration> load_configuration(const Invocation& invocation, config::Scope scope) {
  ERRAND_TRY_ASSIGN(auto config, load_quietly(invocation, scope));
  tell_warnings(invocation.globals, config);
  return config;
}

void tell_warnings(const Globals& globals, const config::Configuration& config) {
  for (const auto& warning : config.warnings) {
    const auto at = warning.where ? fmt::format("\n  at {}", to_string(*warning.where)) : std::string();
    print_note(globals, fmt::format("warning: {}{}", warning.message, at));
  }
}

Result<Place> place_of(const Invocation& invocation, const config::Configuration& config) {
  ERRAND_TRY_ASSIGN(auto data, config::data_directory(config, invocation.globals.data_dir));
  ERRAND_TRY_ASSIGN(auto user, config::user_name(config, invocation.globals.user));
  auto workspace = config::workspace(config, data.value, user.value);
  return Place{std::move(data.value), std::move(user.value), std::move(workspace)};
}

}  // namespace errand::cli
