#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "chat/agent.hpp"
#include "policy/glimpse.hpp"
#include "policy/match.hpp"

namespace errand::policy {

/// How a deny or ask rule's `spec` fits the command line that `glimpse` was taken of. Names too much rather than too
/// little: beside exact commands and prefixes a '*' anywhere stands for any text, and options may stand between the
/// rule's words.
Match match_command(std::string_view spec, std::string_view line, const Glimpse& glimpse);

/// What allow rules say to a command line.
struct Allowance {
  bool allowed = false;
  std::string rule;        ///< the first that was needed, as written
  std::string suggestion;  ///< the narrowest rule still missing; empty when none can be written
};

/// Whether the allow rules of `rules` that name Bash allow every simple command of `line`.
Allowance allow_command(std::span<const chat::Rule> rules, std::string_view line);

}  // namespace errand::policy
