#pragma once

#include <cstddef>
#include <string>
#include <variant>

#include "chat/event.hpp"
#include "chat/message.hpp"

namespace errand::chat::stream {

// While one reply arrives: what a decoder makes of the wire and an Assembler folds into an AssistantMessage. `block` is
// the provider's own index of the content block; blocks may interleave and need not be contiguous.

struct Started {
  std::string model;
};
struct TextDelta {
  std::size_t block = 0;
  std::string text;
};
struct ThinkingDelta {
  std::size_t block = 0;
  std::string text;
};
/// Replaces the block's signature; an empty `text` with `redacted` is a block of opaque data.
struct Signature {
  std::size_t block = 0;
  std::string signature;
  bool redacted = false;
};
struct ToolCallBegin {
  std::size_t block = 0;
  std::string id;
  std::string name;
};
struct ToolCallDelta {
  std::size_t block = 0;
  std::string arguments;
};
struct ToolCallSignature {
  std::size_t block = 0;
  std::string signature;
};
/// A whole block that only this provider understands, replacing what the block held.
struct NativeBlock {
  std::size_t block = 0;
  std::string provider;
  std::string json;
};
/// Cumulative; overwrites.
struct UsageReport {
  Usage usage;
};
/// The reply's end as the wire told it. Only one is needed; a later one overwrites.
struct Finished {
  StopReason stop = StopReason::end_turn;
};

using StreamEvent = std::variant<Started, TextDelta, ThinkingDelta, Signature, ToolCallBegin, ToolCallDelta,
                                 ToolCallSignature, NativeBlock, UsageReport, Finished>;

}  // namespace errand::chat::stream
