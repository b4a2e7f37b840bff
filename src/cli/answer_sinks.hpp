#pragma once

#include <optional>

#include "base/error.hpp"
#include "chat/event.hpp"
#include "cli/changed_answers.hpp"
#include "cli/command.hpp"
#include "cli/on_failure.hpp"
#include "cli/run_options.hpp"
#include "cli/talk.hpp"
#include "render/json_sink.hpp"

namespace errand::cli {

/// What stands between a run and the face that shows it, as --changed-only and --on-fail say. `arguments` are borrowed
/// and read from put_before() on.
class AnswerSinks {
 public:
  explicit AnswerSinks(const RunArguments& arguments) : arguments_(arguments) {}

  /// For FaceOptions; borrows this.
  [[nodiscard]] render::AmendDone amend_done();

  /// `face` hears every event last, and in place of the one given before; borrowed.
  void put_before(chat::EventSink& face);
  [[nodiscard]] chat::EventSink& sink() { return *on_failure_; }

  /// Once it is known where things are kept, before the first run.
  Result<void> use(Talk& talk, const Invocation& invocation);

  /// What is asked next, as it was read.
  void asked(const chat::UserMessage& prompt) {
    if (changed_) changed_->asked(prompt);
  }

  /// Whether there is no new answer for a file either: one that is text is left as it was.
  [[nodiscard]] bool keeps_answer_back() const;

  /// The last answer is out. What can't be kept of it is a warning.
  void on_delivered(const Globals& globals);

  /// The process is about to end so.
  void on_end(const Result<int>& ended, const Invocation& invocation) const {
    on_failure_->after(ended, invocation.globals, invocation.signals);
  }

 private:
  const RunArguments& arguments_;
  std::optional<ChangedAnswers> changed_;
  std::optional<OnFailure> on_failure_;
};

}  // namespace errand::cli
