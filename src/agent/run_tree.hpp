#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/report.hpp"
#include "agent/reporter.hpp"
#include "agent/services.hpp"
#include "base/sync.hpp"
#include "chat/event.hpp"

namespace errand::agent {

class Steering;

/// What a run and its subagents have used so far.
struct Spent {
  int turns = 0;  ///< also that whose reply is awaited
  chat::Usage usage;
  std::optional<double> cost_usd = 0.0;  ///< nullopt once a price or a usage was unknown
  double presumed_usd = 0;               ///< the cost as far as it is known or estimated; what limits see
  std::int64_t unreported_tokens = 0;    ///< estimated, of replies whose API said nothing; beside `usage`, for limits
  std::chrono::milliseconds api_time{0};
  std::int64_t reserved_tokens = 0;  ///< by requests under way (Bill), not yet spent
  double reserved_usd = 0;
};

/// What one run shares with all subagents it starts. Thread-safe.
struct RunTree {
  const Services& services;
  EventStream& stream;
  std::string session;       ///< the root's: what files held before is kept with it
  chat::Limits limits;       ///< the root agent's: turns, tokens and money hold for the whole tree
  std::string root_agent{};  ///< whose budgets hold for the whole tree too
  Sync<Spent> spent{};
  Sync<std::vector<chat::event::Denial>> denials{};
  ReportBook report{};
  Sync<std::map<std::string, int>> subagent_numbers{};  ///< for "root/reviewer#2"
  Sync<std::set<std::string>> unpriced{};               ///< models whose unknown price was warned of
  std::mutex asking{};                                  ///< one question to the person at a time
  Steering* steering = nullptr;                         ///< what the person says to the root agent; null: nothing
};

}  // namespace errand::agent
