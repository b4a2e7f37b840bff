#include "agent/answer_form.hpp"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/json_schema.hpp"
#include "base/text.hpp"
#include "chat/codec.hpp"

namespace errand::agent {

namespace {

// More would rather confuse a model than help it.
constexpr std::size_t max_mistakes = 10;

// An answer of objects in objects is followed so far.
constexpr std::size_t max_nesting = 100;

// A line of back ticks or tildes that opens or closes a block of code (CommonMark 0.31, section 4.5). How far it is
// indented says nothing here: a block may stand in a list.
struct Fence {
  char mark = 0;
  std::size_t length = 0;
  std::size_t indent = 0;
  std::string_view info;  ///< behind it
};

std::optional<Fence> fence_of(std::string_view line) {
  const auto indent = line.find_first_not_of(" \t");
  if (indent == std::string_view::npos || (line[indent] != '`' && line[indent] != '~')) return std::nullopt;
  const char mark = line[indent];
  const auto end = std::min(line.find_first_not_of(mark, indent), line.size());
  const auto info = text::trim(line.substr(end));
  if (end - indent < 3 || (mark == '`' && info.find('`') != std::string_view::npos)) return std::nullopt;
  return Fence{mark, end - indent, indent, info};
}

bool closes(const Fence& fence, std::string_view line) {
  const auto other = fence_of(line);
  return other && other->mark == fence.mark && other->length >= fence.length && other->info.empty();
}

// As far as the opening fence was indented, a line's indentation is the list's and not the code's.
std::string_view without_indent(std::string_view line, std::size_t indent) {
  const auto own = std::min(line.find_first_not_of(" \t"), line.size());
  return line.substr(std::min(indent, own));
}

std::string_view take_line(std::string_view& rest) {
  const auto end = std::min(rest.find('\n'), rest.size());
  auto line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

struct Block {
  std::string_view before;  ///< it
  std::string code;
  std::string_view after;  ///< it
};

std::optional<Block> first_block(std::string_view markdown) {
  auto rest = markdown;
  while (!rest.empty()) {
    const auto before = markdown.substr(0, markdown.size() - rest.size());
    const auto fence = fence_of(take_line(rest));
    if (!fence) continue;
    Block block{before, {}, {}};
    while (!rest.empty()) {
      const auto line = take_line(rest);
      if (closes(*fence, line)) break;
      block.code += fmt::format("{}\n", without_indent(line, fence->indent));
    }
    block.after = rest;
    return block;
  }
  return std::nullopt;
}

std::string without_fence(std::string_view answer) {
  if (const auto block = first_block(answer);
      block && text::trim(block->before).empty() && text::trim(block->after).empty()) {
    return std::string(text::trim(block->code));
  }
  return std::string(text::trim(answer));
}

}  // namespace

std::optional<std::string> first_code_block(std::string_view markdown) {
  auto block = first_block(markdown);
  return block ? std::optional(std::move(block->code)) : std::nullopt;
}

JsonAnswer json_answer(std::string_view answer, const Json& schema) {
  JsonAnswer out{without_fence(answer), {}};
  if (chat::nests_deeper_than(out.json, max_nesting)) {
    out.mistakes.push_back(fmt::format("the answer is nested deeper than {} levels", max_nesting));
    return out;
  }
  const auto value = Json::parse(out.json, nullptr, false);
  if (value.is_discarded()) {
    out.mistakes.emplace_back("the answer is not JSON");
    return out;
  }
  for (const auto& mistake : json_schema::mistakes_in(value, schema, json_schema::Keywords::all, max_mistakes)) {
    out.mistakes.push_back(json_schema::to_string(mistake, "the answer"));
  }
  return out;
}

bool describes_object(const std::string& schema) {
  const auto json = Json::parse(schema, nullptr, false);
  return json.is_object() && json.value("type", Json()) == "object";
}

std::string repair_request(const std::vector<std::string>& mistakes, std::string_view schema) {
  return fmt::format(
      "Your answer can't be used: it has to be JSON that follows the schema below.\n\n{}\n\n"
      "Answer again with the whole JSON document and nothing else: no explanation, no code fence.\n\n"
      "<schema>\n{}\n</schema>",
      "- " + text::join(mistakes, "\n- "), schema);
}

}  // namespace errand::agent
