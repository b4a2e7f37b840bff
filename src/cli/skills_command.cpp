#include <fmt/format.h>

#include "base/exit_code.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "chat/event_json.hpp"
#include "cli/command.hpp"
#include "cli/listing.hpp"
#include "cli/output.hpp"
#include "cli/setup.hpp"
#include "config/lookup.hpp"

namespace errand::cli {

namespace {

Json skill_json(const config::SkillEntry& entry) {
  auto shadows = Json::array();
  for (const auto& one : entry.shadowed)
    shadows.push_back({{"layer", name_of(one.layer)}, {"where", to_string(one.where)}});
  return {{"name", entry.definition.name},
          {"description", entry.definition.description},
          {"directory", entry.definition.directory},
          {"layer", name_of(entry.layer)},
          {"shadows", std::move(shadows)}};
}

class SkillsCommand final : public Command {
 public:
  void declare(Options& options) override { options.flag("--json", json_, "as JSON"); }

  Result<int> run(const std::vector<std::string>& words, const Invocation& invocation) override {
    using Argument = VerbSpec::Argument;
    ERRAND_TRY_ASSIGN(
        const auto verb,
        read_verb("errand skills", words, {{"list"}, {"show", Argument::required}, {"check", Argument::required}}));
    if (verb.name == "check") return check(verb.argument);
    ERRAND_TRY_ASSIGN(const auto config, load_configuration(invocation));
    if (verb.name == "list") return list(config.skills);
    ERRAND_TRY_ASSIGN(const auto* entry, config::find_skill(config, verb.argument));
    return show(*entry);
  }

 private:
  Result<int> list(const std::vector<config::SkillEntry>& skills) const {
    if (json_) {
      auto items = Json::array();
      for (const auto& skill : skills) items.push_back(skill_json(skill));
      return print_json({{"skills", std::move(items)}});
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& skill : skills) {
      auto from = std::string(name_of(skill.layer));
      if (!skill.shadowed.empty()) from += fmt::format(" (shadows {})", name_of(skill.shadowed.front().layer));
      rows.push_back({skill.definition.name, from, std::string(text::first_line(skill.definition.description))});
    }
    return print_table({{"name"}, {"from"}, {"description", Width::flexible}}, rows);
  }

  Result<int> show(const config::SkillEntry& entry) const {
    ERRAND_TRY_ASSIGN(const auto body, read_file(join_path(entry.definition.directory, "SKILL.md")));
    if (json_) {
      auto out = skill_json(entry);
      out["content"] = body;
      return print_json(out);
    }
    return print_out(unicode::sanitize(body));
  }

  Result<int> check(const std::string& path) const {
    const auto mistakes = config::check_skill(path);
    const int code = mistakes.empty() ? exit_success : exit_code_of(ErrorKind::config);
    std::string out;
    auto items = Json::array();
    for (const auto& mistake : mistakes) {
      out += fmt::format("{}: {}\n", mistake.where ? to_string(*mistake.where) : path, mistake.message);
      if (!mistake.hint.empty()) out += fmt::format("  hint: {}\n", mistake.hint);
      items.push_back(chat::to_json(mistake));
    }
    out += text::count_of(mistakes.size(), "mistake") + "\n";
    ERRAND_TRY_ASSIGN(const auto printed, json_ ? print_json({{"mistakes", std::move(items)}}) : print_out(out));
    return printed != exit_success ? printed : code;
  }

  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_skills_command() {
  return std::make_unique<SkillsCommand>();
}

}  // namespace errand::cli
