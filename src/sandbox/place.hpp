#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sandbox/policy.hpp"
#include "sandbox/workspace.hpp"

namespace errand::sandbox {

/// What `policy` says of `path` (absolute, resolved): the most specific of its paths decides, `hidden` where two are
/// equal. Pure; the shell's mounts are stacked by the same rule.
[[nodiscard]] Place place_of(const SandboxPolicy& policy, std::string_view path);

/// The writable or read-only root or shown directory that makes `path` visible; empty when none does.
[[nodiscard]] std::string_view root_of(const SandboxPolicy& policy, std::string_view path);

/// Whether `relative`, a path below a writable root, names something that later runs or steers a program outside the
/// sandbox, or lies in such a thing: git's own files, agent, skill, hook and MCP definitions, editor and CI
/// configuration, shell start files, `.env` files.
[[nodiscard]] bool is_guarded_name(std::string_view relative);

/// As is_guarded_name(), for the names that mean this only at the workspace's top: agents.yaml, config.yaml, skills …
[[nodiscard]] bool is_guarded_at_top(std::string_view relative);

/// The names of one component behind is_guarded_name(), `.env` files apart.
[[nodiscard]] std::span<const std::string_view> guarded_names();

/// The `.env` files that programs usually read, of the many behind is_guarded_name().
[[nodiscard]] std::span<const std::string_view> usual_env_files();

/// The names behind is_guarded_at_top(), and the paths of two components behind is_guarded_name().
[[nodiscard]] std::span<const std::string_view> names_guarded_at_top();
[[nodiscard]] std::span<const std::string_view> guarded_pairs();

}  // namespace errand::sandbox
