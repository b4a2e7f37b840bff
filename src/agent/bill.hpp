#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/reporter.hpp"
#include "agent/run_tree.hpp"
#include "chat/agent.hpp"
#include "provider/provider.hpp"

namespace errand::agent {

/// Error::code of a `limit` where money is what ran out.
inline constexpr std::string_view money_spent = "money_spent";

/// What a request may cost, at least: its prompt alone.
struct Estimate {
  std::int64_t tokens = 0;
  double usd = 0;  ///< 0 where the price is unknown
};

/// The prompt of the next request: what the API counted last and what came since; before the first reply what was said
/// alone, without system prompt and tools, so that a refusal is never a mistake.
Estimate estimate_next(const provider::Provider& provider, const provider::Request& request,
                       std::int64_t measured_tokens, std::size_t measured_messages);

/// One agent's account: its own spending, and what it adds to the run's. Used by one thread.
class Bill {
 public:
  Bill(RunTree& tree, const chat::Limits& own_limits, const std::string& agent = {});
  Bill(const Bill&) = delete;
  Bill& operator=(const Bill&) = delete;
  ~Bill() { release(); }

  /// Counts a turn before its request is sent; fails with `limit` when the run, or this agent, has had all it may.
  Result<void> begin_turn();
  /// There was no reply: that was no turn.
  void undo_turn();

  /// Fails with `limit` when the run, or this agent, has used up what it may, or would with that request. What is
  /// estimated is kept back from other agents of the run until add() or release().
  Result<void> reserve(const Estimate& estimate);

  /// The same for the budgets of a day and a month, which other processes spend too: the whole prompt at its full
  /// price, and what the reply may cost, at the dearest of the models that may answer. Nothing happens where no budget
  /// is set or no price is known. On failure the reservation is released.
  Result<void> set_aside(const provider::Provider& provider, const provider::Request& request,
                         std::int64_t prompt_tokens);

  void release();

  /// How many tokens of output are left to a request that was reserved, whichever of the models answers; nullopt: no
  /// limit.
  [[nodiscard]] std::optional<std::int64_t> output_left(const provider::Provider& provider) const;

  /// Adds a reply, whose reservation take_aside() then has; returns the run's cost so far. A part of it whose price is
  /// unknown is no part of what limits see; one whose usage the API did not say is estimated for them.
  std::optional<double> add(const provider::Reply& reply);

  /// As begin_turn() and reserve() for nothing more: whether a limit is used up by now.
  Result<void> check();
  /// Whether more was spent than tokens and money may be: a request is estimated, and may come to more.
  Result<void> check_spent();

  /// The smallest limit of money that holds for this agent, in USD; 0: none.
  [[nodiscard]] double cost_limit() const;

  /// Whether a limit of money does not see what that model costs, which nobody was warned of before in this run.
  bool is_unseen(const chat::ModelSpec& model);

  [[nodiscard]] const Spent& own() const { return own_; }

  /// What was set aside for the reply that was added, to be settled with it; 0: nothing.
  std::int64_t take_aside() { return std::exchange(aside_, {}).id; }

  [[nodiscard]] const Purse& purse() const { return tree_.services.purse; }
  [[nodiscard]] const std::string& agent() const { return agent_; }
  [[nodiscard]] const std::string& root_agent() const { return tree_.root_agent; }

 private:
  [[nodiscard]] Result<void> check_all_turns(const Spent& spent) const;
  void release_own();

  RunTree& tree_;
  const chat::Limits& own_limits_;
  std::string agent_;
  std::vector<store::Budget> budgets_;  // that hold here
  Spent own_;
  Estimate reserved_;
  store::Reservation aside_;
  std::optional<std::int64_t> aside_output_;  // tokens, where a budget allows fewer than the reply could need
};

/// How many tokens the reply to a request may have, as model and request say.
std::int64_t longest_output(const chat::ModelSpec& model, const provider::Request& request);

/// Keeps and tells `events`, which are what a reply that was added to `bill` brought, and settles what was set aside.
Result<void> record_paid(Bill& bill, Reporter& reporter, const provider::Reply& reply, const chat::ModelSpec& model,
                         std::vector<chat::EventBody> events, store::Totals totals);

/// Adds what a request cost that brought no reply of the conversation, keeps and tells it.
Result<void> bill_aside(Bill& bill, Reporter& reporter, const provider::Reply& reply, const chat::ModelSpec& model);

}  // namespace errand::agent
