#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "cli/options.hpp"

namespace errand::cli {

enum class IfRunning { fail, skip, wait, fork };

enum class OutputFormat { text, json, stream_json };

/// The options `run` and `chat` share, as they stand on the command line.
struct RunArguments {
  std::optional<std::string> agent;
  std::vector<std::string> variables;
  std::optional<std::string> model;
  std::optional<std::string> effort;
  bool continue_newest = false;
  std::optional<std::string> resume;
  bool fork = false;
  std::optional<std::string> name;
  bool no_session = false;
  std::optional<std::string> if_running;
  std::optional<std::string> lock;  ///< of `run` alone
  bool detach = false;              ///< of `run` alone
  std::vector<std::string> files;
  std::optional<std::string> system_prompt;
  std::optional<std::string> append_system_prompt;
  std::optional<std::string> tools;
  std::vector<std::string> allow;
  std::vector<std::string> deny;
  std::optional<std::string> permission_mode;
  std::optional<std::string> sandbox;
  std::optional<std::int64_t> max_turns;
  std::optional<std::int64_t> max_tokens;
  std::optional<double> max_cost;
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::chrono::milliseconds> wait_for_quota;
  std::optional<std::string> output_format;
  std::optional<std::string> input_format;
  std::optional<std::string> output;
  std::optional<std::string> output_schema;
  bool code = false;
  bool changed_only = false;
  std::optional<std::string> on_fail;
  bool dry_run = false;
  std::optional<std::string> record;
  std::optional<std::string> replay;
  bool replay_strict = false;
  std::vector<std::string> add_dirs;
  std::optional<std::string> directory;

  void declare(Options& options);  ///< all of them
  /// Those of one kind, for a command that has no use for the others.
  void declare_agent(Options& options);
  void declare_session(Options& options);
  void declare_streams(Options& options);  ///< those of recordings too
  void declare_recording(Options& options);
  void declare_limits(Options& options);
  void declare_start(Options& options);  ///< of `run` alone

  /// What only makes sense together, or not together, is `usage`.
  [[nodiscard]] Result<void> check() const;

  [[nodiscard]] OutputFormat format() const;

  /// A program holds the conversation: --input-format stream-json.
  [[nodiscard]] bool takes_events() const { return input_format == "stream-json"; }

  [[nodiscard]] IfRunning when_busy() const;

  /// --var NAME=VALUE as a map.
  [[nodiscard]] Result<std::map<std::string, std::string>> variable_map() const;
};

}  // namespace errand::cli
