#include "provider/assembler.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "base/id.hpp"
#include "base/overloaded.hpp"
#include "base/text.hpp"
#include "provider/json_text.hpp"

namespace errand::provider {

using chat::AssistantBlock;
using chat::StopReason;
namespace stream = chat::stream;

namespace {

constexpr std::string_view made_up_prefix = "call_";
constexpr std::size_t made_up_bytes = 8;

bool is_empty(const AssistantBlock& block) {
  if (const auto* text = std::get_if<chat::Text>(&block)) return text->text.empty();
  const auto* thinking = std::get_if<chat::Thinking>(&block);
  return thinking != nullptr && thinking->text.empty() && thinking->signature.empty();
}

// Whether a reply that stopped so was ended by the model itself, so that what it wrote is what it meant.
bool is_deliberate(StopReason stop) {
  return stop == StopReason::end_turn || stop == StopReason::tool_use || stop == StopReason::stop_sequence ||
         stop == StopReason::pause_turn;
}

bool is_native(const AssistantBlock& block) {
  return std::holds_alternative<chat::Native>(block);
}

bool is_call(const AssistantBlock& block) {
  return std::holds_alternative<chat::ToolCall>(block);
}

}  // namespace

bool is_made_up_call_id(std::string_view id) {
  if (!id.starts_with(made_up_prefix) || id.size() != made_up_prefix.size() + 2 * made_up_bytes) return false;
  return id.find_first_not_of("0123456789abcdef", made_up_prefix.size()) == std::string_view::npos;
}

// The block at `index`, made when it is new; nullptr when it is of another type (a wire that contradicts itself).
template <class Block>
Block* Assembler::slot_for(std::size_t index) {
  if (last_ == slots_.end() || last_->first != index) {
    last_ = slots_.try_emplace(index, Slot{Block{}, false}).first;
  }
  return std::get_if<Block>(&last_->second.block);
}

std::string Assembler::unique_id(const std::string& wanted) {
  auto id = wanted.empty() ? std::string(made_up_prefix) + random_hex(made_up_bytes) : wanted;
  for (auto n = ids_.size() + 1; !ids_.insert(id).second; ++n) id = fmt::format("{}_{}", wanted, n);
  return id;
}

void Assembler::add(stream::StreamEvent& event) {
  std::visit(overloaded{
                 [&](stream::Started& e) { model_ = e.model; },
                 [&](stream::TextDelta& e) {
                   auto* block = slot_for<chat::Text>(e.block);
                   if (block == nullptr || e.text.empty()) return;
                   block->text += e.text;
                   bytes_ += e.text.size();
                   has_content_ = true;
                 },
                 [&](stream::ThinkingDelta& e) {
                   auto* block = slot_for<chat::Thinking>(e.block);
                   if (block == nullptr || e.text.empty()) return;
                   block->text += e.text;
                   bytes_ += e.text.size();
                   has_content_ = true;
                 },
                 [&](stream::Signature& e) {
                   auto* block = slot_for<chat::Thinking>(e.block);
                   if (block == nullptr) return;
                   block->signature = e.signature;
                   block->redacted = e.redacted;
                   bytes_ += e.signature.size();
                   has_content_ = true;
                 },
                 [&](stream::ToolCallBegin& e) {
                   auto* block = slot_for<chat::ToolCall>(e.block);
                   if (block == nullptr) return;
                   e.id = unique_id(e.id);
                   block->id = e.id;
                   block->name = e.name;
                   bytes_ += e.id.size() + e.name.size();
                   has_content_ = true;
                 },
                 [&](stream::ToolCallDelta& e) {
                   auto* block = slot_for<chat::ToolCall>(e.block);
                   if (block == nullptr) return;
                   block->arguments += e.arguments;
                   bytes_ += e.arguments.size();
                 },
                 [&](stream::ToolCallSignature& e) {
                   auto* block = slot_for<chat::ToolCall>(e.block);
                   if (block != nullptr) block->signature = e.signature;
                 },
                 [&](stream::NativeBlock& e) {
                   if (e.json.empty()) return take_back(e.block);
                   bytes_ += e.json.size();
                   has_content_ = true;
                   last_ = slots_.insert_or_assign(e.block, Slot{chat::Native{e.provider, e.json}, true}).first;
                 },
                 [&](stream::UsageReport& e) { usage_ = e.usage; },
                 [&](stream::Finished& e) { stop_ = e.stop; },
             },
             event);
}

void Assembler::take_back(std::size_t block) {
  const auto found = slots_.find(block);
  if (found == slots_.end()) return;
  if (const auto* call = std::get_if<chat::ToolCall>(&found->second.block)) ids_.erase(call->id);
  slots_.erase(found);
  last_ = slots_.end();
}

void Assembler::end_block(std::size_t block) {
  const auto found = slots_.find(block);
  if (found != slots_.end()) found->second.ended = true;
}

bool Assembler::is_whole(const chat::ToolCall& call, bool ended, StopReason stop) {
  return (ended && (is_deliberate(stop) || text::trim(call.arguments).empty())) || is_object_text(call.arguments);
}

chat::AssistantMessage Assembler::message(StopReason stop) const {
  chat::AssistantMessage out;
  out.model = model_;
  out.stop = stop;
  out.usage = usage_;
  for (const auto& [index, slot] : slots_) {
    if (is_empty(slot.block)) continue;
    if (const auto* call = std::get_if<chat::ToolCall>(&slot.block)) {
      if (call->name.empty() || stop == StopReason::refusal) continue;
      if (!is_whole(*call, slot.ended, stop)) continue;
    }
    if (stop == StopReason::cancelled && is_native(slot.block)) continue;
    out.content.push_back(slot.block);
  }
  return out;
}

chat::AssistantMessage Assembler::whole() const {
  auto out = message(stop_);
  const bool calls = std::ranges::any_of(out.content, is_call);
  if (calls && out.stop == StopReason::end_turn) out.stop = StopReason::tool_use;
  return out;
}

bool Assembler::lacks_call() const {
  if (!is_deliberate(stop_)) return false;
  bool called = false;
  for (const auto& [index, slot] : slots_) {
    const auto* call = std::get_if<chat::ToolCall>(&slot.block);
    if (call != nullptr && !call->name.empty() && !is_whole(*call, slot.ended, stop_)) return true;
    called = called || is_native(slot.block) || (call != nullptr && !call->name.empty());
  }
  return stop_ == StopReason::tool_use && !called;
}

chat::AssistantMessage Assembler::cut() const {
  return message(StopReason::cancelled);
}

}  // namespace errand::provider
