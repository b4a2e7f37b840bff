#include "cli/chat_terminal.hpp"

#include <catch2/catch.hpp>

#include "repl/terminal_interaction.hpp"

using namespace errand;
namespace event = errand::chat::event;

namespace {

struct CountingFace final : cli::Face, chat::EventSink {
  [[nodiscard]] chat::EventSink& sink() override { return *this; }
  void on_event(const chat::Event&) override { ++events; }
  void use_palette(const render::Palette&) override { ++palettes; }
  [[nodiscard]] Result<int> finish(int code) override { return code; }
  void not_started(const Error&) override {}
  void skipped() override {}

  int events = 0;
  int palettes = 0;
};

chat::Event said(chat::EventBody body, const std::string& agent_path = "root") {
  return {.seq = 0, .session = {}, .run = {}, .agent_path = agent_path, .time = {}, .body = std::move(body)};
}

}  // namespace

TEST_CASE("chat terminal: a run begins with the root's first prompt, whatever is said while it goes on",
          "[cli][chat]") {
  cli::TerminalReports reports;
  CountingFace face;
  repl::NobodyThere nobody;
  cli::ChatTerminal terminal(reports, face, nobody, cli::NoticeBy::nothing);
  auto& sink = terminal.sink();
  sink.on_event(said(event::User{}));
  CHECK(face.palettes == 1);
  sink.on_event(said(event::User{}, "root/scout#1"));
  sink.on_event(said(event::User{}));  // steering, or a hook that goes on
  CHECK(face.palettes == 1);
  sink.on_event(said(event::Done{}));
  sink.on_event(said(event::User{}));
  CHECK(face.palettes == 2);
  CHECK(face.events == 5);
}
