#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"

namespace errand::cli {

/// What a word of the command line may be. `listed`: what is known without any file, and stands in Wanted itself.
enum class WordKind {
  nothing,
  listed,
  files,
  directories,
  commands,
  topics,  // commands, and what else `errand help` tells of
  agents,
  subagents,
  skills,
  tools,
  models,
  providers,
  sessions,
  runs,
  schedule,
  settings,
  users
};

struct Candidate {
  std::string value;
  std::string help;  ///< one line, may be empty
  bool operator==(const Candidate&) const = default;
};

/// What may stand where somebody types.
struct Wanted {
  WordKind kind = WordKind::nothing;
  std::vector<Candidate> listed;
  std::string before;     ///< what of the word stays before each candidate: "--model="
  std::string stem;       ///< what of the candidate is there already
  std::string directory;  ///< that -C names; empty: this one
  Globals globals;        ///< as far as they were said: whose sessions, which data directory
};

/// `words` are those behind the program's name; the last one is being typed, and may be empty. Made from the tables
/// that help and parsing use: commands with their usage, and their options.
Wanted wanted_at(std::span<const std::string> words);

/// What fits there, but for files and directories, which a shell finds itself. Reads configuration and store.
Result<std::vector<Candidate>> candidates_of(const Wanted& wanted, const Invocation& invocation);

/// A verb of a command as its usage has it: "show ID" is show, which takes an ID.
struct VerbUsage {
  std::string name;  ///< empty for what a command takes without any verb
  std::vector<std::string> takes;
  bool operator==(const VerbUsage&) const = default;
};
std::vector<VerbUsage> verbs_in(std::string_view usage);
std::vector<VerbUsage> verbs_of(const CommandEntry& entry);

}  // namespace errand::cli
