#include <fmt/format.h>

#include "base/json.hpp"
#include "base/try.hpp"
#include "tool/arguments.hpp"
#include "tool/builtin.hpp"
#include "tool/notes.hpp"

namespace errand::tool {

namespace {

const chat::ToolSpec memory_spec{
    .name = "Memory",
    .description =
        "Keep a one-line note for later sessions (how to build, conventions, preferences), or remove one. No secrets, "
        "nothing that files say.",
    .input_schema = R"({"type":"object","properties":{"action":{"type":"string","enum":["add","remove"]},)"
                    R"("note":{"type":"string","minLength":1,"maxLength":1000},)"
                    R"("scope":{"type":"string","enum":["project","user"]}},"required":["action","note"],)"
                    R"("additionalProperties":false})",
    .effect = chat::Effect::write,
    .parallel_safe = false,
};

Notes::Scope scope_of(const Json& input) {
  return string_at(input, "scope") == "user" ? Notes::Scope::user : Notes::Scope::project;
}

class MemoryTool final : public Tool {
 public:
  [[nodiscard]] const chat::ToolSpec& spec() const override { return memory_spec; }

  [[nodiscard]] std::string subject(const Json& input) const override {
    return scope_of(input) == Notes::Scope::user ? "user" : "project";
  }

  [[nodiscard]] std::string summary(const Json& input) const override {
    return fmt::format("Memory {} ({}): {}", string_at(input, "action"), subject(input), brief_at(input, "note"));
  }

  Result<Output> run(const Json& input, const Context& context, const Call& call) override {
    ERRAND_TRY(call.check());
    if (context.notes == nullptr) return fail(ErrorKind::failure, "nothing is kept across sessions here");
    const auto note = string_at(input, "note");
    if (string_at(input, "action") == "remove") {
      ERRAND_TRY(context.notes->remove(scope_of(input), note));
      return text_output("removed; it holds until this session ends");
    }
    ERRAND_TRY(context.notes->add(scope_of(input), note));
    return text_output("kept; later sessions begin with it");
  }
};

}  // namespace

std::unique_ptr<Tool> make_memory() {
  return std::make_unique<MemoryTool>();
}

}  // namespace errand::tool
