#include <fmt/format.h>

#include "base/text.hpp"
#include "base/try.hpp"
#include "config/lookup.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_model(const std::string& argument, SlashContext& context);

Result<After> run_model(const std::string& argument, SlashContext& context) {
  if (!argument.empty()) {
    const std::vector<std::string> models = {argument};
    ERRAND_TRY(config::resolve_models(context.config, models, context.config.sources.cwd));
    context.chat.use_models(models);
  }
  context.say(fmt::format("model: {}", text::join(context.chat.definition().models, ",")));
  return After::go_on;
}

}  // namespace errand::repl
