#include "cli/chat_terminal.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "terminal/background.hpp"

namespace errand::cli {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::array<std::string_view, 5> theme_names = {"auto", "dark", "light", "16", "none"};

render::Background background_of(terminal::Shade shade) {
  return shade == terminal::Shade::light ? render::Background::light : render::Background::dark;
}

std::string_view name_of(render::Background background) {
  return background == render::Background::light ? "light" : "dark";
}

std::string_view name_of(render::ColorDepth depth) {
  switch (depth) {
    case render::ColorDepth::none:
      return "no colours";
    case render::ColorDepth::ansi16:
      return "16 colours";
    case render::ColorDepth::ansi256:
      return "256 colours";
    case render::ColorDepth::truecolor:
      return "true colour";
  }
  return "no colours";
}

}  // namespace

TerminalReports::TerminalReports() : background(render::Background::dark) {
  const char* said = std::getenv("COLORFGBG");
  if (said == nullptr) return;
  if (const auto shade = terminal::background_in(std::string_view(said))) background = background_of(*shade);
}

void TerminalReports::hear(const terminal::Key& said) {
  if (said.code == terminal::KeyCode::focus_in) focus = Focus::in;
  if (said.code == terminal::KeyCode::focus_out) focus = Focus::out;
  if (const auto shade = terminal::background_in(said)) background = background_of(*shade);
}

class ChatTerminal::Passing final : public chat::EventSink {
 public:
  explicit Passing(ChatTerminal& terminal) : terminal_(terminal) {}

  void on_event(const chat::Event& event) override {
    if (is_prompt(event) && !std::exchange(runs_, true)) terminal_.begin_run();
    terminal_.face_.sink().on_event(event);
    if (!std::holds_alternative<chat::event::Done>(event.body)) return;
    runs_ = false;
    terminal_.end_run(event);
  }

 private:
  // Subagents are given prompts too; and of the root's, what comes while it runs (steering, a hook's word) begins no
  // run.
  static bool is_prompt(const chat::Event& event) {
    return std::holds_alternative<chat::event::User>(event.body) && event.agent_path.find('/') == std::string::npos;
  }

  ChatTerminal& terminal_;
  bool runs_ = false;
};

class ChatTerminal::Asking final : public chat::Interaction {
 public:
  explicit Asking(ChatTerminal& terminal) : terminal_(terminal) {}

  [[nodiscard]] bool available() const override { return terminal_.asked_.available(); }
  Result<chat::ApprovalAnswer> approve(const chat::ApprovalQuestion& question, const Call& call) override {
    terminal_.tell_of_question();
    return terminal_.asked_.approve(question, call);
  }
  Result<std::vector<std::string>> answer(const std::vector<chat::event::Question>& questions,
                                          const Call& call) override {
    terminal_.tell_of_question();
    return terminal_.asked_.answer(questions, call);
  }
  Result<chat::PlanAnswer> review(const std::string& plan, const Call& call) override {
    terminal_.tell_of_question();
    return terminal_.asked_.review(plan, call);
  }

 private:
  ChatTerminal& terminal_;
};

ChatTerminal::ChatTerminal(TerminalReports& reports, Face& face, chat::Interaction& interaction, NoticeBy notice_by)
    : reports_(reports),
      face_(face),
      asked_(interaction),
      notice_by_(notice_by),
      passing_(std::make_unique<Passing>(*this)),
      asking_(std::make_unique<Asking>(*this)) {
  settings_.notify = "never";
}

ChatTerminal::~ChatTerminal() = default;

void ChatTerminal::use(const config::TerminalSettings& settings) {
  settings_ = settings;
  theme_name_ = settings.theme;
}

chat::EventSink& ChatTerminal::sink() {
  return *passing_;
}

chat::Interaction& ChatTerminal::interaction() {
  return *asking_;
}

// The answer about the background may have come since the last run.
void ChatTerminal::begin_run() {
  began_ = Clock::now();
  face_.use_palette(palette());
}

void ChatTerminal::end_run(const chat::Event& event) {
  const auto& done = std::get<chat::event::Done>(event.body);
  if (done.error && done.error->kind == ErrorKind::cancelled) return;  // whoever did that is there
  if (done.duration >= settings_.notify_after && is_unseen()) tell("has finished");
}

// Where it is known that nobody looks, even a short run's question is news.
void ChatTerminal::tell_of_question() {
  const bool is_long = Clock::now() - began_.load() >= settings_.notify_after;
  if (is_unseen() && (is_long || reports_.focus == TerminalReports::Focus::out)) tell("needs an answer");
}

// Who does not say where the focus is counts as looked at.
bool ChatTerminal::is_unseen() const {
  if (settings_.notify == "always") return true;
  return settings_.notify == "unseen" && reports_.focus == TerminalReports::Focus::out;
}

void ChatTerminal::tell(std::string_view what) const {
  if (notice_by_ == NoticeBy::nothing) return;
  std::string bytes = "\a";
  if (notice_by_ == NoticeBy::bell_and_text) bytes += fmt::format("\x1b]9;errand: the agent {}\a", what);
  if (!write_all(STDERR_FILENO, bytes)) return;  // a lost terminal shows at the next read
}

render::Palette ChatTerminal::palette() const {
  render::Palette out{.most = render::ColorDepth::truecolor, .background = reports_.background};
  if (theme_name_ == "dark") out.background = render::Background::dark;
  if (theme_name_ == "light") out.background = render::Background::light;
  if (theme_name_ == "16") out.most = render::ColorDepth::ansi16;
  if (theme_name_ == "none") out.most = render::ColorDepth::none;
  return out;
}

Result<std::string> ChatTerminal::use_theme(std::string_view name) {
  if (!name.empty()) {
    if (std::ranges::find(theme_names, name) == theme_names.end()) {
      return fail(ErrorKind::usage, fmt::format("there is no theme \"{}\"", name),
                  text::suggest(name, std::vector<std::string>(theme_names.begin(), theme_names.end()), "themes"));
    }
    theme_name_ = name;
    face_.use_palette(palette());
  }
  const auto depth = theme().depth();
  if (depth == render::ColorDepth::none) return fmt::format("theme: {}, {}", theme_name_, name_of(depth));
  return fmt::format("theme: {}, {} on {}", theme_name_, name_of(depth), name_of(palette().background));
}

render::Theme ChatTerminal::theme() const {
  return face_.theme_under(palette());
}

}  // namespace errand::cli
