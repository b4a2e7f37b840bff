#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "chat/message.hpp"
#include "chat/stream.hpp"

namespace errand::provider {

/// Whether an Assembler made up the id, since the API gave none.
[[nodiscard]] bool is_made_up_call_id(std::string_view id);

/// Folds StreamEvents into the AssistantMessage: the only place where blocks are built. Blocks come out in the order of
/// their `block` numbers; a number may be anything.
class Assembler {
 public:
  Assembler() = default;
  Assembler(const Assembler&) = delete;
  Assembler& operator=(const Assembler&) = delete;

  /// Takes the event. A tool call without an id, or with one that this reply already has, is given one in `event`. A
  /// Native block without JSON takes back what the block held.
  void add(chat::stream::StreamEvent& event);
  /// A call whose block has ended arrived whole.
  void end_block(std::size_t block);

  /// Whether anything of the reply itself has arrived: text, thinking, a call, a native block.
  [[nodiscard]] bool has_content() const { return has_content_; }
  /// What the reply holds so far.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] const chat::Usage& usage() const { return usage_; }

  /// The reply, ended by its own protocol. A call counts as whole when its block ended, or when its arguments are a
  /// JSON object (nothing can follow one). Of a reply that was cut by max_tokens, the context window or the like, an
  /// unfinished call is left out, so a reader sees `stop` and no call; of a refusal every call is. Whole calls under
  /// `end_turn` make it `tool_use`.
  [[nodiscard]] chat::AssistantMessage whole() const;
  /// Whether that lacks a call which the model meant to make: it ended the reply itself, but an unfinished call had to
  /// be left out, or it stopped for tools and there is neither a call nor a native block.
  [[nodiscard]] bool lacks_call() const;

  /// What had arrived when it was cut: stop is `cancelled`, unfinished calls and native blocks are left out (a server
  /// tool's call without its result would make every later request invalid).
  [[nodiscard]] chat::AssistantMessage cut() const;

 private:
  struct Slot {
    chat::AssistantBlock block;
    bool ended = false;
  };
  using Slots = std::map<std::size_t, Slot>;

  template <class Block>
  Block* slot_for(std::size_t index);
  std::string unique_id(const std::string& wanted);
  void take_back(std::size_t block);
  [[nodiscard]] static bool is_whole(const chat::ToolCall& call, bool ended, chat::StopReason stop);
  [[nodiscard]] chat::AssistantMessage message(chat::StopReason stop) const;

  Slots slots_;
  Slots::iterator last_ = slots_.end();  ///< the slot of the last delta: the next one is mostly for it
  std::set<std::string> ids_;
  std::string model_;
  chat::StopReason stop_ = chat::StopReason::end_turn;
  chat::Usage usage_;
  std::size_t bytes_ = 0;
  bool has_content_ = false;
};

}  // namespace errand::provider
