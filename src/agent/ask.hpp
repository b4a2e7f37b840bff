#pragma once

#include <string_view>

#include "agent/agent.hpp"
#include "agent/bill.hpp"
#include "agent/reporter.hpp"
#include "agent/session.hpp"
#include "base/call.hpp"

namespace errand::agent {

/// What an agent asks its model: its prompt and tools, and the history of its session. Borrows both.
provider::Request request_of(const Agent& agent, const Session& session);

/// A limit of the run holds for a reply that is being written too: the request asks for no more output than is left.
/// Whether that is less than the model could give.
bool cap_output(provider::Request& request, const Bill& bill, const provider::Provider& provider);

/// Asks an agent's model for the reply to its session's history, within the run's limits and the model's window.
class Asker {
 public:
  Asker(Agent& agent, Session& session, Reporter& reporter, Bill& bill, const Call& call)
      : agent_(agent), session_(session), reporter_(reporter), bill_(bill), call_(call) {}

  /// Tells what the model says while it says it. A conversation that nears the end of the window goes to a model of the
  /// chain that holds it, else it is compacted first; one the API finds too long is compacted once and sent again. An
  /// Error ends the run: beside Provider::stream's, `limit` when nothing may be spent any more, and `storage`.
  Result<provider::Reply> ask();

  /// The last reply was allowed less output than the model could give: a limit of the run, not the model, cut it.
  [[nodiscard]] bool was_capped() const { return capped_; }

 private:
  [[nodiscard]] provider::Request request() const { return request_of(agent_, session_); }
  Result<provider::Reply> ask_once();
  [[nodiscard]] std::int64_t estimated() const;
  Result<void> make_room();
  Result<bool> move_to_window(std::int64_t tokens);
  Result<bool> may_compact(std::string_view reason);
  Result<bool> shorten(std::int64_t enough);
  Result<void> tell_unpriced();

  Agent& agent_;
  Session& session_;
  Reporter& reporter_;
  Bill& bill_;
  const Call& call_;
  bool capped_ = false;
  bool told_too_long_ = false;
  bool in_vain_ = false;  // a compaction of this run did not help, or a hook blocked it
};

}  // namespace errand::agent
