#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "tool/arguments.hpp"
#include "tool/builtin.hpp"

namespace errand::tool {

namespace {

const chat::ToolSpec ask_spec{
    .name = "AskUserQuestion",
    .description = "Ask the user what only they can decide. They may also answer in their own words.",
    .input_schema =
        R"({"type":"object","properties":{"questions":{"type":"array","minItems":1,"maxItems":4,"items":{"type":"object",)"
        R"("properties":{"question":{"type":"string","minLength":1},"header":{"type":"string",)"
        R"("description":"at most 12 characters"},"options":{"type":"array","minItems":2,"maxItems":6,"items":)"
        R"({"type":"object","properties":{"label":{"type":"string","minLength":1},"description":{"type":"string"}},)"
        R"("required":["label"],"additionalProperties":false}},"multiSelect":{"type":"boolean"}},)"
        R"("required":["question","options"],"additionalProperties":false}}},"required":["questions"],)"
        R"("additionalProperties":false})",
    .effect = chat::Effect::question,
    .parallel_safe = false,
};

std::string text_at(const Json& input, std::string_view key) {
  return unicode::sanitize(string_at(input, key));
}

std::vector<chat::event::Question> questions_of(const Json& input) {
  std::vector<chat::event::Question> out;
  for (const auto& item : field_at(input, "questions")) {
    chat::event::Question question{text_at(item, "question"), text_at(item, "header"), {}, false};
    question.multi_select = flag_at(item, "multiSelect", false);
    for (const auto& option : field_at(item, "options")) {
      question.options.push_back({text_at(option, "label"), text_at(option, "description")});
    }
    out.push_back(std::move(question));
  }
  return out;
}

Output error_output(std::string text) {
  auto out = text_output(std::move(text));
  out.is_error = true;
  return out;
}

class AskUserQuestionTool final : public Tool {
 public:
  [[nodiscard]] const chat::ToolSpec& spec() const override { return ask_spec; }

  [[nodiscard]] std::string summary(const Json& input) const override {
    const auto questions = questions_of(input);
    if (questions.empty()) return "AskUserQuestion";
    return fmt::format("AskUserQuestion {}{}", text::ellipsize(text::first_line(questions.front().question), 200),
                       questions.size() > 1 ? fmt::format(" (and {} more)", questions.size() - 1) : "");
  }

  Result<Output> run(const Json& input, const Context& context, const Call& call) override {
    if (!context.interaction.available()) {
      return error_output("no one is here to answer; go on with your best judgement");
    }
    const auto questions = questions_of(input);
    report(context, chat::event::AskUserQuestion{context.call_id, questions});
    auto answers = context.interaction.answer(questions, call);
    ERRAND_TRY(call.check());
    if (!answers) {
      return error_output(fmt::format("no answer came ({}); go on with your best judgement", answers.error().message));
    }
    if (answers->size() != questions.size()) {
      return fail(ErrorKind::internal, fmt::format("{} questions got {} answers", questions.size(), answers->size()));
    }
    report(context, chat::event::Answer{context.call_id, *answers});
    std::string out;
    for (std::size_t i = 0; i < questions.size(); ++i) {
      out += fmt::format("{}\n-> {}\n", questions[i].question, (*answers)[i].empty() ? "(no answer)" : (*answers)[i]);
    }
    return text_output(std::move(out));
  }

 private:
  static void report(const Context& context, chat::EventBody event) {
    if (context.report) context.report(std::move(event));
  }
};

}  // namespace

std::unique_ptr<Tool> make_ask_user_question() {
  return std::make_unique<AskUserQuestionTool>();
}

}  // namespace errand::tool
