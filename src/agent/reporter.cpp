#include "agent/reporter.hpp"

#include "agent/redaction.hpp"
#include "base/try.hpp"

namespace errand::agent {

namespace {

constexpr std::string_view reply_text = "text";
constexpr std::string_view reply_thinking = "thinking";

// The text of a piece; null when the event is none.
std::string* text_of(chat::EventBody& body) {
  if (auto* text = std::get_if<chat::event::TextDelta>(&body)) return &text->text;
  if (auto* thinking = std::get_if<chat::event::ThinkingDelta>(&body)) return &thinking->text;
  if (auto* output = std::get_if<chat::event::ToolOutput>(&body)) return &output->text;
  return nullptr;
}

}  // namespace

void EventStream::send(chat::Event event) {
  const std::lock_guard lock(mutex_);
  event.seq = next_++;
  hand_on(event);
}

void EventStream::send_unnumbered(chat::Event event) {
  const std::lock_guard lock(mutex_);
  hand_on(event);
}

void EventStream::hand_on(const chat::Event& event) {
  sink_.on_event(event);
  if (observer_ != nullptr) observer_->on_event(event);
}

std::optional<Reporter::TextName> Reporter::name_of(const chat::EventBody& body) {
  if (std::holds_alternative<chat::event::TextDelta>(body)) return TextName{{}, std::string(reply_text)};
  if (std::holds_alternative<chat::event::ThinkingDelta>(body)) return TextName{{}, std::string(reply_thinking)};
  if (const auto* output = std::get_if<chat::event::ToolOutput>(&body))
    return TextName{output->tool_use_id, output->stream};
  return std::nullopt;
}

chat::Event Reporter::wrap(chat::EventBody body) const {
  return {0, session_, stream_.run(), agent_path_, now(), cleaned(std::move(body), secrets())};
}

void Reporter::tell(chat::EventBody body) {
  const auto name = name_of(body);
  if (!name) return stream_.send(wrap(std::move(body)));
  auto& text = *text_of(body);
  text = texts_.with([&](Texts& texts) { return texts.try_emplace(*name, secrets()).first->second.feed(text); });
  if (!text.empty()) stream_.send({0, session_, stream_.run(), agent_path_, now(), std::move(body)});
}

void Reporter::end_texts(const std::string& call_id) {
  std::vector<chat::EventBody> rest;
  texts_.with([&](Texts& texts) {
    for (auto it = texts.lower_bound({call_id, {}}); it != texts.end() && it->first.call_id == call_id;) {
      if (auto text = it->second.finish(); text.empty()) {
      } else if (!call_id.empty()) {
        rest.emplace_back(chat::event::ToolOutput{call_id, it->first.kind, std::move(text)});
      } else if (it->first.kind == reply_text) {
        rest.emplace_back(chat::event::TextDelta{std::move(text)});
      } else {
        rest.emplace_back(chat::event::ThinkingDelta{std::move(text)});
      }
      it = texts.erase(it);
    }
  });
  for (auto& body : rest) stream_.send({0, session_, stream_.run(), agent_path_, now(), std::move(body)});
}

Result<void> Reporter::record(std::vector<chat::EventBody> bodies, const store::Totals& totals) {
  std::vector<chat::Event> events;
  events.reserve(bodies.size());
  for (auto& body : bodies) events.push_back(wrap(std::move(body)));
  const std::lock_guard lock(recording_);
  ERRAND_TRY(store_.append(session_, events, totals));
  for (auto& event : events) stream_.send(std::move(event));
  return {};
}

}  // namespace errand::agent
