#include <array>

#include <fmt/format.h>

#include "config/definition_reader.hpp"
#include "config/schema_reader.hpp"

// How a definition's replies are to be written: temperature, top_p, max_output, stop, tool_choice, output_schema.
namespace errand::config {

namespace {

using yaml::Node;

constexpr std::int64_t max_output_tokens = 100'000'000;
constexpr std::size_t max_stop_texts = 16;

void set_number(const Node& node, double most, std::optional<double>& field, Reader& reader) {
  const auto value = reader.number(node, 0);
  if (value && *value > most) return reader.wrong_type(node, fmt::format("a number from 0 to {}", most));
  field = value;
}

}  // namespace

void set_temperature(const Node& node, DefinitionDraft& draft, Reader& reader) {
  set_number(node, 2, draft.definition.generation.temperature, reader);
}

void set_top_p(const Node& node, DefinitionDraft& draft, Reader& reader) {
  set_number(node, 1, draft.definition.generation.top_p, reader);
}

void set_max_output(const Node& node, DefinitionDraft& draft, Reader& reader) {
  if (const auto value = reader.integer(node, 1, max_output_tokens)) draft.definition.generation.max_output = *value;
}

// A text may be a line break alone, which word() would refuse.
void set_stop(const Node& node, DefinitionDraft& draft, Reader& reader) {
  if (!reader.is_list(node)) return;
  auto& stop = draft.definition.generation.stop;
  stop.clear();
  for (const auto& item : node.items) {
    auto value = reader.text(item);
    if (value && value->empty()) reader.mistake(item.mark, reader.name() + " holds an empty text");
    if (value) stop.push_back(*std::move(value));
  }
  if (stop.size() > max_stop_texts) {
    reader.mistake(node.mark, fmt::format("{} holds {} texts", reader.name(), stop.size()),
                   fmt::format("at most {}; most models take 4", max_stop_texts));
  }
}

void set_tool_choice(const Node& node, DefinitionDraft& draft, Reader& reader) {
  constexpr std::array<std::string_view, 3> words = {"auto", "any", "none"};
  auto& choice = draft.definition.generation.tool_choice;
  if (std::ranges::find(words, node.text) != words.end()) {
    choice = node.text;
  } else if (auto tool = read_tool_name(node, reader)) {
    choice = *std::move(tool);
  }
}

void set_output_schema(const Node& node, DefinitionDraft& draft, Reader& reader) {
  auto schema = read_schema(node, reader).value_or(WrittenSchema{});
  draft.output_schema_file = std::move(schema.file);
  draft.definition.output_schema = std::move(schema.json);
}

}  // namespace errand::config
