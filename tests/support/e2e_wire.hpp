#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "support/e2e_check.hpp"

namespace errand::test::e2e {

enum class Protocol { anthropic, gemini, openai_chat, openai_responses };

/// One message of a request, whatever the protocol.
struct SeenMessage {
  struct Call {
    std::string id;
    std::string name;
    std::string arguments;    ///< JSON text
    std::string signature{};  ///< Gemini's
  };
  struct Result {
    std::string call_id;
    std::string text;
    bool is_error = false;  ///< always false where the protocol does not say
  };
  std::string role;  ///< user or assistant
  std::vector<std::string> texts;
  std::vector<Call> calls;
  std::vector<Result> results;
  std::vector<std::string> types;  ///< of all its blocks, in order
};

/// A request to a model, whatever the protocol.
struct SeenRequest {
  std::string system;
  std::vector<std::string> tools;
  std::vector<SeenMessage> messages;
  Json body;
};

/// Throws std::exception when the body is no request of that protocol.
SeenRequest decode_request(Protocol protocol, std::string_view body);

/// What makes the request one that the API would refuse: a call without its result, a result without a call, roles
/// that do not take turns, an empty message.
Failures mistakes_in(const SeenRequest& request);

/// A streamed reply in the pieces a server would send, and where in it something may happen.
struct Stream {
  std::vector<std::string> pieces;
  /// Indices of pieces. "text": behind the last text delta; "call": within the first call's arguments; "end": before
  /// what says that the reply is whole.
  std::map<std::string, std::size_t> points;
};

/// A reply's parts in the order they are sent.
struct ReplyParts {
  std::vector<std::string> thinking;
  std::vector<std::string> text;
  std::vector<SeenMessage::Call> calls;
  std::string stop_reason;
  Json usage;
};

/// Encodes a reply as a case writes it: `thinking`, `text` (a list: one delta each), `tool_call`, `tool_calls` (`name`,
/// `arguments` as a map or as the raw text, `id`, `signature`), `stop_reason` (as Anthropic names it) and `usage`.
/// `number` makes ids unique.
Stream encode_reply(Protocol protocol, const Json& reply, int number);

}  // namespace errand::test::e2e
