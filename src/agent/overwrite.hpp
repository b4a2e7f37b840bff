#pragma once

#include <string>

#include "agent/dispatch.hpp"
#include "base/secrets.hpp"
#include "tool/tool.hpp"

namespace errand::agent {

/// A model reads files without their secrets. One that writes such a file anew, with marks where these stood, would
/// destroy them: the sentence for the model that says so; empty when the call does no such thing.
std::string would_lose_secrets(const PlannedCall& plan, const tool::Context& context, const secrets::Redactor& secrets);

}  // namespace errand::agent
