#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "chat/message.hpp"
#include "store/calendar.hpp"

namespace errand::store {

/// What may be spent in a day or a month of the local calendar.
struct Budget {
  std::string agent;  ///< this agent's runs with their subagents, and its own turns as a subagent; empty: everything
  Period period = Period::day;
  double usd = 0;
  bool operator==(const Budget&) const = default;
};

/// A request that is about to be sent.
struct Charge {
  std::string agent;
  std::string root_agent;  ///< of the run it belongs to
  double prompt_usd = 0;   ///< must fit
  double output_usd = 0;   ///< what the longest reply would cost
  std::vector<Budget> budgets;
};

/// What was set aside for a request.
struct Reservation {
  std::int64_t id = 0;
  double output_usd = 0;  ///< what the reply may cost: the charge's, or less where a budget nears its end
};

/// What a request cost of a session that is kept elsewhere, or nowhere.
struct Spending {
  Timestamp time{};
  std::string run;
  std::string agent;
  std::string root_agent;
  std::string model;
  int turns = 0;
  chat::Usage usage;
  std::optional<double> cost_usd;
  double presumed_usd = 0;  ///< where the cost is unknown
};

/// Money of one user that several processes spend. What a request may cost is set aside before it is sent, in one
/// transaction that also looks what was spent and what others have set aside, so that two can't both pass a limit that
/// fits one. Totals::reservation says which one an append settles.
class Budgets {
 public:
  virtual ~Budgets() = default;

  /// `limit`, naming the budget, what was spent and when it starts anew, when the prompt does not fit one of the
  /// budgets. A reply may have half of what is left, or all that it could need if that is less: so there is something
  /// left for another that runs at the same time. What a process that died had set aside counts no longer.
  virtual Result<Reservation> reserve(const Charge& charge) = 0;

  /// Durable when it returns; where the session is kept here, append() does it. It counts in RunJournal::usage() under
  /// no session and no project.
  virtual Result<void> settle(std::int64_t reservation, const Spending& spending) = 0;

  /// No reply came. One that is not there is no error.
  virtual Result<void> release(std::int64_t reservation) = 0;
};

}  // namespace errand::store
