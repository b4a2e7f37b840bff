#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json_fwd.hpp"
#include "chat/agent.hpp"

namespace errand::cli {

/// What a program asks of the conversation with a `control_request`, as the Claude Agent SDK has it (its protocol
/// between SDK and executable, 0.3.329): each is answered by one `control_response`.
struct ProgramControl {
  std::string id;       ///< of the request
  std::string subtype;  ///< "initialize", "interrupt", "set_permission_mode", "set_model", or one that is not known
  std::string value;    ///< of the last two: the mode, and the model; empty: that which the agent began with
  std::vector<std::string> fields;  ///< of "initialize": what it sets beside its subtype
};

/// The Error::code of what such a program asks in vain: it is told so.
inline constexpr std::string_view unsupported_request = "unsupported_request";

/// `usage` for a line without an id or a request, and for a value that is no text.
Result<ProgramControl> control_in(const Json& line);

/// `failure` for a word that is no mode, ours or the SDK's.
Result<chat::PermissionMode> mode_in(const ProgramControl& control);

/// The line that answers a request: what was done, or why not.
std::string control_response(const ProgramControl& control, const Json& done);
std::string control_response(const ProgramControl& control, const Error& error);

}  // namespace errand::cli
