#include <fmt/format.h>

#include "base/file.hpp"
#include "base/try.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_export(const std::string& argument, SlashContext& context);

namespace {

// Behind the last dot of the name; a name that begins with its only dot has none.
std::string ending_of(std::string_view file) {
  const auto name = file_name(file);
  const auto dot = name.rfind('.');
  return dot == std::string::npos || dot == 0 ? std::string() : name.substr(dot + 1);
}

Result<std::string> format_of(const std::string& file) {
  const auto ending = ending_of(file);
  if (ending.empty() || ending == "markdown") return std::string("md");
  for (const std::string_view format : {"md", "jsonl", "json", "html"}) {
    if (ending == format) return std::string(format);
  }
  return fail(ErrorKind::usage, fmt::format("there is no format for \"{}\"", file),
              "the name says it: .md, .jsonl, .json or .html");
}

}  // namespace

Result<After> run_export(const std::string& argument, SlashContext& context) {
  ERRAND_TRY_ASSIGN(auto id, session_of(context));
  ERRAND_TRY_ASSIGN(auto format, format_of(argument));
  // Names that come to mind are those of a project's own files, and nothing here brings one back.
  if (!argument.empty() && path_exists(argument)) {
    return fail(ErrorKind::usage, fmt::format("\"{}\" is there already", argument), "name a file that is not");
  }
  std::vector<std::string> words = {"sessions", "export", std::move(id), "--format", std::move(format)};
  if (!argument.empty()) words.insert(words.end(), {"-o", argument});
  ERRAND_TRY(context.run_command(std::move(words)));
  if (!argument.empty()) context.say(fmt::format("written to {}", argument));
  return After::go_on;
}

}  // namespace errand::repl
