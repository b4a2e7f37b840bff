#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

namespace {

using agent::Confinement;

Result<agent::PersonCommand> command_in(std::string_view line) {
  line.remove_prefix(1);
  const bool outside = line.starts_with('!');
  if (outside) line.remove_prefix(1);
  agent::PersonCommand out{.command = std::string(text::trim(line)),
                           .where = outside ? Confinement::none : Confinement::sandboxed};
  if (out.command.empty()) {
    return fail(ErrorKind::usage, "there is no command behind the \"!\"",
                "!make runs make in the sandbox, !!make outside of it; both show it to the model");
  }
  return out;
}

std::string mark_of(const agent::PersonCommand& command) {
  return command.where == Confinement::none ? "!!" : "!";
}

}  // namespace

Result<void> run_shell_line(std::string_view line, SlashContext& context) {
  ERRAND_TRY_ASSIGN(const auto wanted, command_in(line));
  if (wanted.where == Confinement::none) {
    ERRAND_TRY_ASSIGN(const bool yes, context.confirm(fmt::format("run outside the sandbox: {}\n[y]es, or Enter for no",
                                                                  unicode::sanitize(wanted.command))));
    if (!yes) return {};
  }
  auto& shown = context.command;
  shown.begin(fmt::format("{} {}", mark_of(wanted), text::first_line(wanted.command)));
  bool ends_line = true;
  const auto said = [&](std::string_view text) {
    if (text.empty()) return;
    shown.said(text);
    ends_line = text.ends_with('\n');
  };
  auto result = context.chat.run_command(wanted, said, context.begin());
  if (result) said(unicode::sanitize(result->rest));
  if (!ends_line) shown.said("\n");
  shown.end("/output shows all of it");
  if (!result) return fail(result.error());
  context.last_output = {
      .command = unicode::sanitize(mark_of(wanted) + wanted.command), .text = std::move(result->text), .ended = now()};
  return {};
}

}  // namespace errand::repl
