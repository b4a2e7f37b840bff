#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/agent.hpp"
#include "agent/bill.hpp"
#include "agent/reporter.hpp"
#include "agent/session.hpp"
#include "base/call.hpp"

namespace errand::agent {

/// The first message to keep when a conversation is compacted: what is kept has about `budget` tokens at most and
/// begins with a prompt or a reply, so that calls and results stay together; the newest of these is always kept.
/// nullopt: there is nothing before it, or only the summary of a compaction before.
std::optional<std::size_t> cut_point(const Conversed& history, std::int64_t budget);

/// The messages before `keep` as text for the model that summarises: about `budget` tokens at most; results are
/// shortened, and of what is still too long the middle is left out, which is said.
std::string transcript(const Conversed& history, std::size_t keep, std::int64_t budget);

/// The cheapest way to make room: older tool results are no longer sent. Sizes in tokens.
struct ClearingPlan {
  std::size_t keep = 0;     ///< results from this message on stay
  std::int64_t before = 0;  ///< the length of the conversation
  std::int64_t after = 0;
};

/// nullopt: the conversation would not get well below `enough` by it.
std::optional<ClearingPlan> plan_clearing(const Agent& agent, const Session& session, std::int64_t enough);

/// Takes the results of older calls out of what is sent, keeps that as an event, and tells it; returns about how many
/// tokens the conversation has then. Asks no model. Fails with `storage` alone.
Result<std::int64_t> clear_older_results(Agent& agent, Session& session, Reporter& reporter, const ClearingPlan& plan,
                                         const std::string& reason);

/// A compaction that is worth asking for. Sizes in tokens.
struct CompactionPlan {
  std::size_t keep = 0;         ///< the first message that stays
  std::int64_t before = 0;      ///< the length of the conversation
  std::int64_t transcript = 0;  ///< the most the model that summarises is given
  std::int64_t summary = 0;     ///< the most it may write
  std::string hint = {};        ///< what the user wants kept; may be empty
};

/// nullopt: nothing can be left out, or what would be left is, as estimated, not below that share of what there is.
std::optional<CompactionPlan> plan_compaction(const Agent& agent, const Session& session, double most_left);

/// Replaces the older part of the session's history by a summary that the agent's own model writes, keeps that as an
/// event, and tells it; returns about how many tokens the conversation has then. The stored messages stay as they are.
/// The summary's request is held to the run's limits and billed. When there is no summary, the older part is dropped,
/// which the opening message then says, and a warning. An Error ends the run: `storage`, `cancelled`, `timeout`.
Result<std::int64_t> compact(Agent& agent, Session& session, Reporter& reporter, Bill& bill, const CompactionPlan& plan,
                             const std::string& reason, const Call& call);

/// What a compaction came to. Sizes in tokens, as estimated.
struct Compacted {
  std::int64_t before = 0;
  std::int64_t after = 0;
};

/// The compaction that the user asks for between runs, with `hint` for the summary (may be empty). Its events are a
/// stream of their own, its cost is the session's. `failure` when there is nothing to leave out or a hook blocks it;
/// else as compact(), and as Bill::reserve().
Result<Compacted> compact_for_user(Agent& agent, Session& session, const std::string& hint, const Services& services,
                                   const Call& call);

}  // namespace errand::agent
