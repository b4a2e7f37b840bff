#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "chat/event.hpp"
#include "cli/command.hpp"

namespace errand::cli {

/// --on-fail CMD: what the user wants started when this process ends with another exit code than 0. It is the user's
/// own word: no sandbox, the user's environment.
///
/// CMD gets ERRAND_EXIT, ERRAND_ERROR_KIND, ERRAND_AGENT, ERRAND_SESSION and ERRAND_RUN (the last two empty where no
/// run began) and on its stdin the error as people read it. What it prints goes to stderr: stdout is the answer's.
class OnFailure final : public chat::EventSink {
 public:
  /// CMD has that long, whoever waits for it: a run from cron must not stay for ever.
  static constexpr std::chrono::minutes time_limit{10};

  /// Of several runs the one that CMD is told of: the one the exit code is of.
  enum class Counts { first, last };

  /// `agent` is the one that was asked for, until a run names its own; `next` hears every event after this, borrowed.
  OnFailure(std::optional<std::string> command, std::string agent, Counts counts, chat::EventSink& next)
      : command_(std::move(command)), counts_(counts), next_(next), agent_(std::move(agent)) {}

  void on_event(const chat::Event& event) override;

  /// Starts CMD where `ended` is a failure, and waits for it; a signal that comes from now on stops it. What CMD does
  /// changes nothing: its failure is a warning.
  void after(const Result<int>& ended, const Globals& globals, Signals& signals) const;

 private:
  // A run that failed.
  struct Failed {
    std::string session;
    std::string run;
    std::string agent;
    Error error;
  };

  [[nodiscard]] Failed failed_as(const Result<int>& ended) const;

  std::optional<std::string> command_;
  Counts counts_;
  chat::EventSink& next_;
  std::string agent_;
  std::optional<Failed> failed_;
};

}  // namespace errand::cli
