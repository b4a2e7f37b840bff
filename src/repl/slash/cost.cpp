#include <fmt/format.h>

#include "base/money.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "render/summary.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_cost(const std::string& argument, SlashContext& context);

Result<After> run_cost(const std::string&, SlashContext& context) {
  ERRAND_TRY_ASSIGN(const auto id, session_of(context));
  ERRAND_TRY_ASSIGN(const auto info, context.find_session(id));
  const auto cost = info.cost_usd ? format_usd(*info.cost_usd) : std::string("price unknown");
  context.say(fmt::format("{} in {}, {}, {}", text::count_of(static_cast<std::size_t>(info.turns), "turn"),
                          text::count_of(static_cast<std::size_t>(info.runs), "run"), render::tokens_line(info.usage),
                          cost));
  return After::go_on;
}

}  // namespace errand::repl
