#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json_fwd.hpp"
#include "chat/event.hpp"

namespace errand::cli {

/// --changed-only: which answers differ from the last one to the same prompt of the same agent in the same project. Of
/// each such prompt the user's directory keeps a checksum of its answer, in `answers/`; what came by stdin or as a file
/// beside the prompt is no part of it.
///
/// Stands before the sink that shows the run. An answer that is the same goes on as one without text, so that text
/// readers get nothing; readers of JSON get it whole with `changed` (amend()). A run that failed changes nothing.
class ChangedAnswers final : public chat::EventSink {
 public:
  enum class Unchanged { without_text, whole };

  ChangedAnswers(Unchanged unchanged, chat::EventSink& next) : unchanged_(unchanged), next_(next) {}

  /// Where the checksums lie, and the project, both absolute; before the first event.
  void use(std::string user_directory, std::string project);

  /// What is asked next, as it was read.
  void asked(const chat::UserMessage& prompt);

  void on_event(const chat::Event& event) override;

  /// Whether the last answer is the same as the one before it.
  [[nodiscard]] bool is_unchanged() const { return pending_ && pending_->checksum == pending_->before; }

  /// What readers of JSON learn with a `done`: `changed`, null where there is no answer.
  void amend(Json& done) const;

  /// The last answer was delivered: from now on it is what the next is compared with. Fails with `storage`.
  Result<void> keep();

 private:
  struct Pending {
    std::string file;
    std::string checksum;
    std::string before;  // empty: there was none
  };

  void compare(const chat::event::Done& done);

  Unchanged unchanged_;
  chat::EventSink& next_;
  std::string directory_;
  std::string project_;
  std::string agent_;
  std::optional<std::string> prompt_;  // of the run in progress
  std::optional<Pending> pending_;
};

}  // namespace errand::cli
