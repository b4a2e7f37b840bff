#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/drafts.hpp"
#include "config/load.hpp"

// Internal to this room.
namespace errand::config {

/// One load(), step by step: find the project, read every layer's files, look names up, ask for trust, put together.
class Loader {
 public:
  Loader(const Sources& sources, Scope scope);

  /// For checking single files: reads `path` in place of the project's own file.
  void use_definitions_file(DefinitionKind kind, std::string path);
  void use_project_root(std::string root);

  tl::expected<Configuration, std::vector<Error>> run();

  /// What was found beside mistakes; after run() failed.
  [[nodiscard]] const std::vector<Warning>& warnings() const { return findings_.warnings; }

 private:
  struct Place {
    Layer layer;
    std::string directory;
  };

  void find_project();
  [[nodiscard]] bool reads_project() const;
  [[nodiscard]] bool is_shipped_project() const;
  [[nodiscard]] std::vector<Place> places() const;
  Reader reader_for(const std::string& path);
  std::optional<std::string> read_text(const std::string& path);
  void read_settings_files();
  void read_settings_file(Layer layer, const std::string& path);
  void read_env_files();
  void keep_known(const std::vector<std::string>& known, std::vector<EnvFileVariable> variables);
  void read_all_definitions();
  void read_definitions_file(DefinitionKind kind, Layer layer, const std::string& path);
  void read_markdown_subagents();
  void decide_trust();
  void remember_held_back_providers();
  void warn_of_what_is_held_back();
  void add_summaries();
  Configuration finished();

  Sources sources_;
  Scope scope_;
  std::string agents_file_;
  std::string subagents_file_;
  Project project_;
  Findings findings_;
  Drafts drafts_;
  std::vector<SkillEntry> skills_;
  struct Malformed {
    Location first;
    std::size_t lines = 0;
  };
  std::vector<Malformed> malformed_env_;
  std::vector<std::string> held_back_providers_;
};

}  // namespace errand::config
