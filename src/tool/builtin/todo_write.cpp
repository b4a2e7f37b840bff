#include <algorithm>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/unicode.hpp"
#include "tool/arguments.hpp"
#include "tool/builtin.hpp"
#include "tool/todos.hpp"

namespace errand::tool {

namespace {

const chat::ToolSpec todo_spec{
    .name = "TodoWrite",
    .description =
        "Replace the todo list the user sees. For work of several steps: one in_progress at a time, completed "
        "as soon as it is.",
    .input_schema = R"({"type":"object","properties":{"todos":{"type":"array","maxItems":100,"items":{"type":"object",)"
                    R"("properties":{"content":{"type":"string","minLength":1},"status":{"type":"string",)"
                    R"("enum":["pending","in_progress","completed"]},"activeForm":{"type":"string",)"
                    R"("description":"while in progress: Running tests"}},"required":["content","status"],)"
                    R"("additionalProperties":false}}},"required":["todos"],"additionalProperties":false})",
    .effect = chat::Effect::none,
    .parallel_safe = false,
};

std::string counts(const std::vector<chat::event::TodoItem>& items) {
  const auto with = [&](std::string_view status) {
    return std::ranges::count(items, status, &chat::event::TodoItem::status);
  };
  return fmt::format("{}: {} completed, {} in progress, {} pending", text::count_of(items.size(), "todo"),
                     with("completed"), with("in_progress"), with("pending"));
}

class TodoWriteTool final : public Tool {
 public:
  [[nodiscard]] const chat::ToolSpec& spec() const override { return todo_spec; }

  [[nodiscard]] std::string summary(const Json& input) const override {
    return fmt::format("TodoWrite {}", counts(todo_items(input)));
  }

  Result<Output> run(const Json& input, const Context& context, const Call& /*call*/) override {
    auto items = todo_items(input);
    auto text = counts(items);
    context.state.todos.with([&](auto& todos) { todos = items; });
    if (context.report) context.report(chat::event::Todo{std::move(items)});
    return text_output(std::move(text));
  }
};

}  // namespace

std::vector<chat::event::TodoItem> todo_items(const Json& input) {
  std::vector<chat::event::TodoItem> out;
  const auto& todos = field_at(input, "todos");
  if (!todos.is_array()) return out;
  for (const auto& todo : todos) {
    out.push_back({unicode::sanitize(string_at(todo, "content")), string_at(todo, "status"),
                   unicode::sanitize(string_at(todo, "activeForm"))});
  }
  return out;
}

std::unique_ptr<Tool> make_todo_write() {
  return std::make_unique<TodoWriteTool>();
}

}  // namespace errand::tool
