#include "render/json_sink.hpp"

#include <csignal>

#include <catch2/catch.hpp>

#include "base/fd.hpp"
#include "capture.hpp"
#include "chat/event_json.hpp"

using namespace errand;
using namespace errand::render;

namespace {

chat::Event event_of(chat::EventBody body) {
  chat::Event event;
  event.seq = 7;
  event.session = "s";
  event.run = "r";
  event.agent_path = "root";
  event.body = std::move(body);
  return event;
}

}  // namespace

TEST_CASE("json sinks: one prints every event on its line, the other only done", "[render][json]") {
  const auto delta = event_of(chat::event::TextDelta{"a\nb\xFF"});
  chat::event::Done body;
  body.result = "a";
  const auto done = event_of(body);
  const test::Capture lines;
  const test::Capture last;
  JsonLinesSink all(lines.fd());
  JsonSink one(last.fd());
  for (const auto& event : {delta, done}) {
    all.on_event(event);
    one.on_event(event);
  }
  CHECK(lines.text() == chat::to_json_line(delta) + "\n" + chat::to_json_line(done) + "\n");
  CHECK(last.text() == chat::to_json_line(done) + "\n");
}

TEST_CASE("json sinks: lines wait for the caller when told to, the last one never", "[render][json]") {
  const test::Capture file;
  JsonLinesSink sink(file.fd(), {}, Flushing::by_caller);
  sink.on_event(event_of(chat::event::TextDelta{"a"}));
  CHECK(file.text().empty());
  sink.flush();
  CHECK(file.text().ends_with("\"text\":\"a\"}\n"));
  sink.on_event(event_of(chat::event::Done{}));
  CHECK(file.text().ends_with("\"is_error\":false,\"partial\":false}\n"));
}

TEST_CASE("json sinks: a closed stdout is told at once", "[render][json]") {
  std::signal(SIGPIPE, SIG_IGN);
  auto pipe = make_pipe().value();
  pipe.read_end.reset();
  bool told = false;
  JsonLinesSink sink(pipe.write_end.get(), [&] { told = true; });
  sink.on_event(event_of(chat::event::TextDelta{"a"}));
  CHECK(told);
  CHECK(sink.output().closed());
}
