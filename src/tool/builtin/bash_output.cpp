#include <fmt/format.h>
#include <fmt/ranges.h>
#include <re2/re2.h>

#include "base/json.hpp"
#include "base/rewrites.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "tool/arguments.hpp"
#include "tool/builtin.hpp"
#include "tool/shell_end.hpp"
#include "tool/shells.hpp"

namespace errand::tool {

namespace {

const chat::ToolSpec bash_output_spec{
    .name = "BashOutput",
    .description = "What a background command printed since you last asked, and whether it still runs.",
    .input_schema = R"({"type":"object","properties":{"id":{"type":"string","minLength":1},)"
                    R"("filter":{"type":"string","description":"regex (RE2): only these lines"}},)"
                    R"("required":["id"],"additionalProperties":false})",
    .effect = chat::Effect::none,
    .parallel_safe = false,
};

const chat::ToolSpec kill_shell_spec{
    .name = "KillShell",
    .description = "End a background command.",
    .input_schema = R"({"type":"object","properties":{"id":{"type":"string","minLength":1}},)"
                    R"("required":["id"],"additionalProperties":false})",
    .effect = chat::Effect::none,
    .parallel_safe = false,
};

tl::unexpected<Error> no_such_shell(const std::string& id, const Shells& shells) {
  const auto known = shells.ids();
  return fail(ErrorKind::failure,
              known.empty()
                  ? fmt::format("there is no background command \"{}\": none was started", id)
                  : fmt::format("there is no background command \"{}\"; there are: {}", id, fmt::join(known, ", ")));
}

Result<std::string> lines_that_match(const std::string& output, const std::string& filter) {
  RE2::Options options;
  options.set_log_errors(false);
  const RE2 pattern(filter, options);
  if (!pattern.ok()) {
    return fail(ErrorKind::failure,
                fmt::format("the filter \"{}\" is no regular expression (RE2): {}", filter, pattern.error()));
  }
  std::string out;
  for (const auto& line : text::lines(output)) {
    if (RE2::PartialMatch(line, pattern)) out.append(line).push_back('\n');
  }
  return out;
}

std::string state_of(const Shells::News& news) {
  if (!news.finished) return "[still running]";
  const auto& ended = *news.finished;
  if (!ended && ended.error().kind == ErrorKind::cancelled) return "[ended by KillShell]";  // before it had begun
  if (!ended) return fmt::format("[could not run: {}]", ended.error().message);
  if (ended->end == ProcessEnd::cancelled) return "[ended by KillShell]";
  if (!ended->note.empty()) return fmt::format("[{}]", ended->note);
  const auto said = describe_end(*ended, 0);
  return said.empty() ? "[ended, exit code 0]" : said;
}

class BashOutputTool final : public Tool {
 public:
  [[nodiscard]] const chat::ToolSpec& spec() const override { return bash_output_spec; }

  [[nodiscard]] std::string summary(const Json& input) const override {
    return fmt::format("BashOutput {}", string_at(input, "id"));
  }

  Result<Output> run(const Json& input, const Context& context, const Call& /*call*/) override {
    const auto id = string_at(input, "id");
    const auto filter = string_at(input, "filter");
    // Judged before the output is taken: a wrong filter must lose nothing.
    if (!filter.empty()) ERRAND_TRY(lines_that_match("", filter));
    auto news = context.state.shells.news(id);
    if (!news) return no_such_shell(id, context.state.shells);
    auto output = text::last_rewrites(news->output);
    if (!filter.empty()) {
      ERRAND_TRY_ASSIGN(output, lines_that_match(output, filter));
    }
    auto text = unicode::sanitize(output);
    if (news->dropped_bytes > 0) text = fmt::format("[{} older bytes were dropped]\n{}", news->dropped_bytes, text);
    if (!text.empty() && !text.ends_with('\n')) text += '\n';
    return text_output(text + state_of(*news));
  }
};

class KillShellTool final : public Tool {
 public:
  [[nodiscard]] const chat::ToolSpec& spec() const override { return kill_shell_spec; }

  [[nodiscard]] std::string summary(const Json& input) const override {
    return fmt::format("KillShell {}", string_at(input, "id"));
  }

  Result<Output> run(const Json& input, const Context& context, const Call& /*call*/) override {
    const auto id = string_at(input, "id");
    if (!context.state.shells.stop(id)) return no_such_shell(id, context.state.shells);
    return text_output(fmt::format("{} has ended; BashOutput shows what it printed last", id));
  }
};

}  // namespace

std::unique_ptr<Tool> make_bash_output() {
  return std::make_unique<BashOutputTool>();
}

std::unique_ptr<Tool> make_kill_shell() {
  return std::make_unique<KillShellTool>();
}

}  // namespace errand::tool
