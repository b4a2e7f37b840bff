#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"

namespace errand::mcp {

// JSON-RPC 2.0, as the Model Context Protocol uses it: one object per message, no batches.

/// Bytes one message may have.
inline constexpr std::size_t max_message_bytes = std::size_t{16} << 20U;

/// A message from the other side.
struct Message {
  enum class Kind { result, error, request, notification };
  Kind kind = Kind::notification;
  Json id;             ///< of a request or of what answers one; null otherwise
  std::string method;  ///< of a request or notification
  Json body;           ///< its params, result or error; null when absent
};

/// Fails with `failure` for what is no message.
Result<Message> read_message(std::string_view text);

/// One line each, without its end.
std::string request_text(std::int64_t id, const std::string& method, const Json& params);
std::string notification_text(const std::string& method, const Json& params);
std::string result_text(const Json& id, const Json& result);
std::string error_text(const Json& id, int code, const std::string& message);

/// "method not found"
inline constexpr int unknown_method = -32601;

/// What a server's error says, harmless and in one line.
std::string told_error(const Json& error);

/// What we say to a request of the server's: the answer's text. Nothing of it but "ping" is known here.
std::string answer_to(const Message& request);

}  // namespace errand::mcp
