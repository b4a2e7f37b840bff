#include "repl/notes.hpp"

#include <variant>

#include <fmt/format.h>
#include <unistd.h>

#include "base/text.hpp"
#include "base/unicode.hpp"
#include "render/fold.hpp"
#include "render/options.hpp"
#include "render/summary.hpp"

namespace errand::repl {

namespace {

constexpr std::size_t command_columns = 60;

void show_dim(std::string_view line, const SlashContext& context) {
  const auto color = context.appearance.theme().paints() ? render::Color::on : render::Color::off;
  context.show(render::paint(line, render::Tone::dim, color) + "\n");
}

}  // namespace

void show_note(std::string_view text, const SlashContext& context) {
  const auto columns = render::fold_columns(STDERR_FILENO);
  for (const auto& line : text::lines(render::fold(unicode::sanitize(text), columns))) show_dim(line, context);
}

void show_prompt(const chat::UserMessage& prompt, const SlashContext& context) {
  const auto typed = prompt.content.empty() ? nullptr : std::get_if<chat::Text>(&prompt.content.front());
  const auto text = typed == nullptr ? chat::text_of(prompt.content) : typed->text;
  show_dim("> " + render::one_line(text, render::columns_of(STDERR_FILENO) - 3), context);
}

void tell_of_files(const std::string& prompt, const SlashContext& context) {
  for (const auto& line : context.told_of_files(prompt)) show_note(line, context);
}

void tell_of_stopped(const SlashContext& context) {
  if (const auto stopped = stopped_by_leaving(context); !stopped.empty()) show_note(stopped, context);
}

std::string stopped_by_leaving(const SlashContext& context) {
  std::vector<std::string> commands;
  for (const auto& task : context.chat.background()) {
    if (!task.finished)
      commands.push_back(text::ellipsize(text::first_line(text::trim(task.command)), command_columns));
  }
  if (commands.empty()) return {};
  return fmt::format("{} in the background stopped: {}", text::count_of(commands.size(), "command"),
                     text::join(commands, "; "));
}

std::optional<chat::UserMessage> last_prompt(const store::History& history) {
  for (auto i = history.messages.rbegin(); i != history.messages.rend(); ++i) {
    if (const auto* prompt = std::get_if<chat::UserMessage>(&i->body)) return *prompt;
  }
  return std::nullopt;
}

}  // namespace errand::repl
