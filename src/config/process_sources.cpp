#include <array>

#include <pwd.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/try.hpp"
#include "config/load.hpp"

namespace errand::config {

namespace {

EnvMap environment() {
  EnvMap out;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    // The first of a name counts, as getenv has it.
    if (equals != std::string_view::npos) out.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

std::string value_of(const EnvMap& env, std::string_view name) {
  const auto found = env.find(name);
  return found == env.end() ? std::string() : found->second;
}

// Cron and env -i have no HOME; the user database does.
std::string home_directory(const EnvMap& env) {
  if (auto home = value_of(env, "HOME"); home.starts_with('/')) return normalize_path(home);
  struct passwd entry {};
  struct passwd* found = nullptr;
  std::array<char, 4096> buffer{};
  const auto error = ::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found);
  if (error != 0 || found == nullptr || found->pw_dir == nullptr || *found->pw_dir != '/') return {};
  return normalize_path(found->pw_dir);
}

std::string xdg_directory(const EnvMap& env, std::string_view variable, const std::string& home,
                          std::string_view below_home) {
  if (const auto value = value_of(env, variable); value.starts_with('/'))
    return normalize_path(join_path(value, "errand"));
  if (home.empty()) return {};
  return join_path(join_path(home, below_home), "errand");
}

}  // namespace

Result<Sources> process_sources(std::string shipped_dir) {
  ERRAND_TRY_ASSIGN(auto cwd, current_directory());
  return sources_with(environment(), std::move(cwd), std::move(shipped_dir));
}

Sources sources_with(EnvMap env, std::string cwd, std::string shipped_dir) {
  Sources out;
  out.cwd = std::move(cwd);
  out.env = std::move(env);
  out.home = home_directory(out.env);
  out.user_config_dir = xdg_directory(out.env, "XDG_CONFIG_HOME", out.home, ".config");
  out.state_dir = xdg_directory(out.env, "XDG_STATE_HOME", out.home, ".local/state");
  out.shipped_dir = std::move(shipped_dir);
  return out;
}

}  // namespace errand::config
