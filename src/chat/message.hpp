#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace errand::chat {

// The nouns of a conversation: plain values, one struct per role, so that a user cannot hold a tool call.

struct Text {
  std::string text;
  bool operator==(const Text&) const = default;
};

struct Thinking {
  std::string text;
  std::string signature;  ///< opaque; sent back unchanged. For a redacted block: its data
  bool redacted = false;
  bool operator==(const Thinking&) const = default;
};

struct Image {
  std::string media_type;
  std::string bytes;  ///< raw, not base64
  bool operator==(const Image&) const = default;
};

struct Document {
  std::string media_type;
  std::string name;
  std::string bytes;  ///< raw, not base64
  bool operator==(const Document&) const = default;
};

struct ToolCall {
  std::string id;
  std::string name;
  std::string arguments;  ///< the model's JSON text, unparsed: replay is byte-exact and broken JSON is data
  std::string signature;  ///< opaque; sent back unchanged (Gemini)
  bool operator==(const ToolCall&) const = default;
};

/// A block only one provider understands (server tools, citations, encrypted reasoning): kept as it came, sent back to
/// that provider alone.
struct Native {
  std::string provider;
  std::string json;
  bool operator==(const Native&) const = default;
};

using UserBlock = std::variant<Text, Image, Document>;
using AssistantBlock = std::variant<Text, Thinking, ToolCall, Native>;

struct ToolResult {
  std::string call_id;
  std::vector<UserBlock> content;
  bool is_error = false;
  bool operator==(const ToolResult&) const = default;
};

/// Why a reply ended. `cancelled` is ours: the user stopped it and it holds what had arrived.
enum class StopReason { end_turn, tool_use, max_tokens, stop_sequence, refusal, pause_turn, context_window, cancelled };

/// Tokens, never overlapping: the whole prompt is input + cache_read + cache_write; output includes reasoning.
struct Usage {
  std::int64_t input = 0;
  std::int64_t output = 0;
  std::int64_t cache_read = 0;
  std::int64_t cache_write = 0;
  std::int64_t reasoning = 0;
  std::int64_t tool = 0;  ///< of `input`: what the provider's own tools put into the prompt
  bool operator==(const Usage&) const = default;

  Usage& operator+=(const Usage& other) {
    input += other.input;
    output += other.output;
    cache_read += other.cache_read;
    cache_write += other.cache_write;
    reasoning += other.reasoning;
    tool += other.tool;
    return *this;
  }
  [[nodiscard]] std::int64_t total() const { return input + cache_read + cache_write + output; }
};

struct UserMessage {
  std::vector<UserBlock> content;
  bool operator==(const UserMessage&) const = default;
};

struct AssistantMessage {
  std::vector<AssistantBlock> content;
  std::string model;  ///< as the provider named it
  StopReason stop = StopReason::end_turn;
  Usage usage{};
  std::string provider{};  ///< whose thinking and Native blocks these are (ProviderSpec::name); empty: unknown
  bool operator==(const AssistantMessage&) const = default;

  [[nodiscard]] std::string text() const;                  ///< all text blocks, joined
  [[nodiscard]] std::vector<ToolCall> tool_calls() const;  ///< in order
};

/// The results of one reply's calls, in call order.
struct ToolMessage {
  std::vector<ToolResult> results;
  bool operator==(const ToolMessage&) const = default;
};

using Message = std::variant<UserMessage, AssistantMessage, ToolMessage>;

/// The text blocks of a user message or a tool result, joined by newlines.
std::string text_of(const std::vector<UserBlock>& content);

}  // namespace errand::chat
