// Commands that are typed while a run works and need no turn of it.

#include <string>
#include <utility>

#include <unistd.h>

#include "base/unicode.hpp"
#include "render/fold.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

namespace {

// What the command says is collected, and what wants the terminal comes once it is lent.
SlashContext context_for(LineReader::Answered& out, const SlashContext& context) {
  auto beside = context;
  beside.begin = context.beside.begin;
  beside.say = [&out](std::string_view line) {
    out.said += render::fold(unicode::sanitize(line) + "\n", render::fold_columns(STDERR_FILENO));
  };
  beside.show = [&out](std::string_view text) { out.said += text; };
  beside.page = [&out, page = context.beside.page](const std::string& text) -> Result<void> {
    out.show = [page, text] { return page(text); };
    return {};
  };
  beside.run_command = [&out, run = context.beside.run_command](std::vector<std::string> words) -> Result<void> {
    out.show = [run, words = std::move(words)] { return run(words); };
    return {};
  };
  return beside;
}

}  // namespace

Result<std::optional<LineReader::Answered>> answer_beside(std::string_view line, const SlashContext& context) {
  if (!answers_beside(line) || !context.beside.page || !context.beside.run_command) return std::nullopt;
  LineReader::Answered out;
  Result<After> done = After::go_on;
  const bool runs = context.chat.beside_run([&] {
    auto beside = context_for(out, context);
    done = run_slash(line, beside);
  });
  if (!runs) return std::nullopt;
  if (!done) return fail(done.error());
  return out;
}

}  // namespace errand::repl
