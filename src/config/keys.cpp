#include "config/keys.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "base/try.hpp"
#include "config/drafts.hpp"

namespace errand::config {

namespace {

// No key is longer; what is, is something else.
constexpr std::size_t max_key_bytes = std::size_t{64} << 10U;

std::string first_line(std::string_view text) {
  return std::string(text::trim(text.substr(0, text.find('\n'))));
}

Result<void> check_variables(const Configuration& config, const std::string& provider) {
  for (const auto& unset : config.settings.unset_variables) {
    if (unset.provider != provider) continue;
    return fail(
        ErrorKind::config,
        fmt::format("{} of provider \"{}\" needs ${{{}}}, which is not set", unset.key, provider, unset.variable),
        fmt::format("set {} in the environment or in .env", unset.variable));
  }
  return {};
}

Result<std::string> from_file(const chat::ProviderSpec& provider) {
  const auto text = read_file(provider.key_file, max_key_bytes);
  if (!text) {
    return fail(ErrorKind::auth,
                fmt::format("can't read the key of provider \"{}\": {}", provider.name, text.error().message),
                "check api_key_file in config.yaml");
  }
  auto key = first_line(*text);
  if (!key.empty()) return key;
  return fail(
      ErrorKind::auth,
      fmt::format("the key file of provider \"{}\" begins with an empty line: {}", provider.name, provider.key_file),
      "the first line of the file is the key");
}

// How a command that gave no key ended. What it said may hold secrets.
std::string ending(const Finished& finished) {
  switch (finished.end) {
    case ProcessEnd::timed_out:
      return fmt::format("did not end within {}", format_duration(Keys::command_limit));
    case ProcessEnd::output_limit:
      return fmt::format("printed more than {} bytes", max_key_bytes);
    case ProcessEnd::signalled:
      return fmt::format("was ended by signal {}", finished.exit_code - 128);
    case ProcessEnd::alarmed:
    case ProcessEnd::cancelled:
    case ProcessEnd::exited:
      break;
  }
  return finished.exit_code == 0 ? "printed no key" : fmt::format("ended with exit code {}", finished.exit_code);
}

Result<std::string> run_key_command(const chat::ProviderSpec& provider, const EnvMap& env, const Call& call) {
  ProcessSpec spec{.argv = {"/bin/sh", "-c", provider.key_command}, .env = {}, .max_output_bytes = max_key_bytes};
  for (const auto& [name, value] : env) spec.env.push_back(fmt::format("{}={}", name, value));
  std::string output;
  const auto keep = [&](OutputStream stream, std::string_view bytes) {
    if (stream == OutputStream::standard_output) output += bytes;
  };
  ERRAND_TRY_ASSIGN(const auto finished, run_process(spec, keep, call.within(Keys::command_limit)));
  ERRAND_TRY(call.check());
  auto key = first_line(output);
  if (finished.end == ProcessEnd::exited && finished.exit_code == 0 && !key.empty()) return key;
  return fail(ErrorKind::auth, fmt::format("api_key_command of provider \"{}\" {}", provider.name, ending(finished)),
              "run it by hand in a shell: it must print the key on its first line");
}

bool others_can_read(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & (S_IRGRP | S_IROTH)) != 0;
}

}  // namespace

KeySource key_source(const Configuration& config, const chat::ProviderSpec& provider) {
  using Kind = KeySource::Kind;
  for (const auto& name : provider.key_variables) {
    if (const auto real = config.sources.env.find(name); real != config.sources.env.end() && !real->second.empty())
      return {Kind::variable, name};
    for (const auto& variable : config.env_files) {
      if (variable.name == name && !variable.value.empty())
        return {Kind::variable, fmt::format("{} in {}", name, to_string(variable.where))};
    }
  }
  const bool has_command = !provider.key_command.empty();
  if (!provider.key_file.empty() && (!has_command || path_exists(provider.key_file)))
    return {Kind::file, "api_key_file " + provider.key_file};
  if (has_command) return {Kind::command, "api_key_command"};
  return {};
}

Result<std::string> Keys::find(const chat::ProviderSpec& provider, const Call& call) {
  ERRAND_TRY(check_variables(config_, provider.name));
  if (!provider.key.empty()) return provider.key;
  switch (key_source(config_, provider).kind) {
    case KeySource::Kind::file:
      return from_file(provider);
    case KeySource::Kind::command:
      return from_command(provider, call);
    case KeySource::Kind::none:
    case KeySource::Kind::variable:
      break;
  }
  return std::string();
}

Result<std::string> Keys::from_command(const chat::ProviderSpec& provider, const Call& call) {
  const std::lock_guard lock(mutex_);
  const auto kept = kept_.find(provider.name);
  if (kept != kept_.end() && std::chrono::steady_clock::now() < kept->second.until) return kept->second.key;
  ERRAND_TRY_ASSIGN(auto key, run_key_command(provider, config_.sources.env, call));
  kept_[provider.name] = {key, std::chrono::steady_clock::now() + kept_for};
  return key;
}

void warn_of_open_key_files(const Settings& settings, Findings& findings) {
  for (const auto& [name, provider] : settings.providers) {
    if (provider.key_file.empty() || !others_can_read(provider.key_file)) continue;
    findings.warnings.push_back(
        {"key_file",
         fmt::format("other users can read the key file of provider \"{}\": chmod 600 {}", name, provider.key_file),
         std::nullopt});
  }
}

}  // namespace errand::config
