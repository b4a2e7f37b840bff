#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/sync.hpp"
#include "chat/event.hpp"
#include "chat/interaction.hpp"
#include "cli/face.hpp"
#include "config/configuration.hpp"
#include "render/theme.hpp"
#include "terminal/key.hpp"

namespace errand::cli {

/// What the terminal said of itself. May be told and asked by any thread.
struct TerminalReports {
  enum class Focus { unknown, in, out };
  std::atomic<Focus> focus{Focus::unknown};
  std::atomic<render::Background> background;

  TerminalReports();  ///< the background as COLORFGBG has it, else dark

  /// A key that is none: see repl::EditorParts::on_said.
  void hear(const terminal::Key& said);
};

/// How a terminal is told that something has happened.
enum class NoticeBy {
  nothing,  ///< there is no terminal
  bell,
  bell_and_text,  ///< and OSC 9, as iTerm2, WezTerm, kitty, ghostty and Windows Terminal know it
};

/// Stands between a chat and its terminal: keeps the colours what they should be, and tells who looks elsewhere that a
/// long run has ended or needs an answer. Borrows face and interaction, which it passes everything on to.
class ChatTerminal {
 public:
  ChatTerminal(TerminalReports& reports, Face& face, chat::Interaction& interaction, NoticeBy notice_by);
  ~ChatTerminal();
  ChatTerminal(const ChatTerminal&) = delete;
  ChatTerminal& operator=(const ChatTerminal&) = delete;

  /// What the configuration says; until then nobody is told of anything. `use_theme` fails on no value of a setting.
  void use(const config::TerminalSettings& settings);

  [[nodiscard]] chat::EventSink& sink();
  [[nodiscard]] chat::Interaction& interaction();

  /// As repl::Appearance has it.
  Result<std::string> use_theme(std::string_view name);
  [[nodiscard]] render::Theme theme() const;
  [[nodiscard]] bool is_without_colors() const { return theme_name_ == "none"; }

 private:
  class Passing;
  class Asking;

  void begin_run();
  void end_run(const chat::Event& event);
  void tell_of_question();
  void tell(std::string_view what) const;
  [[nodiscard]] bool is_unseen() const;
  [[nodiscard]] render::Palette palette() const;

  TerminalReports& reports_;
  Face& face_;
  chat::Interaction& asked_;
  NoticeBy notice_by_;
  config::TerminalSettings settings_;
  std::string theme_name_ = "auto";
  std::atomic<std::chrono::steady_clock::time_point> began_{};
  std::unique_ptr<Passing> passing_;
  std::unique_ptr<Asking> asking_;
};

}  // namespace errand::cli
