#include "tool/diff.hpp"

#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_diff(const std::string& argument, SlashContext& context);

namespace {

using render::Style;

constexpr std::size_t max_diff_bytes = 256U << 10U;  // of one file

bool is_text(const std::optional<std::string>& content) {
  return !content || (content->find('\0') == std::string::npos && unicode::is_valid_utf8(*content));
}

Style style_of(std::string_view line) {
  if (line.starts_with('+')) return Style::added;
  if (line.starts_with('-')) return Style::removed;
  return line.starts_with("@@") ? Style::hunk : Style::text;
}

// As `diff -u` has it.
std::string head_of(const std::string& path, const agent::FileChange& change, const render::Theme& theme) {
  const auto from = change.before ? "a/" + path : std::string("/dev/null");
  const auto to = change.now ? "b/" + path : std::string("/dev/null");
  return fmt::format("{}\n{}\n", theme.paint("--- " + from, Style::text, render::mark::bold),
                     theme.paint("+++ " + to, Style::text, render::mark::bold));
}

std::string body_of(const agent::FileChange& change, const render::Theme& theme) {
  if (!change.unknown.empty()) return fmt::format("can't be compared: {}\n", change.unknown);
  if (!is_text(change.before) || !is_text(change.now)) return "binary files differ\n";
  const auto diff = tool::unified_diff(change.before.value_or(""), change.now.value_or(""),
                                       {.context_lines = 3, .max_bytes = max_diff_bytes});
  std::string out;
  for (const auto& line : text::lines(diff)) out += theme.paint(unicode::sanitize(line), style_of(line)) + '\n';
  return out;
}

bool is_changed(const agent::FileChange& change) {
  return !change.unknown.empty() || change.before != change.now;
}

// A file by its name here, its whole path, or a directory above it.
bool is_named(const agent::FileChange& change, const std::string& wanted, const SlashContext& context) {
  if (wanted.empty()) return true;
  const auto path = normalize_path(join_path(context.config.sources.cwd, wanted));
  return change.path == path || is_within(change.path, path) || context.chat.shown_path(change.path) == wanted;
}

}  // namespace

Result<After> run_diff(const std::string& argument, SlashContext& context) {
  ERRAND_TRY_ASSIGN(const auto changes, context.chat.changed_files());
  const auto theme = context.appearance.theme();
  std::string out;
  for (const auto& change : changes) {
    if (!is_changed(change) || !is_named(change, argument, context)) continue;
    const auto path = unicode::sanitize(context.chat.shown_path(change.path));
    out += head_of(path, change, theme) + body_of(change, theme);
  }
  if (out.empty()) {
    context.say(argument.empty() ? "tools of this session changed no file, or all are as they were"
                                 : fmt::format("tools of this session changed nothing in {}", argument));
  } else {
    context.show(out);
  }
  return After::go_on;
}

}  // namespace errand::repl
