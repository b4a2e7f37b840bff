#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/try.hpp"
#include "repl/printed.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_output(const std::string& argument, SlashContext& context);

namespace {

// Where the results that were too long for the model are.
std::string files_directory(const SlashContext& context) {
  const auto id = context.chat.session_id();
  if (!context.menus || id.empty()) return {};
  return context.menus->store.files_directory(id).value_or("");
}

bool is_newer(const OwnOutput& own, const std::vector<EndedCall>& calls) {
  return calls.empty() || calls.front().ended <= own.ended;
}

Result<std::size_t> number_in(const std::string& argument, std::size_t count) {
  std::size_t number = 0;
  const auto* const end = argument.data() + argument.size();
  const auto [at, failed] = std::from_chars(argument.data(), end, number);
  if (failed != std::errc{} || at != end || number == 0) {
    return fail(ErrorKind::usage, fmt::format("\"{}\" is no tool call", argument),
                "/output 1 is the newest, /output 2 the one before it; Tab lists them. /output thinking");
  }
  if (number <= count) return number;
  return fail(ErrorKind::usage, fmt::format("there is no tool call {}: this session has {}", number, count));
}

Result<std::string> text_for(const std::string& argument, const SlashContext& context) {
  const auto& own = context.last_output;
  ERRAND_TRY_ASSIGN(const auto history, context.chat.conversation());
  if (argument == "thinking") {
    auto out = newest_thinking(history);
    if (out.empty()) return fail(ErrorKind::failure, "the model told nothing of what it thought");
    return out;
  }
  const auto calls = ended_calls(history);
  if (argument.empty() && own && is_newer(*own, calls)) return own->text;
  if (argument.empty() && calls.empty()) {
    return fail(ErrorKind::failure, "nothing has printed in this chat: no tool, and no command of yours",
                "!make runs make in the sandbox");
  }
  ERRAND_TRY_ASSIGN(const auto number, argument.empty() ? Result<std::size_t>(1) : number_in(argument, calls.size()));
  return text_of(calls.at(number - 1), files_directory(context));
}

}  // namespace

Result<After> run_output(const std::string& argument, SlashContext& context) {
  ERRAND_TRY_ASSIGN(const auto text, text_for(argument, context));
  ERRAND_TRY(context.page(text));
  return After::go_on;
}

}  // namespace errand::repl
