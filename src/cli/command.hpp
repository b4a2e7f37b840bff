#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "cli/options.hpp"
#include "cli/signals.hpp"

namespace errand::cli {

/// Options that every command has.
struct Globals {
  std::optional<std::string> user;
  std::optional<std::string> data_dir;
  std::optional<std::string> config_file;
  std::optional<std::string> log_file;
  std::optional<std::string> log_format;
  std::optional<std::string> log_level;
  std::optional<std::string> color;
  bool quiet = false;
  int verbose = 0;
  bool no_input = false;
  bool help = false;
  bool version = false;
};

void declare_globals(Options& options, Globals& globals);

/// One start of the program: what was said on the command line, and the process it runs in.
struct Invocation {
  const Globals& globals;
  const std::vector<std::string>& argv;  ///< as started, argv[0] included
  Signals& signals;
};

/// A verb of the command line.
class Command {
 public:
  virtual ~Command() = default;
  virtual void declare(Options& options) = 0;
  /// `words` are what stands on the command line beside options and verb, byte for byte. Returns the exit code.
  virtual Result<int> run(const std::vector<std::string>& words, const Invocation& invocation) = 0;
};

struct CommandEntry {
  std::string_view name;
  std::string_view usage;    ///< after the name: "[list|show ID]"
  std::string_view summary;  ///< one line for help
  std::unique_ptr<Command> (*make)();
};

/// Every verb, sorted by name. Help, dispatch and checks are made from this table.
std::span<const CommandEntry> commands();

/// nullptr when there is none of that name.
const CommandEntry* find_command(std::string_view name);

/// The options of a command with the global ones, ready to parse.
Options options_of(const CommandEntry& entry, Command& command, Globals& globals);

/// A usage error for words where a command takes none or others: `errand agents shwo` with the nearest verb.
tl::unexpected<Error> unknown_verb(std::string_view command, const std::string& word,
                                   std::span<const std::string> verbs);

}  // namespace errand::cli
