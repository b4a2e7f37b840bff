#include "cli/answer_sinks.hpp"

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/try.hpp"
#include "cli/output.hpp"
#include "cli/setup.hpp"

namespace errand::cli {

render::AmendDone AnswerSinks::amend_done() {
  if (!arguments_.changed_only) return {};
  return [this](Json& done) {
    if (changed_) changed_->amend(done);
  };
}

void AnswerSinks::put_before(chat::EventSink& face) {
  if (arguments_.changed_only) {
    using Unchanged = ChangedAnswers::Unchanged;
    changed_.emplace(arguments_.format() == OutputFormat::text ? Unchanged::without_text : Unchanged::whole, face);
  }
  on_failure_.emplace(arguments_.on_fail, arguments_.agent.value_or(""),
                      arguments_.takes_events() ? OnFailure::Counts::last : OnFailure::Counts::first,
                      changed_ ? static_cast<chat::EventSink&>(*changed_) : face);
}

Result<void> AnswerSinks::use(Talk& talk, const Invocation& invocation) {
  if (!changed_) return {};
  ERRAND_TRY_ASSIGN(const auto place, place_of(invocation, talk.engine().config()));
  changed_->use(join_path(place.data_directory, place.user), talk.engine().services().surroundings.roots.project);
  return {};
}

bool AnswerSinks::keeps_answer_back() const {
  return changed_ && changed_->is_unchanged() && arguments_.format() == OutputFormat::text;
}

void AnswerSinks::on_delivered(const Globals& globals) {
  if (!changed_) return;
  if (const auto kept = changed_->keep(); !kept) {
    print_note(globals,
               fmt::format("warning: --changed-only can't keep what this answer was: {}", kept.error().message));
  }
}

}  // namespace errand::cli
