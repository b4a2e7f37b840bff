#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "tool/arguments.hpp"
#include "tool/builtin.hpp"
#include "tool/files.hpp"
#include "tool/walk.hpp"

namespace errand::tool {

namespace {

// A skill's directory may hold a whole program; its SKILL.md names what matters.
constexpr std::size_t max_listed_files = 50;

const chat::ToolSpec skill_spec{
    .name = "Skill",
    .description = "Load a skill named in the system prompt: its instructions, its directory and the files in it.",
    .input_schema = R"({"type":"object","properties":{"name":{"type":"string","minLength":1}},"required":["name"],)"
                    R"("additionalProperties":false})",
    .effect = chat::Effect::none,
    .parallel_safe = true,
};

// Behind "---" … "---" at the start; all of it when that is not closed.
std::string_view without_front_matter(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  if (text::trim_end(text::first_line(text)) != "---") return text;
  for (auto at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    const auto rest = text.substr(at + 1);
    if (text::trim_end(text::first_line(rest)) != "---") continue;
    const auto end = rest.find('\n');
    return end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  return text;
}

class SkillTool final : public Tool {
 public:
  [[nodiscard]] const chat::ToolSpec& spec() const override { return skill_spec; }

  [[nodiscard]] std::string subject(const Json& input) const override { return string_at(input, "name"); }

  [[nodiscard]] std::string summary(const Json& input) const override {
    return fmt::format("Skill {}", brief_at(input, "name"));
  }

  Result<Output> run(const Json& input, const Context& context, const Call& call) override {
    const auto name = string_at(input, "name");
    const auto skill = std::ranges::find(context.skills, name, &chat::SkillDefinition::name);
    if (skill == context.skills.end()) return unknown(context, name);
    // Ours to look up: the model named a skill, not a path.
    ERRAND_TRY_ASSIGN(const auto file, context.files.resolve(join_path(skill->directory, "SKILL.md"), "/"));
    ERRAND_TRY_ASSIGN(const auto content, read_whole(context, file));
    ERRAND_TRY_ASSIGN(const auto files, files_of(*skill, context, call));
    const auto body = text::trim(without_front_matter(content.content));
    return text_output(fmt::format("{}\n\nDirectory of this skill: {}\n{}", unicode::sanitize(body),
                                   unicode::sanitize(skill->directory), files));
  }

 private:
  static Result<Output> unknown(const Context& context, const std::string& name) {
    std::vector<std::string> known;
    for (const auto& skill : context.skills) known.push_back(skill.name);
    return fail(ErrorKind::failure, fmt::format("there is no skill \"{}\"; {}", text::ellipsize(name, 60),
                                                text::suggest(name, known, "skills")));
  }

  static Result<std::string> files_of(const chat::SkillDefinition& skill, const Context& context, const Call& call) {
    ERRAND_TRY_ASSIGN(const auto directory, context.files.resolve(skill.directory, "/"));
    ERRAND_TRY_ASSIGN(auto root, open_walk_root(context, directory));
    root.ignore = nullptr;  // what a repository around it ignores is still the skill's
    std::vector<std::string> names;
    const Visit visit = [&](const Found& found) -> Result<void> {
      if (found.relative != "SKILL.md") names.push_back(unicode::sanitize(found.relative));
      return {};
    };
    ERRAND_TRY(walk(
        std::move(root), context, {.enter = {}, .threads = 1}, [&] { return visit; }, call));
    if (names.empty()) return std::string("It has no other files.\n");
    std::ranges::sort(names);
    const auto listed = std::min(names.size(), max_listed_files);
    auto out = fmt::format("Its files: {}",
                           fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(listed), ", "));
    if (names.size() > listed) out += fmt::format(" and {} more", names.size() - listed);
    return out + '\n';
  }
};

}  // namespace

std::unique_ptr<Tool> make_skill() {
  return std::make_unique<SkillTool>();
}

}  // namespace errand::tool
