#include "agent/steering.hpp"

#include <utility>
#include <vector>

#include "agent/opening.hpp"
#include "agent/redaction.hpp"
#include "base/id.hpp"
#include "base/try.hpp"

namespace errand::agent {

bool Steering::add(chat::UserMessage message) {
  const std::lock_guard lock(mutex_);
  if (is_open_) messages_.push_back(std::move(message));
  return is_open_;
}

void Steering::open() {
  const std::lock_guard lock(mutex_);
  is_open_ = true;
}

void Steering::close() {
  const std::lock_guard lock(mutex_);
  is_open_ = false;
  messages_.clear();
}

std::optional<chat::UserMessage> Steering::take() {
  std::unique_lock lock(mutex_);
  if (messages_.empty()) return std::nullopt;
  auto out = std::move(messages_.front());
  messages_.pop_front();
  lock.unlock();
  if (on_taken_) on_taken_();
  return out;
}

Result<void> hear_steering(const Agent& agent, Session& session, Reporter& reporter, const chat::UserMessage& message,
                           const Call& call) {
  const auto opening = hear_prompt_hooks(agent, message, {}, reporter.stream().run(), call);
  std::vector<chat::EventBody> events;
  const chat::event::User heard{make_uuid7(now()),
                                cleaned(opening.changed ? *opening.changed : message, reporter.secrets())};
  if (!opening.dropped) events.emplace_back(heard);
  if (reporter.secrets().finds_in(chat::text_of(message.content))) events.emplace_back(secret_removed_from_prompt());
  events.insert(events.end(), opening.notices.begin(), opening.notices.end());
  if (!events.empty()) ERRAND_TRY(reporter.record(std::move(events)));
  if (!opening.dropped) session.history.add(heard.message, heard.message_id);
  return {};
}

}  // namespace errand::agent
