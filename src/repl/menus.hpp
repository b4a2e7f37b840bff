#pragma once

#include <optional>
#include <string>

#include "base/error.hpp"
#include "repl/line_reader.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

/// Puts a menu that the person asked for by a slash command. nullopt: it was left without a pick. Only where
/// `context.menus` is set.
Result<std::optional<std::size_t>> pick(const ChoiceRequest& request, SlashContext& context);

/// The choice among `choices` whose text is `current`; else the first.
[[nodiscard]] std::size_t current_among(const std::vector<Choice>& choices, std::string_view current);

}  // namespace errand::repl
