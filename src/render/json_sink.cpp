#include "render/json_sink.hpp"

#include <utility>
#include <variant>

#include "chat/event_json.hpp"

namespace errand::render {

JsonSink::JsonSink(int out_fd, std::function<void()> on_failure) : output_(out_fd, std::move(on_failure)) {}

void JsonSink::on_event(const chat::Event& event) {
  if (!std::holds_alternative<chat::event::Done>(event.body)) return;
  output_.put(chat::to_json_line(event));
  output_.put("\n");
  output_.flush();
}

JsonLinesSink::JsonLinesSink(int out_fd, std::function<void()> on_failure, Flushing flushing)
    : output_(out_fd, std::move(on_failure)), flushing_(flushing) {}

void JsonLinesSink::on_event(const chat::Event& event) {
  output_.put(chat::to_json_line(event));
  output_.put("\n");
  // The last line of a run waits for no one.
  const bool last = std::holds_alternative<chat::event::Done>(event.body);
  if (last || flushing_ == Flushing::each_event) output_.flush();
}

}  // namespace errand::render
