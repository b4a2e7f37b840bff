#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "base/json_fwd.hpp"
#include "provider/codec.hpp"

namespace errand::provider {

/// Where in an item a text stands.
struct ItemText {
  enum class Kind {
    answer,     ///< of a message: output_text
    refusal,    ///< of a message, in its place
    summary,    ///< of a reasoning item: summary_text
    reasoning,  ///< of a reasoning item: reasoning_text
  };
  std::size_t item = 0;  ///< output_index
  Kind kind = Kind::answer;
  std::size_t part = 0;  ///< content_index or summary_index
};

/// How a response ended by its own account.
enum class ResponseEnd { complete, incomplete };

/// The output items of one response while they arrive: messages, reasoning, calls, and those that only the server
/// knows. Says what is in them as stream events; blocks come out in the order of `output_index`.
///
/// - A message is a text block for each of its parts. When it has a `phase`, a Native block before them says so:
///   {"type":"message","phase":"commentary"}.
/// - A reasoning item is a thinking block for each part of its summary and of its text, then the whole of it as a
///   Native block.
/// - The call of a function or of a custom tool is a tool call. Its arguments are reported once they are whole: one
///   that stays incomplete has none, and is never run.
/// - Any other item is a Native block.
class ResponseItems {
 public:
  /// More of them than a response has; what is beyond fails with `limit`.
  static constexpr std::size_t max_items = 4096;
  static constexpr std::size_t max_parts = 128;

  /// `provider` is whose Native blocks they are.
  explicit ResponseItems(std::string provider) : provider_(std::move(provider)) {}

  /// More of a text.
  Result<void> text_delta(const ItemText& where, std::string text, DecodeSink& sink);
  /// The whole of a text, of which some may have been streamed.
  Result<void> text_done(const ItemText& where, const std::string& text, DecodeSink& sink);
  /// More of a call's arguments. Fails with `limit` beyond HttpProvider::max_reply_bytes.
  Result<void> arguments_delta(std::size_t index, std::string_view text);
  /// The whole of them.
  Result<void> arguments_done(std::size_t index, std::string text);

  /// output_item.added: the item as it begins.
  Result<void> added(std::size_t index, const Json& wire, DecodeSink& sink);
  /// output_item.done: the item as it is.
  Result<void> done(std::size_t index, const Json& wire, DecodeSink& sink);
  /// The terminal event's `output`; when it is empty, what came before is all. In a response that is complete a call is
  /// too, unless the server says that it is incomplete: some leave its status "in_progress".
  Result<void> finished(const Json& output, ResponseEnd end, DecodeSink& sink);

  [[nodiscard]] bool refused() const { return refused_; }

 private:
  struct Item {
    std::string type;  // the wire's
    std::string id;
    std::string call_id;
    std::string arguments;
    std::map<std::size_t, std::string> heard;  // texts, by block
    bool begun = false;                        // the call was reported
    bool streamed = false;                     // deltas of its arguments came
    bool done = false;                         // the call is whole, and was reported so
    bool incomplete = false;                   // the server says that it is not
    bool listed = false;                       // the terminal event has it
  };

  Result<Item*> item_at(std::size_t index);
  [[nodiscard]] std::size_t place_of(const Json& wire, std::size_t position) const;
  [[nodiscard]] Result<void> check_held() const;
  Result<void> hold(Item& item, std::string arguments);
  void say(const ItemText& where, Item& item, std::string text, DecodeSink& sink);
  Result<void> correct(const ItemText& where, Item& item, const std::string& text, DecodeSink& sink);
  Result<void> texts(ItemText where, Item& item, const Json& parts, DecodeSink& sink);
  void begin_call(std::size_t index, Item& item, const Json& wire, DecodeSink& sink);
  void end_call(std::size_t index, Item& item, DecodeSink& sink);
  Result<void> message(std::size_t index, Item& item, const Json& wire, DecodeSink& sink);
  Result<void> call(std::size_t index, Item& item, const Json& wire, DecodeSink& sink);
  void native(std::size_t index, const Json& wire, DecodeSink& sink);

  std::string provider_;
  std::map<std::size_t, Item> items_;
  std::size_t last_index_ = 0;
  Item* last_ = nullptr;  // of the last delta: the next one is mostly for it
  std::size_t held_bytes_ = 0;
  bool refused_ = false;
};

}  // namespace errand::provider
