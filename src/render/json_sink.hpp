#pragma once

#include <functional>
#include <string_view>

#include "base/json_fwd.hpp"
#include "chat/event.hpp"
#include "render/output.hpp"
#include "render/text_sink.hpp"

namespace errand::render {

/// Adds to a `done` what its face alone knows; empty: nothing.
using AmendDone = std::function<void(Json& done)>;

/// `--output-format json`: the `done` event alone, one line.
class JsonSink final : public chat::EventSink {
 public:
  explicit JsonSink(int out_fd, std::function<void()> on_failure = {}, AmendDone amend = {});
  void on_event(const chat::Event& event) override;
  [[nodiscard]] const Output& output() const { return output_; }

 private:
  Output output_;
  AmendDone amend_;
};

/// `--output-format stream-json`: every event, one line each.
class JsonLinesSink final : public chat::EventSink {
 public:
  explicit JsonLinesSink(int out_fd, std::function<void()> on_failure = {}, Flushing flushing = Flushing::each_event,
                         AmendDone amend = {});
  void on_event(const chat::Event& event) override;
  /// A line that is no event, behind those that came before; written at once.
  void put_line(std::string_view line);
  void flush() { output_.flush(); }
  [[nodiscard]] const Output& output() const { return output_; }

 private:
  Output output_;
  Flushing flushing_;
  AmendDone amend_;
};

}  // namespace errand::render
