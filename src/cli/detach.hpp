#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "chat/event.hpp"
#include "cli/command.hpp"
#include "cli/run_options.hpp"

namespace errand::cli {

// `run --detach`: this program starts itself anew, with the same arguments, in a session of its own. That process reads
// the prompt and begins the run; once the run is stored it lets go of stdin, stdout and stderr and hands over the run's
// id. Until then it speaks through its starter, who reports what it said and its exit code when there is no run.

/// In the starter: 0 once the run goes on by itself and its id was printed, else the exit code of what failed.
Result<int> start_detached(const Invocation& invocation, OutputFormat format);

/// In the process that was started: the way to hand over. None in any other.
std::optional<Fd> adopt_handover();

/// Sends events on, and at the first `ready` hands over: from then on stdout and stderr are files of the run, made in
/// the directory that `files_directory` gives for its session. They stay locked (flock) while the process lives.
class DetachingSink final : public chat::EventSink {
 public:
  using FilesDirectory = std::function<Result<std::string>(const std::string& session)>;
  DetachingSink(Fd handover, chat::EventSink& next, Signals& signals)
      : handover_(std::move(handover)), next_(next), signals_(signals) {}

  void use(FilesDirectory files_directory) { files_directory_ = std::move(files_directory); }
  void on_event(const chat::Event& event) override;

 private:
  Result<void> hand_over(const chat::Event& event);

  Fd handover_;
  chat::EventSink& next_;
  Signals& signals_;
  FilesDirectory files_directory_;
  Fd locked_;
};

}  // namespace errand::cli
