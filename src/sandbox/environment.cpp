#include "sandbox/environment.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "sandbox/inner.hpp"
#include "sandbox/lookup.hpp"

namespace errand::sandbox {

namespace {

constexpr auto system_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

void set(Environment& environment, const std::string& name, const std::string& value) {
  const auto same = [&](const auto& entry) { return entry.first == name; };
  const auto found = std::ranges::find_if(environment, same);
  if (found == environment.end()) {
    environment.emplace_back(name, value);
  } else {
    found->second = value;
  }
}

std::string ours_or(const char* name, const char* fallback) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? fallback : value;
}

// One language and no pager, so that a command prints the same for everybody and never waits.
Environment common(const std::string& home, const std::string& path, const std::string& user) {
  return {{"PATH", path},         {"HOME", home},       {"USER", user},    {"LOGNAME", user},
          {"SHELL", "/bin/bash"}, {"LANG", "C.UTF-8"},  {"TERM", "dumb"},  {"TMPDIR", "/tmp"},
          {"PAGER", "cat"},       {"GIT_PAGER", "cat"}, {"NO_COLOR", "1"}, {"GIT_TERMINAL_PROMPT", "0"}};
}

Environment with_policy(Environment environment, const SandboxPolicy& policy) {
  for (const auto& [name, value] : policy.env) {
    if (!name.empty() && name.find('=') == std::string::npos) set(environment, name, value);
  }
  return environment;
}

}  // namespace

Environment confined_environment(const SandboxPolicy& policy, const std::string& home) {
  auto environment = common(home, system_path, "user");
  if (policy.network == NetworkAccess::allowlist) {
    for (const char* name : {"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"}) {
      set(environment, name, fmt::format("http://127.0.0.1:{}", proxy_port));
    }
    for (const char* name : {"ALL_PROXY", "all_proxy"}) {
      set(environment, name, fmt::format("socks5h://127.0.0.1:{}", proxy_port));
    }
    for (const char* name : {"NO_PROXY", "no_proxy"}) set(environment, name, "localhost,127.0.0.1");
  }
  return with_policy(std::move(environment), policy);
}

Environment bare_environment(const SandboxPolicy& policy) {
  return with_policy(common(home_directory(), ours_or("PATH", system_path), ours_or("USER", "user")), policy);
}

std::vector<std::string> name_value_strings(const Environment& environment) {
  std::vector<std::string> out;
  out.reserve(environment.size());
  for (const auto& [name, value] : environment) out.push_back(name + "=" + value);
  return out;
}

}  // namespace errand::sandbox
