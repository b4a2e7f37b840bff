#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/agent.hpp"
#include "agent/services.hpp"
#include "agent/session.hpp"

namespace errand::agent {

/// A kind of what is sent with the next request.
struct ContextPart {
  std::string_view name;    ///< "system prompt", "tool results"
  std::int64_t tokens = 0;  ///< estimated
  std::size_t count = 0;    ///< how many there are: tools, prompts, results
  bool operator==(const ContextPart&) const = default;
};

/// What fills a model's window. Sizes in tokens.
struct ContextUse {
  std::string model;
  std::int64_t window = 0;         ///< 0: unknown
  std::int64_t estimated = 0;      ///< the sum of the parts
  std::int64_t used = 0;           ///< what the API counted last and what came since; before that as estimated
  double compact_at = 0.8;         ///< the share of the window at which the conversation is made shorter
  std::vector<ContextPart> parts;  ///< those that are there, in the order they are sent
};

/// Of the next request, without its prompt; in the estimates that compaction goes by.
ContextUse context_use(const Agent& agent, const Session& session, const Services& services);

}  // namespace errand::agent
