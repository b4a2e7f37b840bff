#include "agent/rehearsal.hpp"

#include "agent/ask.hpp"
#include "agent/bill.hpp"
#include "agent/redaction.hpp"
#include "agent/reporter.hpp"
#include "agent/run_tree.hpp"
#include "base/try.hpp"

namespace errand::agent {

namespace {

class Warnings final : public provider::StreamObserver {
 public:
  explicit Warnings(const std::function<void(const chat::event::Warning&)>& warn) : warn_(warn) {}
  void on_stream_event(const chat::stream::StreamEvent&) override {}
  void on_retry(const chat::event::Retry&) override {}
  void on_fallback(const chat::event::Fallback&) override {}
  void on_warning(const chat::event::Warning& warning) override { warn_(warning); }

 private:
  const std::function<void(const chat::event::Warning&)>& warn_;
};

}  // namespace

Result<void> rehearse(Agent& agent, Session& session, const chat::UserMessage& prompt, const Services& services,
                      const std::function<void(const chat::event::Warning&)>& warn, const Call& call) {
  session.history.add(cleaned(prompt, services.secrets), {});
  EventStream stream(services.sink, {}, services.secrets);
  const auto& limits = agent.definition.limits;
  RunTree tree{
      .services = services, .stream = stream, .session = {}, .limits = limits, .root_agent = agent.definition.id};
  Bill bill(tree, limits, agent.definition.id);
  auto request = request_of(agent, session);
  ERRAND_TRY(bill.reserve(estimate_next(*agent.provider, request, session.context_tokens, session.measured)));
  cap_output(request, bill, *agent.provider);
  Warnings warnings(warn);
  ERRAND_TRY(agent.provider->stream(request, warnings, call));
  return {};
}

}  // namespace errand::agent
