#include "repl/menus.hpp"

#include <algorithm>

#include "base/try.hpp"

namespace errand::repl {

Result<std::optional<std::size_t>> pick(const ChoiceRequest& request, SlashContext& context) {
  ERRAND_TRY_ASSIGN(const auto picked, context.menus->lines.choose(request, context.begin()));
  if (picked.end != Picked::End::picked) return std::nullopt;
  return std::optional(picked.choices.front());
}

std::size_t current_among(const std::vector<Choice>& choices, std::string_view current) {
  const auto found = std::ranges::find(choices, current, &Choice::text);
  return found == choices.end() ? 0 : static_cast<std::size_t>(found - choices.begin());
}

}  // namespace errand::repl
