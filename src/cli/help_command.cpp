#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/command.hpp"
#include "cli/help.hpp"
#include "cli/manual_page.hpp"
#include "cli/output.hpp"

namespace errand::cli {

namespace {

const HelpTopic* topic_named(std::string_view name) {
  const auto topics = help_topics();
  const auto found = std::ranges::find(topics, name, &HelpTopic::name);
  return found == topics.end() ? nullptr : &*found;
}

class HelpCommand final : public Command {
 public:
  void declare(Options& options) override { options.flag("--man", man_, "of a command, as a man page's source"); }

  Result<int> run(const std::vector<std::string>& words, const Invocation&) override {
    if (words.empty()) return print_out(overview());
    if (words.size() > 1) return fail(ErrorKind::usage, "help takes one command or topic", "errand help run");
    if (const auto* entry = find_command(words.front()); man_ && entry != nullptr)
      return print_out(manual_page(*entry));
    ERRAND_TRY_ASSIGN(const auto text, help_on(words.front()));
    return print_out(text);
  }

 private:
  bool man_ = false;
};

}  // namespace

std::string overview() {
  std::string out =
      "errand runs agents in the terminal: it sends a prompt to a model, lets it use sandboxed tools, and keeps the "
      "session.\n\n"
      "Usage: errand COMMAND [OPTIONS]\n"
      "       errand                        chat on a terminal; with piped stdin, run it as a prompt\n"
      "       errand -p PROMPT…             the same as errand run\n\nCommands:\n";
  for (const auto& entry : commands()) out += fmt::format("  {:<11} {}\n", entry.name, entry.summary);
  Globals globals;
  Options options("", "");
  declare_globals(options, globals);
  const auto help = options.help();
  out += "\n" + help.substr(help.find("Global options"));
  out += "\nTopics of errand help:\n";
  for (const auto& topic : help_topics()) out += fmt::format("  {:<13} {}\n", topic.name, topic.summary);
  out += "\nMore: errand help COMMAND, man errand\n";
  return out;
}

Result<std::string> help_on(const std::string& name) {
  const auto topics = help_topics();
  if (const auto* topic = topic_named(name)) return topic->text();
  const auto* entry = find_command(name);
  const auto* format = topic_named("errand-" + name);
  if (entry == nullptr && format != nullptr) return format->text();
  if (entry == nullptr) {
    std::vector<std::string> names;
    for (const auto& known : commands()) names.emplace_back(known.name);
    for (const auto& known : topics) names.emplace_back(known.name);
    return fail(ErrorKind::usage, fmt::format("there is no command or topic \"{}\"", name),
                text::suggest(name, names, "commands and topics"));
  }
  Globals globals;
  const auto made = entry->make();
  auto out = options_of(*entry, *made, globals).help();
  if (format != nullptr) out += fmt::format("\nThe format of {}: errand help {}\n", format->summary, format->name);
  return out;
}

std::unique_ptr<Command> make_help_command() {
  return std::make_unique<HelpCommand>();
}

}  // namespace errand::cli
