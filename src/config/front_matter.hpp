#pragma once

#include <string>
#include <vector>

#include "config/definition_reader.hpp"

// Internal to this room: Markdown files that begin with YAML between two lines "---".
namespace errand::config {

struct FrontMatter {
  yaml::Node root;          ///< null when there is none
  std::size_t body_at = 0;  ///< where the text behind it begins
  bool usable = false;
};

/// Mistakes: no front matter, not closed, not YAML, not a map.
FrontMatter parse_front_matter(std::string_view text, const std::string& file, std::vector<Error>& mistakes);

struct SkillText {
  std::string name;
  std::string description;
  int name_line = 0;
};

/// Reads a SKILL.md's front matter by the published Agent Skills format: what is wrong is added to `mistakes`.
SkillText read_skill(std::string_view text, const std::string& file, std::string_view directory_name,
                     std::vector<Error>& mistakes);

/// Reads a subagent in Claude Code's Markdown form: the front matter's name, description, tools and model, and the body
/// as its system prompt. Other keys, and tools and models we do not have, are passed over.
DefinitionDraft read_markdown_subagent(std::string_view text, const std::string& file, std::vector<Error>& mistakes);

}  // namespace errand::config
