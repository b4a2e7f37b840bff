#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "tool/arguments.hpp"
#include "tool/builtin.hpp"
#include "tool/diff.hpp"
#include "tool/file_kind.hpp"
#include "tool/files.hpp"

namespace errand::tool {

namespace {

const chat::ToolSpec write_spec{
    .name = "Write",
    .description = "Create a file or replace all of it. An existing file must have been Read. Prefer Edit for changes.",
    .input_schema = R"({"type":"object","properties":{"file_path":{"type":"string"},"content":{"type":"string"}},)"
                    R"("required":["file_path","content"],"additionalProperties":false})",
    .effect = chat::Effect::write,
    .parallel_safe = false,
};

class WriteTool final : public Tool {
 public:
  [[nodiscard]] const chat::ToolSpec& spec() const override { return write_spec; }

  [[nodiscard]] std::vector<Target> targets(const Json& input) const override {
    return {{string_at(input, "file_path"), true}};
  }

  [[nodiscard]] std::string summary(const Json& input) const override {
    return fmt::format("Write {} ({})", brief_at(input, "file_path"),
                       text::count_of(count_lines(string_at(input, "content")), "line"));
  }

  // What can't be compared by lines has nothing to show here: too large, no text, or the same as before.
  Result<std::string> preview(const Json& input, const Context& context) const override {
    const auto& file = context.targets.at(0);
    const auto content = string_at(input, "content");
    if (!file.exists) return unified_diff({}, content, whole_diff);
    ERRAND_TRY_ASSIGN(const auto opened, context.files.open_file(file, context.leave));
    ERRAND_TRY(require_seen(context, file, opened.info));
    const auto old = read_whole(context, file);
    if (!old || kind_of(old->content).form != FileForm::text) return std::string();
    return unified_diff(old->content, content, whole_diff);
  }

  Result<Output> run(const Json& input, const Context& context, const Call& call) override {
    ERRAND_TRY(call.check());
    const auto& file = context.targets.at(0);
    const auto content = string_at(input, "content");
    struct stat old {};
    if (file.exists) {
      ERRAND_TRY_ASSIGN(const auto opened, context.files.open_file(file, context.leave));
      ERRAND_TRY(require_seen(context, file, opened.info));
      old = opened.info;
    }
    ERRAND_TRY(context.files.write_file(file, content, file.exists ? &old : nullptr, context.leave));
    remember_written(context, file, content.size());
    return text_output(fmt::format("{} {} ({})", file.exists ? "updated" : "created", shown_path(context, file.path),
                                   text::count_of(count_lines(content), "line")));
  }
};

}  // namespace

std::unique_ptr<Tool> make_write() {
  return std::make_unique<WriteTool>();
}

}  // namespace errand::tool
