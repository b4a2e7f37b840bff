#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/agent.hpp"
#include "agent/reporter.hpp"
#include "agent/session.hpp"
#include "base/call.hpp"

namespace errand::agent {

/// The first message to keep when a conversation is compacted: what is kept has about `budget` tokens at most and
/// begins with a prompt or a reply, so that calls and results stay together; the newest of these is always kept.
/// nullopt: there is nothing before it.
std::optional<std::size_t> cut_point(const Conversed& history, std::int64_t budget);

/// The messages before `keep` as text for the model that summarises: about `budget` tokens at most; results are
/// shortened, and of what is still too long the middle is left out, which is said.
std::string transcript(const Conversed& history, std::size_t keep, std::int64_t budget);

/// What came of a compaction.
struct Compacted {
  bool shorter = false;                        ///< there was something to leave out
  std::optional<provider::Reply> summarising;  ///< what asking for the summary cost, to be billed
};

/// Replaces the older part of the session's history by a summary that the agent's own model writes, keeps that as an
/// event, and tells it. The stored messages stay as they are. When the summary fails, the older part is dropped, which
/// the summary then says, and a warning. An Error ends the run: `storage`, `cancelled`, `timeout`.
Result<Compacted> compact(Agent& agent, Session& session, Reporter& reporter, const std::string& reason,
                          const Call& call);

}  // namespace errand::agent
