#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/try.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_config(const std::string& argument, SlashContext& context);

namespace {

// What the terminal looks like is changed here and now as well; all else is read when a chat begins. Without a value it
// is what it is by default.
std::string told_of_this_chat(const std::string& key, const std::string& value, const SlashContext& context) {
  const auto& look = context.appearance;
  if (key == "terminal.theme") {
    if (auto now = look.use_theme(value.empty() ? "auto" : value)) return *now;
  }
  if (key == "terminal.keys") {
    if (auto now = look.use_keys(value.empty() ? "emacs" : value)) return *now;
  }
  return "it holds from the next chat on; this one goes on as it began";
}

}  // namespace

Result<After> run_config(const std::string& argument, SlashContext& context) {
  auto words = words_of(argument);
  if (words.empty()) words.emplace_back("show");
  std::vector<std::string> plain;  // without options
  std::ranges::copy_if(words, std::back_inserter(plain), [](const auto& word) { return !word.starts_with("--"); });
  words.insert(words.begin(), "config");
  ERRAND_TRY(context.run_command(std::move(words)));
  const bool changes = !plain.empty() && (plain[0] == "set" || plain[0] == "unset");
  if (changes && plain.size() > 1) context.say(told_of_this_chat(plain[1], plain.size() > 2 ? plain[2] : "", context));
  return After::go_on;
}

}  // namespace errand::repl
