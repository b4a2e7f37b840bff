#include <cstdint>
#include <string_view>

#include "mcp/content.hpp"
#include "mcp/message.hpp"

using namespace errand;

// A message of an MCP server, and what a model would be told of it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = mcp::read_message({reinterpret_cast<const char*>(data), size});
  if (!message) return 0;
  if (message->kind == mcp::Message::Kind::request) mcp::answer_to(*message);
  if (message->kind == mcp::Message::Kind::error) mcp::told_error(message->body);
  if (message->kind == mcp::Message::Kind::result) (void)mcp::output_of(message->body);
  return 0;
}
