#include "agent/look.hpp"

#include <utility>

#include "base/try.hpp"

namespace errand::agent {

namespace {

using chat::Effect;
using sandbox::Place;

bool is_inside(const sandbox::Resolved& target, bool write) {
  return target.place == Place::writable ||
         (!write && (target.place == Place::readable || target.place == Place::guarded));
}

bool is_outside(const sandbox::Resolved& target, bool write) {
  return !is_inside(target, write);
}

}  // namespace

Result<Looked> look_at(const PlannedCall& plan, const Agent& agent) {
  const auto& spec = plan.tool->spec();
  Looked out;
  out.facts.tool = spec.name;
  out.facts.effect = spec.effect;
  auto subject = plan.tool->subject(*plan.input);
  (spec.effect == Effect::execute ? out.facts.command : out.facts.subject) = std::move(subject);
  // What holds in every project is kept outside of this one, and no sandbox contains it.
  const bool everywhere = spec.name == "Memory" && out.facts.subject == "user";
  out.facts.contained = agent.files->policy().enforced && !everywhere;
  for (const auto& wanted : plan.tool->targets(*plan.input)) {
    ERRAND_TRY_ASSIGN(auto target, agent.files->resolve(wanted.path, agent.cwd));
    if (is_outside(target, wanted.write)) out.leave = sandbox::Leave::outside_too;
    out.facts.paths.push_back({.path = target.path,
                               .write = wanted.write,
                               .inside = is_inside(target, wanted.write),
                               .hidden = target.place == Place::hidden,
                               .guarded = target.place == Place::guarded});
    out.targets.push_back(std::move(target));
  }
  return out;
}

policy::CallFacts as_reading(const std::vector<sandbox::Resolved>& targets) {
  policy::CallFacts out{.tool = "Read", .effect = Effect::read};
  for (const auto& target : targets) {
    out.paths.push_back({.path = target.path,
                         .write = false,
                         .inside = is_inside(target, false),
                         .hidden = target.place == Place::hidden,
                         .guarded = target.place == Place::guarded});
  }
  return out;
}

Result<policy::Decision> decide(const PlannedCall& plan, const Agent& agent) {
  if (plan.tool == nullptr) return fail(ErrorKind::failure, plan.refusal);
  ERRAND_TRY_ASSIGN(const auto looked, look_at(plan, agent));
  return agent.permissions.decide(looked.facts);
}

}  // namespace errand::agent
