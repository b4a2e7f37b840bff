#include <chrono>
#include <limits>

#include <fmt/format.h>

#include "base/id.hpp"
#include "base/json.hpp"
#include "base/rewrites.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "tool/arguments.hpp"
#include "tool/builtin.hpp"
#include "tool/files.hpp"
#include "tool/shell_end.hpp"
#include "tool/shell_output.hpp"

namespace errand::tool {

namespace {

constexpr std::int64_t default_timeout_s = 120;

const chat::ToolSpec bash_spec{
    .name = "Bash",
    .description =
        "Run a command with bash in a sandbox; the working directory is kept between calls. No input, usually "
        "no network. Use Read, Edit, Glob and Grep for files.",
    .input_schema = R"({"type":"object","properties":{"command":{"type":"string","minLength":1},)"
                    R"("timeout":{"type":"number","minimum":1,"maximum":600,"description":"seconds; default 120"},)"
                    R"("description":{"type":"string","description":"what it does, in a few words"},)"
                    R"("run_in_background":{"type":"boolean"}},)"
                    R"("required":["command"],"additionalProperties":false})",
    .effect = chat::Effect::execute,
    .parallel_safe = false,
};

// The command is evaluated rather than given as the script, so that the trap stands before its first line without
// moving its line numbers. The trap also runs after `exit 3` and `set -e`, and writes where the output went at first; a
// command that replaces the shell or the trap leaves no note, and the directory stays what it was.
std::string script_with_note(std::string_view key) {
  return fmt::format(
      R"(exec {{ERRAND_OUT}}>&1; trap '{{ set +x; printf "\0{}:%s\0" "$PWD" >&"$ERRAND_OUT"; }} 2>/dev/null' EXIT; eval "$1")",
      key);
}

void append_note(std::string& text, std::string_view note) {
  if (note.empty()) return;
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  text += note;
}

bool is_for_background(const Json& input) {
  const auto& later = field_at(input, "run_in_background");
  return later.is_boolean() && later.get<bool>();
}

class BashTool final : public Tool {
 public:
  [[nodiscard]] const chat::ToolSpec& spec() const override { return bash_spec; }

  [[nodiscard]] std::string subject(const Json& input) const override { return string_at(input, "command"); }

  [[nodiscard]] std::string summary(const Json& input) const override {
    const auto command = string_at(input, "command");
    const auto first = text::first_line(text::trim(command));
    const bool has_more = text::trim(command).size() > first.size();
    return fmt::format("Bash {}{}{}", text::ellipsize(first, 200), has_more ? " …" : "",
                       is_for_background(input) ? ", in the background" : "");
  }

  Result<Output> run(const Json& input, const Context& context, const Call& call) override {
    if (is_for_background(input)) {
      return start_in_background(input, context);
    }
    const auto key = fmt::format("errand-cwd-{}", random_hex(16));
    sandbox::Command command;
    command.argv = {"/bin/bash", "-c", script_with_note(key), "/bin/bash", string_at(input, "command")};
    command.cwd = starting_directory(context);
    command.on_contact = context.on_contact;

    std::string output;
    NoteFilter filter(key);
    const auto finished = [&] {
      LiveOutput live(live_pass(context), context.max_live_bytes);
      const auto take = [&](std::string_view bytes) {
        output += bytes;
        live.feed(bytes);
      };
      auto result = context.shell.run(
          command, policy_for(context), [&](OutputStream, std::string_view bytes) { take(filter.feed(bytes)); },
          call.within(timeout_of(input)));
      take(filter.finish());
      return result;
    }();
    ERRAND_TRY(finished);

    auto text = unicode::sanitize(text::last_rewrites(output));
    append_note(text, describe_end(*finished, command.max_output_bytes));
    if (!finished->note.empty()) append_note(text, fmt::format("[{}]", finished->note));
    append_note(text, keep_directory(context, filter.note()));
    if (!context.files.policy().enforced) append_note(text, "[ran without a sandbox]");
    auto out = text_output(text.empty() ? "(no output)" : std::move(text));
    out.is_error = finished->end != ProcessEnd::exited || finished->exit_code != 0;
    return out;
  }

 private:
  // It has no time limit and keeps no directory, and nobody sees its output before BashOutput asks for it.
  static Result<Output> start_in_background(const Json& input, const Context& context) {
    sandbox::Command command;
    command.argv = {"/bin/bash", "-c", string_at(input, "command")};
    command.cwd = starting_directory(context);
    command.max_output_bytes = std::numeric_limits<std::size_t>::max();
    ERRAND_TRY_ASSIGN(const auto id, context.state.shells.start(
                                         [&shell = context.shell, policy = policy_for(context),
                                          command = std::move(command)](const OnOutput& on_output, const Call& call) {
                                           return shell.run(command, policy, on_output, call);
                                         },
                                         string_at(input, "command")));
    return text_output(
        fmt::format("started in the background as {}; BashOutput shows what it prints, KillShell ends it. "
                    "It ends with the session",
                    id));
  }

  static sandbox::SandboxPolicy policy_for(const Context& context) {
    auto policy = context.files.policy();
    policy.env.insert(policy.env.end(), context.env.begin(), context.env.end());
    return policy;
  }

  static std::chrono::milliseconds timeout_of(const Json& input) {
    const auto& field = field_at(input, "timeout");
    const double seconds = field.is_number() ? field.get<double>() : static_cast<double>(default_timeout_s);
    return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
  }

  static LiveOutput::Pass live_pass(const Context& context) {
    if (!context.report) return {};
    return [&context](std::string text) {
      context.report(chat::event::ToolOutput{context.call_id, "stdout", std::move(text)});
    };
  }

  // Where the last command ended, when that is still a directory we may be in.
  static std::string starting_directory(const Context& context) {
    const auto kept = context.state.shell_cwd.with([](const std::string& cwd) { return cwd; });
    if (kept.empty()) return context.cwd;
    return usable_directory(context, kept).value_or(context.cwd);
  }

  static std::optional<std::string> usable_directory(const Context& context, const std::string& path) {
    const auto resolved = context.files.resolve(path, "/");
    if (!resolved || !resolved->exists) return std::nullopt;
    if (!context.files.open_directory(*resolved, sandbox::Leave::roots_only)) return std::nullopt;
    return resolved->path;
  }

  // The command wrote the note and may have written anything: it is a path to look up like a model's. Returns what the
  // model has to know.
  static std::string keep_directory(const Context& context, const std::optional<std::string>& note) {
    if (!note || note->empty() || !note->starts_with('/')) return {};
    if (auto directory = usable_directory(context, *note)) {
      context.state.shell_cwd.with([&](std::string& cwd) { cwd = *std::move(directory); });
      return {};
    }
    const auto next = starting_directory(context);
    return fmt::format("[the next command starts in {}: {} is not kept between commands]", context.files.display(next),
                       text::ellipsize(unicode::sanitize(*note), 200));
  }
};

}  // namespace

std::unique_ptr<Tool> make_bash() {
  return std::make_unique<BashTool>();
}

}  // namespace errand::tool
