#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/try.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_context(const std::string& argument, SlashContext& context);

namespace {

std::string share_of(std::int64_t tokens, std::int64_t window) {
  if (window <= 0) return {};
  return fmt::format("{:.1f}%", 100.0 * static_cast<double>(tokens) / static_cast<double>(window));
}

struct Row {
  std::string name;
  std::int64_t tokens = 0;
};

std::vector<Row> rows_of(const agent::ContextUse& use) {
  std::vector<Row> out;
  for (const auto& part : use.parts)
    out.push_back(
        {part.count > 1 ? fmt::format("{} ({})", part.name, part.count) : std::string(part.name), part.tokens});
  if (use.window > 0) out.push_back({"free", std::max<std::int64_t>(use.window - use.used, 0)});
  return out;
}

std::string summary_of(const agent::ContextUse& use) {
  if (use.window <= 0) return fmt::format("{}: {} tokens of an unknown window", use.model, use.used);
  return fmt::format("{}: {} of {} tokens ({}); at {:.0f}% the conversation is made shorter", use.model, use.used,
                     use.window, share_of(use.used, use.window), use.compact_at * 100);
}

}  // namespace

Result<After> run_context(const std::string&, SlashContext& context) {
  ERRAND_TRY_ASSIGN(const auto use, context.chat.context_use(context.begin()));
  context.say(summary_of(use));
  const auto rows = rows_of(use);
  std::size_t widest = 0;
  for (const auto& row : rows) widest = std::max(widest, row.name.size());
  for (const auto& row : rows) {
    const auto line =
        fmt::format("  {:{}}  {:>9}  {:>6}", row.name, widest, row.tokens, share_of(row.tokens, use.window));
    context.say(text::trim_end(line));
  }
  return After::go_on;
}

}  // namespace errand::repl
