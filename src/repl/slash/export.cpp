#include <fmt/format.h>

#include "base/try.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_export(const std::string& argument, SlashContext& context);

namespace {

std::string_view format_of(const std::string& file) {
  for (const std::string_view format : {"jsonl", "json", "html"}) {
    if (file.ends_with(fmt::format(".{}", format))) return format;
  }
  return "md";
}

}  // namespace

Result<After> run_export(const std::string& argument, SlashContext& context) {
  ERRAND_TRY_ASSIGN(auto id, session_of(context));
  std::vector<std::string> words = {"sessions", "export", std::move(id), "--format", std::string(format_of(argument))};
  if (!argument.empty()) words.insert(words.end(), {"-o", argument});
  ERRAND_TRY(context.run_command(std::move(words)));
  if (!argument.empty()) context.say(fmt::format("written to {}", argument));
  return After::go_on;
}

}  // namespace errand::repl
