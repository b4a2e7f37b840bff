#include "cli/changed_answers.hpp"

#include <utility>
#include <variant>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "chat/codec.hpp"

namespace errand::cli {

namespace {

constexpr std::size_t max_checksum_bytes = 1024;

// What was asked, without what was given with it.
std::string prompt_of(const chat::UserMessage& message) {
  if (message.content.empty()) return {};
  const auto* const text = std::get_if<chat::Text>(&message.content.front());
  return text == nullptr ? std::string() : text->text;
}

}  // namespace

void ChangedAnswers::use(std::string user_directory, std::string project) {
  directory_ = join_path(user_directory, "answers");
  project_ = std::move(project);
}

// Before it is laid out for the model: of a long one the event shows where its whole is kept, another place each time.
void ChangedAnswers::asked(const chat::UserMessage& prompt) {
  prompt_ = prompt_of(prompt);
}

void ChangedAnswers::on_event(const chat::Event& event) {
  if (event.agent_path != "root") return next_.on_event(event);
  if (const auto* ready = std::get_if<chat::event::Ready>(&event.body)) agent_ = ready->agent_id;
  // The first is the prompt; others are said to a run in progress.
  if (const auto* user = std::get_if<chat::event::User>(&event.body); user != nullptr && !prompt_) {
    prompt_ = prompt_of(user->message);
  }
  const auto* const done = std::get_if<chat::event::Done>(&event.body);
  if (done == nullptr) return next_.on_event(event);
  compare(*done);
  if (!is_unchanged() || unchanged_ == Unchanged::whole) return next_.on_event(event);
  auto silent = event;
  std::get<chat::event::Done>(silent.body).result.clear();
  next_.on_event(silent);
}

void ChangedAnswers::compare(const chat::event::Done& done) {
  pending_.reset();
  const auto prompt = std::exchange(prompt_, std::nullopt);
  if (!prompt || done.error || done.result.empty()) return;
  const auto name = sha256_hex(chat::dump(Json::array({project_, agent_, *prompt})));
  const auto file = join_path(directory_, name);
  const auto before = read_file(file, max_checksum_bytes);
  pending_ = Pending{file, sha256_hex(done.result), before ? std::string(text::trim(*before)) : std::string()};
}

void ChangedAnswers::amend(Json& done) const {
  done["changed"] = pending_ ? Json(!is_unchanged()) : Json(nullptr);
}

Result<void> ChangedAnswers::keep() {
  if (!pending_ || is_unchanged()) return {};
  const auto as_storage = [](Result<void> done) -> Result<void> {
    if (done) return done;
    auto error = std::move(done).error();
    error.kind = ErrorKind::storage;
    return fail(std::move(error));
  };
  ERRAND_TRY(as_storage(make_directories(directory_, 0700)));
  ERRAND_TRY(as_storage(write_file_atomic(pending_->file, pending_->checksum + "\n", 0600)));
  pending_->before = pending_->checksum;
  return {};
}

}  // namespace errand::cli
