#include "agent/preview.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "agent/look.hpp"
#include "agent/overwrite.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "tool/files.hpp"

namespace errand::agent {

namespace {

using chat::Effect;

Result<std::string> changes_of(const PlannedCall& plan, const tool::Context& context,
                               const secrets::Redactor& secrets) {
  if (auto why = would_lose_secrets(plan, context, secrets); !why.empty())
    return fail(ErrorKind::failure, std::move(why));
  return plan.tool->preview(*plan.input, context);
}

// As git heads one.
std::string with_header(const std::string& hunks, const tool::Context& context) {
  const auto& file = context.targets.front();
  auto path = tool::shown_path(context, file.path);
  std::ranges::replace(path, '\n', ' ');
  return fmt::format("--- {}\n+++ {}\n{}", file.exists ? path : "/dev/null", path, unicode::sanitize(hunks));
}

}  // namespace

bool may_change(const policy::CallFacts& earlier, const policy::CallFacts& later) {
  if (earlier.effect == Effect::execute || earlier.effect == Effect::delegate) return true;
  return std::ranges::any_of(earlier.paths, [&](const policy::PathFact& path) {
    return std::ranges::find(later.paths, path.path, &policy::PathFact::path) != later.paths.end();
  });
}

Result<std::string> preview_of(const PlannedCall& plan, const tool::Context& context, const Agent& agent,
                               const secrets::Redactor& secrets) {
  if (context.targets.empty()) return std::string();
  const auto changes = changes_of(plan, context, secrets);
  if (changes) return changes->empty() ? std::string() : secrets.clean(with_header(*changes, context));
  // Why it fails may quote the file.
  const bool may_know = agent.permissions.decide(as_reading(context.targets)).outcome == policy::Outcome::allow;
  return may_know ? Result<std::string>(fail(changes.error())) : std::string();
}

}  // namespace errand::agent
