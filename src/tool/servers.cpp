#include "tool/servers.hpp"

namespace errand::tool {

std::string_view name_of(ServerState state) {
  switch (state) {
    case ServerState::pending:
      return "pending";
    case ServerState::connected:
      return "connected";
    case ServerState::failed:
      return "failed";
    case ServerState::needs_auth:
      return "needs-auth";
  }
  return "failed";
}

}  // namespace errand::tool
