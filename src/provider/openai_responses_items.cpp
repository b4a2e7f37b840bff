#include "provider/openai_responses_items.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/try.hpp"
#include "chat/codec.hpp"
#include "provider/http_provider.hpp"
#include "provider/wire_value.hpp"

namespace errand::provider {

namespace stream = chat::stream;
using Kind = ItemText::Kind;

namespace {

// Blocks of an item: what stands before its texts, the texts of two kinds, the whole of it.
constexpr std::size_t first_text = 1;
constexpr std::size_t first_reasoning = first_text + ResponseItems::max_parts;
constexpr std::size_t whole_item = first_reasoning + ResponseItems::max_parts;
constexpr std::size_t blocks_per_item = whole_item + 1;

std::size_t block_of(std::size_t index, std::size_t offset) {
  return index * blocks_per_item + offset;
}

std::size_t block_of(const ItemText& where) {
  return block_of(where.item, (where.kind == Kind::reasoning ? first_reasoning : first_text) + where.part);
}

bool is_call(const std::string& type) {
  return type == "function_call" || type == "custom_tool_call";
}

std::string type_of(const Json& wire) {
  auto type = text_at(wire, "type");
  return type.empty() && wire.contains("role") ? "message" : type;
}

bool is_unfinished(const Json& wire) {
  const auto status = text_at(wire, "status");
  return status == "incomplete" || status == "in_progress";
}

// A function's arguments are JSON text (an object with some servers), a custom tool's input is any text.
std::string arguments_of(const Json& wire) {
  if (const auto& object = object_at(wire, "arguments"); !object.empty()) return chat::dump(object);
  auto text = text_at(wire, "arguments");
  return text.empty() ? text_at(wire, "input") : text;
}

tl::unexpected<Error> too_many(std::string_view what, std::size_t most) {
  return fail(ErrorKind::limit, fmt::format("the reply has more than {} {}", most, what));
}

}  // namespace

Result<ResponseItems::Item*> ResponseItems::item_at(std::size_t index) {
  if (last_ != nullptr && last_index_ == index) return last_;
  if (index >= max_items) return too_many("items", max_items);
  last_ = &items_[index];
  last_index_ = index;
  return last_;
}

// Where an item belongs that came whole: at its position, unless something else stands there (a terminal list may lack
// what was streamed, and some servers number every item 0).
std::size_t ResponseItems::place_of(const Json& wire, std::size_t position) const {
  const auto type = type_of(wire);
  const auto id = text_at(wire, "id");
  const auto call_id = text_at(wire, "call_id");
  const auto same_call = [&](const Item& item) {
    return item.call_id.empty() || call_id.empty() || item.call_id == call_id;
  };
  const auto fits = [&](const Item& item) {
    return !item.listed && (item.type.empty() || (item.type == type && same_call(item)));
  };
  const auto there = items_.find(position);
  if (there == items_.end() || fits(there->second)) return position;
  for (const auto& [index, item] : items_) {
    const bool same = is_call(type) ? item.call_id == call_id : item.id == id;
    if (fits(item) && item.type == type && same) return index;
  }
  for (const auto& [index, item] : items_) {
    if (fits(item) && item.type == type && type == "message") return index;
  }
  return items_.rbegin()->first + 1;
}

Result<void> ResponseItems::check_held() const {
  if (held_bytes_ <= HttpProvider::max_reply_bytes) return {};
  return fail(ErrorKind::limit, fmt::format("the reply exceeds {} bytes", HttpProvider::max_reply_bytes));
}

Result<void> ResponseItems::hold(Item& item, std::string arguments) {
  held_bytes_ -= item.arguments.size();
  held_bytes_ += arguments.size();
  item.arguments = std::move(arguments);
  return check_held();
}

void ResponseItems::say(const ItemText& where, Item& item, std::string text, DecodeSink& sink) {
  if (text.empty()) return;
  const auto block = block_of(where);
  item.heard[block] += text;
  if (where.kind == Kind::refusal) refused_ = true;
  if (where.kind == Kind::summary || where.kind == Kind::reasoning) {
    sink.on_event(stream::ThinkingDelta{block, std::move(text)});
  } else {
    sink.on_event(stream::TextDelta{block, std::move(text)});
  }
}

Result<void> ResponseItems::text_delta(const ItemText& where, std::string text, DecodeSink& sink) {
  ERRAND_TRY_ASSIGN(auto* item, item_at(where.item));
  if (where.part >= max_parts) return too_many("parts in an item", max_parts);
  say(where, *item, std::move(text), sink);
  return {};
}

Result<void> ResponseItems::text_done(const ItemText& where, const std::string& text, DecodeSink& sink) {
  ERRAND_TRY_ASSIGN(auto* item, item_at(where.item));
  if (where.part >= max_parts) return too_many("parts in an item", max_parts);
  const auto heard = item->heard.find(block_of(where));
  const std::size_t known = heard == item->heard.end() ? 0 : heard->second.size();
  if (known == 0 || text.starts_with(heard->second)) say(where, *item, text.substr(known), sink);
  return {};
}

// The item's own word for a text: what was streamed is its beginning, or was wrong and is taken back.
Result<void> ResponseItems::correct(const ItemText& where, Item& item, const std::string& text, DecodeSink& sink) {
  if (where.part >= max_parts) return too_many("parts in an item", max_parts);
  if (text.empty()) return {};
  auto& heard = item.heard[block_of(where)];
  if (!text.starts_with(heard)) {
    sink.on_event(stream::NativeBlock{block_of(where), provider_, ""});
    heard.clear();
  }
  say(where, item, text.substr(heard.size()), sink);
  return {};
}

Result<void> ResponseItems::texts(ItemText where, Item& item, const Json& parts, DecodeSink& sink) {
  for (const auto& part : parts) {
    const auto kind = where.kind;
    const auto refusal = text_at(part, "refusal");
    if (!refusal.empty()) where.kind = Kind::refusal;
    ERRAND_TRY(correct(where, item, refusal.empty() ? text_at(part, "text") : refusal, sink));
    where.kind = kind;
    ++where.part;
  }
  return {};
}

Result<void> ResponseItems::arguments_delta(std::size_t index, std::string_view text) {
  ERRAND_TRY_ASSIGN(auto* item, item_at(index));
  if (!std::exchange(item->streamed, true)) ERRAND_TRY(hold(*item, {}));
  item->arguments += text;
  held_bytes_ += text.size();
  return check_held();
}

Result<void> ResponseItems::arguments_done(std::size_t index, std::string text) {
  ERRAND_TRY_ASSIGN(auto* item, item_at(index));
  item->streamed = true;
  return text.empty() ? Result<void>() : hold(*item, std::move(text));
}

void ResponseItems::begin_call(std::size_t index, Item& item, const Json& wire, DecodeSink& sink) {
  if (item.call_id.empty()) item.call_id = text_at(wire, "call_id");
  auto name = text_at(wire, "name");
  if (item.begun || name.empty()) return;
  item.begun = true;
  sink.on_event(stream::ToolCallBegin{block_of(index, 0), item.call_id.empty() ? item.id : item.call_id, name});
}

void ResponseItems::end_call(std::size_t index, Item& item, DecodeSink& sink) {
  if (!item.begun) return;
  item.done = true;
  sink.on_event(stream::ToolCallDelta{block_of(index, 0), item.arguments});
  sink.on_block_end(block_of(index, 0));
}

Result<void> ResponseItems::added(std::size_t index, const Json& wire, DecodeSink& sink) {
  const auto place = place_of(wire, index);
  ERRAND_TRY_ASSIGN(auto* item, item_at(place));
  item->type = type_of(wire);
  item->id = text_at(wire, "id");
  if (!is_call(item->type)) return {};
  begin_call(place, *item, wire, sink);
  return item->streamed ? Result<void>() : hold(*item, arguments_of(wire));
}

Result<void> ResponseItems::message(std::size_t index, Item& item, const Json& wire, DecodeSink& sink) {
  if (const auto phase = text_at(wire, "phase"); !phase.empty()) {
    const Json mark = {{"type", "message"}, {"phase", phase}};
    sink.on_event(stream::NativeBlock{block_of(index, 0), provider_, chat::dump(mark)});
  }
  return texts({index, Kind::answer, 0}, item, array_at(wire, "content"), sink);
}

Result<void> ResponseItems::call(std::size_t index, Item& item, const Json& wire, DecodeSink& sink) {
  begin_call(index, item, wire, sink);
  if (item.done) return {};
  item.incomplete = text_at(wire, "status") == "incomplete";
  if (auto whole = arguments_of(wire); !whole.empty()) ERRAND_TRY(hold(item, std::move(whole)));
  if (!is_unfinished(wire)) end_call(index, item, sink);
  return {};
}

// What is unfinished would be refused when it is sent back.
void ResponseItems::native(std::size_t index, const Json& wire, DecodeSink& sink) {
  if (is_unfinished(wire)) return;
  sink.on_event(stream::NativeBlock{block_of(index, whole_item), provider_, chat::dump(wire)});
}

Result<void> ResponseItems::done(std::size_t index, const Json& wire, DecodeSink& sink) {
  const auto place = place_of(wire, index);
  ERRAND_TRY_ASSIGN(auto* item, item_at(place));
  item->type = type_of(wire);
  if (item->id.empty()) item->id = text_at(wire, "id");
  if (is_call(item->type)) return call(place, *item, wire, sink);
  if (item->type == "message") return message(place, *item, wire, sink);
  if (item->type == "reasoning") {
    ERRAND_TRY(texts({place, Kind::summary, 0}, *item, array_at(wire, "summary"), sink));
    ERRAND_TRY(texts({place, Kind::reasoning, 0}, *item, array_at(wire, "content"), sink));
  }
  if (!item->type.empty()) native(place, wire, sink);
  return {};
}

Result<void> ResponseItems::finished(const Json& output, ResponseEnd end, DecodeSink& sink) {
  std::size_t position = 0;
  for (const auto& wire : output) {
    if (!wire.is_object()) continue;
    const auto place = place_of(wire, position++);
    ERRAND_TRY(done(place, wire, sink));
    items_[place].listed = true;
  }
  if (end == ResponseEnd::incomplete) return {};
  for (auto& [index, item] : items_) {
    const bool kept = position == 0 || item.listed;
    if (kept && is_call(item.type) && !item.done && !item.incomplete) end_call(index, item, sink);
  }
  return {};
}

}  // namespace errand::provider
