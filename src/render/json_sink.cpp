#include "render/json_sink.hpp"

#include <utility>
#include <variant>

#include "base/json.hpp"
#include "chat/codec.hpp"
#include "chat/event_json.hpp"

namespace errand::render {

namespace {

std::string line_of(const chat::Event& event, const AmendDone& amend) {
  if (!amend || !std::holds_alternative<chat::event::Done>(event.body)) return chat::to_json_line(event);
  auto done = chat::to_json(event);
  amend(done);
  return chat::dump(done);
}

}  // namespace

JsonSink::JsonSink(int out_fd, std::function<void()> on_failure, AmendDone amend)
    : output_(out_fd, std::move(on_failure)), amend_(std::move(amend)) {}

void JsonSink::on_event(const chat::Event& event) {
  if (!std::holds_alternative<chat::event::Done>(event.body)) return;
  output_.put(line_of(event, amend_));
  output_.put("\n");
  output_.flush();
}

JsonLinesSink::JsonLinesSink(int out_fd, std::function<void()> on_failure, Flushing flushing, AmendDone amend)
    : output_(out_fd, std::move(on_failure)), flushing_(flushing), amend_(std::move(amend)) {}

void JsonLinesSink::on_event(const chat::Event& event) {
  output_.put(line_of(event, amend_));
  output_.put("\n");
  // The last line of a run waits for no one.
  const bool last = std::holds_alternative<chat::event::Done>(event.body);
  if (last || flushing_ == Flushing::each_event) output_.flush();
}

void JsonLinesSink::put_line(std::string_view line) {
  output_.put(line);
  output_.put("\n");
  output_.flush();
}

}  // namespace errand::render
