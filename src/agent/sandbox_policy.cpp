#include "agent/sandbox_policy.hpp"

#include <algorithm>

#include "base/file.hpp"
#include "base/log.hpp"

namespace errand::agent {

namespace {

void add_resolved(std::vector<std::string>& out, const std::string& path) {
  const auto resolved = real_path(path);
  if (resolved && std::ranges::find(out, *resolved) == out.end()) out.push_back(*resolved);
}

// A link in the workspace that leads out of it: a command may have made it since the path was written down.
bool leads_out(const std::string& path, const std::string& workspace) {
  const auto resolved = real_path(path);
  return resolved && is_within(normalize_path(path), workspace) && !is_within(*resolved, workspace);
}

std::vector<std::string> roots(const std::vector<std::string>& written, const Surroundings& surroundings) {
  std::vector<std::string> out;
  for (const auto& path : written) {
    const auto expanded = path.starts_with("~/") ? join_path(surroundings.roots.home, path.substr(2)) : path;
    const auto whole = join_path(surroundings.workspace, expanded);
    if (leads_out(whole, surroundings.workspace)) {
      log::warn("sandbox: {} leads out of the workspace and is left out; name where it leads instead", path);
    } else {
      add_resolved(out, whole);
    }
  }
  return out;
}

sandbox::NetworkAccess access(chat::Network network) {
  switch (network) {
    case chat::Network::none:
      return sandbox::NetworkAccess::none;
    case chat::Network::allowlist:
      return sandbox::NetworkAccess::allowlist;
    case chat::Network::full:
      return sandbox::NetworkAccess::full;
  }
  return sandbox::NetworkAccess::none;
}

}  // namespace

sandbox::SandboxPolicy sandbox_policy(const chat::SandboxSettings& settings, const Surroundings& surroundings,
                                      const std::string& files_directory) {
  sandbox::SandboxPolicy policy;
  policy.workspace = surroundings.workspace;
  policy.writable = roots(settings.writable, surroundings);
  for (const auto& path : surroundings.added) add_resolved(policy.writable, path);
  policy.readable = roots(settings.readable, surroundings);
  // A workspace that is not writable is still what the agent works in.
  if (std::ranges::find(policy.writable, policy.workspace) == policy.writable.end()) {
    add_resolved(policy.readable, policy.workspace);
  }
  for (const auto& path : surroundings.skill_roots) add_resolved(policy.readable, path);
  policy.hidden = surroundings.hidden;
  if (!files_directory.empty()) add_resolved(policy.shown, files_directory);
  for (const auto& [name, value] : surroundings.env) {
    if (std::ranges::find(settings.env, name) != settings.env.end()) policy.env.emplace_back(name, value);
  }
  policy.network = access(settings.network);
  policy.allowed_domains = settings.allowed_domains;
  policy.memory_bytes = settings.memory_bytes;
  policy.processes = settings.processes;
  policy.cpu = settings.cpu;
  policy.enforced = !surroundings.sandbox_off;
  return policy;
}

}  // namespace errand::agent
