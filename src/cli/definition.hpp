#pragma once

#include <optional>
#include <string>

#include "base/call.hpp"
#include "base/error.hpp"
#include "chat/agent.hpp"
#include "cli/run_options.hpp"
#include "config/configuration.hpp"
#include "store/session_store.hpp"

namespace errand::cli {

/// The agent of a run: the one named (else the resumed session's, else the default), with what the command line says in
/// place of its own values, and its prompts' variables filled. Files it names may be pipes: they are waited for as
/// `call` says.
Result<chat::AgentDefinition> definition_for(const config::Configuration& config, const RunArguments& arguments,
                                             const std::optional<store::SessionInfo>& resumed, const Call& call);

/// The agent of that id as `/agent ID` takes it: the command line's options hold on, its model does not.
Result<chat::AgentDefinition> definition_of(const config::Configuration& config, const std::string& id,
                                            const RunArguments& arguments, const Call& call);

}  // namespace errand::cli
