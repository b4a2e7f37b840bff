#include "agent/reporter.hpp"

#include "base/try.hpp"

namespace errand::agent {

void EventStream::send(chat::Event event) {
  const std::lock_guard lock(mutex_);
  event.seq = next_++;
  sink_.on_event(event);
}

void EventStream::send_unnumbered(chat::Event event) {
  const std::lock_guard lock(mutex_);
  sink_.on_event(event);
}

chat::Event Reporter::wrap(chat::EventBody body) const {
  return {0, session_, stream_.run(), agent_path_, now(), std::move(body)};
}

Result<void> Reporter::record(std::vector<chat::EventBody> bodies, const store::Totals& totals) {
  std::vector<chat::Event> events;
  events.reserve(bodies.size());
  for (auto& body : bodies) events.push_back(wrap(std::move(body)));
  ERRAND_TRY(store_.append(session_, events, totals));
  for (auto& event : events) stream_.send(std::move(event));
  return {};
}

}  // namespace errand::agent
