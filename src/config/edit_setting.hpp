#pragma once

#include <string>

#include "base/error.hpp"
#include "config/configuration.hpp"

namespace errand::config {

// `errand config set` and `unset`: one setting of a config.yaml, edited in place as edit.hpp says.

/// Which config.yaml is meant: that of --config, else the project's, else the user's own. `config` when a user has no
/// place for one.
enum class SettingsOwner { user, project };
Result<std::string> settings_path(const Sources& sources, SettingsOwner owner);

/// Writes `value` as the setting `key` ("retry.attempts") of the file at `path`, which is made (0600) where it is
/// missing. A value that begins with '[' or '{' is YAML, any other a text as it stands. Returns its place.
///
/// Errors, with which nothing is changed: `config` for a key that is no setting's, with the nearest; for a value that
/// does not fit, or after which other settings don't; for a file that is no YAML, is another program's, or can't be
/// edited without rewriting it. `failure` for one that can't be written.
Result<Location> set_setting(const Sources& sources, const std::string& path, const std::string& key,
                             const std::string& value);

/// Takes the setting out, and maps that would be empty then. Returns where it stood. `config` as above, and when it is
/// not set in that file.
Result<Location> unset_setting(const Sources& sources, const std::string& path, const std::string& key);

}  // namespace errand::config
