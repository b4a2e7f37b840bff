#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "render/summary.hpp"
#include "repl/notes.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_image(const std::string& argument, SlashContext& context);

namespace {

struct Named {
  std::string path;
  std::string prompt;
};

// The first word as a shell reads it: terminals quote the path of a file that is dropped on them.
Named split(const std::string& argument) {
  Named out;
  char quote = 0;
  std::size_t i = 0;
  for (; i < argument.size(); ++i) {
    const char c = argument[i];
    if (quote == 0 && (c == ' ' || c == '\t' || c == '\n')) break;
    if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == '\\' && quote != '\'' && i + 1 < argument.size()) {
      out.path += argument[++i];
    } else {
      out.path += c;
    }
  }
  out.prompt = text::trim(std::string_view(argument).substr(i));
  return out;
}

bool holds_image(const chat::UserMessage& message) {
  return std::ranges::any_of(message.content,
                             [](const auto& block) { return std::holds_alternative<chat::Image>(block); });
}

std::string size_of(const chat::UserMessage& message) {
  std::uint64_t bytes = 0;
  for (const auto& block : message.content) {
    if (const auto* image = std::get_if<chat::Image>(&block)) bytes += image->bytes.size();
  }
  return render::size_text(bytes);
}

}  // namespace

Result<After> run_image(const std::string& argument, SlashContext& context) {
  const auto named = split(argument);
  if (named.path.empty()) return fail(ErrorKind::usage, "/image takes the path of an image");
  ERRAND_TRY_ASSIGN(auto message, context.message_with(named.prompt, named.path));
  if (!holds_image(message)) {
    return fail(ErrorKind::usage, fmt::format("{} is no image", named.path), "@path in a prompt attaches other files");
  }
  if (!named.prompt.empty()) {
    show_note(fmt::format("{} goes along ({})", file_name(named.path), size_of(message)), context);
    ERRAND_TRY(context.ask(message));
    return After::go_on;
  }
  context.say(fmt::format("{} ({}) goes with the next prompt", file_name(named.path), size_of(message)));
  context.chat.add_to_next(std::move(message.content));
  return After::go_on;
}

}  // namespace errand::repl
