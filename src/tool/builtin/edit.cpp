#include <fmt/format.h>

#include "base/json.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "tool/arguments.hpp"
#include "tool/builtin.hpp"
#include "tool/diff.hpp"
#include "tool/edit_text.hpp"
#include "tool/file_kind.hpp"
#include "tool/files.hpp"

namespace errand::tool {

namespace {

const chat::ToolSpec edit_spec{
    .name = "Edit",
    .description =
        "Replace exact text in a file that was Read. old_string must match once, white space included, unless "
        "replace_all. For several changes give edits instead; they apply in order, all or none.",
    .input_schema =
        R"({"type":"object","properties":{"file_path":{"type":"string"},"old_string":{"type":"string"},)"
        R"("new_string":{"type":"string"},"replace_all":{"type":"boolean"},"edits":{"type":"array","minItems":1,)"
        R"("items":{"type":"object","properties":{"old_string":{"type":"string"},"new_string":{"type":"string"},)"
        R"("replace_all":{"type":"boolean"}},"required":["old_string","new_string"],"additionalProperties":false}}},)"
        R"("required":["file_path"],"additionalProperties":false})",
    .effect = chat::Effect::write,
    .parallel_safe = false,
};

Replacement replacement_of(const Json& edit) {
  return {string_at(edit, "old_string"), string_at(edit, "new_string"),
          flag_at(edit, "replace_all", false) ? Occurrences::all : Occurrences::one};
}

// Either one edit in the input itself or a list of them; the schema can't say that in a way every model API takes.
Result<std::vector<Replacement>> replacements_of(const Json& input) {
  const bool has_old = field_at(input, "old_string").is_string();
  const bool has_new = field_at(input, "new_string").is_string();
  const auto& edits = field_at(input, "edits");
  if (edits.is_array()) {
    if (has_old || has_new) return fail(ErrorKind::failure, "Edit takes old_string and new_string, or edits; not both");
    std::vector<Replacement> out;
    for (const auto& edit : edits) out.push_back(replacement_of(edit));
    return out;
  }
  if (!has_old || !has_new) return fail(ErrorKind::failure, "Edit needs old_string and new_string, or a list of edits");
  return std::vector{replacement_of(input)};
}

class EditTool final : public Tool {
 public:
  [[nodiscard]] const chat::ToolSpec& spec() const override { return edit_spec; }

  [[nodiscard]] std::vector<Target> targets(const Json& input) const override {
    return {{string_at(input, "file_path"), true}};
  }

  [[nodiscard]] std::string summary(const Json& input) const override {
    const auto& edits = field_at(input, "edits");
    const auto path = brief_at(input, "file_path");
    if (!edits.is_array() || edits.size() < 2) return fmt::format("Edit {}", path);
    return fmt::format("Edit {} ({} edits)", path, edits.size());
  }

  Result<std::string> preview(const Json& input, const Context& context) const override {
    ERRAND_TRY_ASSIGN(const auto edited, edited_by(input, context));
    return unified_diff(edited.old.content, edited.content, whole_diff);
  }

  Result<Output> run(const Json& input, const Context& context, const Call& call) override {
    ERRAND_TRY(call.check());
    const auto& file = context.targets.at(0);
    ERRAND_TRY_ASSIGN(const auto edited, edited_by(input, context));
    ERRAND_TRY(call.check());
    ERRAND_TRY(context.files.write_file(file, edited.content, &edited.old.info, context.leave));
    remember_written(context, file, edited.content.size());
    return text_output(fmt::format("updated {}\n{}", shown_path(context, file.path),
                                   unicode::sanitize(unified_diff(edited.old.content, edited.content))));
  }

 private:
  struct Edited {
    WholeFile old;
    std::string content;
  };

  static Result<Edited> edited_by(const Json& input, const Context& context) {
    const auto& file = context.targets.at(0);
    ERRAND_TRY_ASSIGN(const auto edits, replacements_of(input));
    if (!file.exists) return missing(context, file, edits);
    ERRAND_TRY_ASSIGN(auto old, read_whole(context, file));
    ERRAND_TRY(require_seen(context, file, old.info));
    const auto shown = shown_path(context, file.path);
    if (const auto form = kind_of(old.content).form; form != FileForm::text) {
      return fail(ErrorKind::failure,
                  fmt::format("\"{}\" is {}; Edit changes UTF-8 text only", shown,
                              form == FileForm::utf16_little || form == FileForm::utf16_big ? "UTF-16" : "not text"));
    }
    auto changed = apply_replacements(old.content, edits);
    if (!changed) {
      auto error = std::move(changed).error();
      error.message = fmt::format("\"{}\": {}", shown, error.message);
      return fail(std::move(error));
    }
    return Edited{std::move(old), *std::move(changed)};
  }

  static Result<Edited> missing(const Context& context, const sandbox::Resolved& file,
                                const std::vector<Replacement>& edits) {
    const auto shown = shown_path(context, file.path);
    if (edits.front().old_text.empty()) {
      return fail(ErrorKind::failure,
                  fmt::format("no file \"{}\"; Edit changes files that exist: make it with Write", shown));
    }
    ERRAND_TRY(context.files.open_file(file, context.leave));  // whose error names similar files
    return fail(ErrorKind::failure, fmt::format("\"{}\" was made meanwhile; Read it first", shown));
  }
};

}  // namespace

std::unique_ptr<Tool> make_edit() {
  return std::make_unique<EditTool>();
}

}  // namespace errand::tool
