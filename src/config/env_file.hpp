#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "config/configuration.hpp"

// Internal to this room: .env files, read as data. Nothing in them is expanded or run.
namespace errand::config {

struct EnvText {
  std::vector<EnvFileVariable> variables;  ///< as written
  std::vector<Location> malformed;         ///< lines that assign nothing
};

/// `NAME=value` lines with an optional `export`. A value is plain up to " #", in single quotes as it stands, or in
/// double quotes, where \n, \r, \t, \", \\ and \$ are escapes; quoted ones may hold line ends.
EnvText parse_env(std::string_view text, const std::string& file);

}  // namespace errand::config
