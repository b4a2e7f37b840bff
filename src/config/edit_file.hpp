#pragma once

#include <string>

#include "base/error.hpp"
#include "config/configuration.hpp"
#include "config/yaml.hpp"

// Internal to this room: a YAML file that is to be edited.
namespace errand::config {

/// A YAML file as text and tree.
struct YamlFile {
  std::string path;   ///< links resolved, so that a link into a dotfiles repository stays one
  std::string shown;  ///< for messages
  std::string text;
  yaml::Node root;
};

/// The tree of a text without mistakes.
Result<yaml::Node> parse_clean(const std::string& text, const std::string& shown);

/// An empty one where there is no file. Errors: `config` for what is no YAML, `failure` for what can't be read, and for
/// a file this user may not write: replacing it would pass over that.
Result<YamlFile> open_yaml_file(const std::string& path, const Sources& sources);

}  // namespace errand::config
