#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "config/configuration.hpp"

namespace errand::config {

/// A value and where it came from, for messages: "--data-dir", "ERRAND_DATA_DIR", "config.yaml:1:11", "built-in".
struct Place {
  std::string value;
  std::string origin;
  bool operator==(const Place&) const = default;
};

/// The data directory, absolute; nothing is made. `flag` is --data-dir. First of: flag, ERRAND_DATA_DIR (real
/// environment, then trusted .env), DATA_DIR of a trusted .env, data_dir of config.yaml, <project>/data when it holds a
/// store or a file `.errand`, $XDG_DATA_HOME/errand. `config` when there is no home to fall back to.
Result<Place> data_directory(const Configuration& config, const std::optional<std::string>& flag);

/// The user whose sessions these are: `flag` (--user), ERRAND_USER, else the login name of this process.
/// [A-Za-z0-9._-]{1,64} without a leading dot, else `usage` (flag) or `config`.
Result<Place> user_name(const Configuration& config, const std::optional<std::string>& flag);

/// What tools may work in: the project root, or <data>/<user>/workspace where that can't be one.
std::string workspace(const Configuration& config, std::string_view data_directory, std::string_view user);

/// $NAME of the real environment, then of the trusted .env files; set but empty counts as not set.
std::optional<std::string> variable(const Configuration& config, std::string_view name);

}  // namespace errand::config
