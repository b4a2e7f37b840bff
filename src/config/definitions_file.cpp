#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/definition_reader.hpp"
#include "config/variables.hpp"

// The shape of agents.yaml and subagents.yaml around the definitions.
namespace errand::config {

namespace {

using Source = GivenValue::Source;
using yaml::Node;

constexpr std::size_t max_id_length = 63;
constexpr std::size_t max_definitions_bytes = std::size_t{32} << 20U;
constexpr std::array<std::string_view, 4> reserved = {"agents", "subagents", "default_agent", "_defaults"};

std::string_view noun_of(DefinitionKind kind) {
  return kind == DefinitionKind::agent ? "agent" : "subagent";
}

std::string_view wrapper_of(DefinitionKind kind) {
  return kind == DefinitionKind::agent ? "agents" : "subagents";
}

// What `key: own` replaces of the values that came from _defaults: itself and what stands below it.
bool is_replaced_by(const GivenValue& given, std::string_view key) {
  const std::string_view whole = given.key;
  return whole.starts_with(key) && (whole.size() == key.size() || whole[key.size()] == '.');
}

// Where a prompt stands, for a mistake in it.
Location place_of(const DefinitionDraft& draft, std::string_view key) {
  const auto found = std::ranges::find(draft.given, key, &GivenValue::key);
  return found == draft.given.end() ? draft.where : found->where;
}

void check_variables(const DefinitionDraft& draft, std::string_view key, const std::string& prompt, Reader& reader) {
  std::vector<std::string> known;
  for (const auto& [name, variable] : draft.definition.variables) known.push_back(name);
  for (const auto& name : variables_in(prompt)) {
    if (draft.definition.variables.contains(name)) continue;
    const auto where = place_of(draft, key);
    reader.mistake({where.line, where.column},
                   fmt::format("{} uses {{{{{}}}}}, which is not among the variables", key, name),
                   known.empty() ? fmt::format("declare it: variables: {{ {}: {{ default: … }} }}", name)
                                 : text::suggest(name, known, "variables"));
  }
}

void check_required(const DefinitionDraft& draft, DefinitionKind kind, Reader& reader) {
  if (kind != DefinitionKind::subagent || !draft.definition.description.empty()) return;
  reader.mistake({draft.where.line, draft.where.column}, fmt::format("{} has no description", reader.subject()),
                 "the model that may start it chooses by its description");
}

DefinitionDraft read_definition(const yaml::Key& id, const Node& value, const DefinitionDraft& defaults,
                                DefinitionKind kind, Reader& reader) {
  auto draft = defaults;
  draft.where = reader.at(id.mark);
  draft.definition.id = id.name;
  draft.definition.origin = reader.file();
  for (auto& given : draft.given) given.source = Source::defaults;
  for (const auto& key : value.keys) {
    std::erase_if(draft.given, [&](const GivenValue& given) { return is_replaced_by(given, key.name); });
  }
  reader.set_subject(fmt::format("{} \"{}\"", noun_of(kind), id.name));
  if (value.kind == yaml::Kind::null) {
    reader.mistake(id.mark, reader.subject() + " has no value", "write {} for one that is all defaults");
    return draft;
  }
  reader.set_record(&draft.given);
  read_map(value, definition_table(kind), draft, reader);
  reader.set_record(nullptr);
  if (draft.definition.name.empty()) draft.definition.name = id.name;
  check_variables(draft, "system_prompt", draft.definition.system_prompt, reader);
  check_variables(draft, "prompt", draft.definition.prompt, reader);
  check_required(draft, kind, reader);
  return draft;
}

DefinitionDraft read_defaults(const Node* node, DefinitionKind kind, Reader& reader) {
  auto draft = blank_definition(kind);
  if (node == nullptr) return draft;
  reader.set_subject("_defaults");
  reader.set_record(&draft.given);
  read_map(*node, definition_table(kind), draft, reader);
  reader.set_record(nullptr);
  return draft;
}

void check_id(const yaml::Key& id, DefinitionKind kind, Reader& reader) {
  if (is_definition_id(id.name)) return;
  reader.set_subject({});
  reader.mistake(
      id.mark,
      fmt::format("\"{}\" is no id for {} {}", id.name, kind == DefinitionKind::agent ? "an" : "a", noun_of(kind)),
      "use a-z, 0-9 and -, at most 63 of them, a letter or digit first");
}

// What one definition weighs: each takes what stands in _defaults again.
std::size_t bytes_of(const DefinitionDraft& draft) {
  auto out = draft.definition.system_prompt.size() + draft.definition.prompt.size();
  for (const auto& given : draft.given) out += given.value.size();
  return out;
}

void read_entries(const Node& map, bool is_top_level, DefinitionKind kind, const DefinitionDraft& defaults,
                  DefinitionsFile& out, Reader& reader) {
  std::size_t total_bytes = 0;
  for (std::size_t i = 0; i < map.keys.size(); ++i) {
    const auto& id = map.keys[i];
    if (is_top_level && (id.name == "_defaults" || id.name == "default_agent")) continue;
    check_id(id, kind, reader);
    out.drafts.push_back(read_definition(id, map.items[i], defaults, kind, reader));
    total_bytes += bytes_of(out.drafts.back());
    if (total_bytes > max_definitions_bytes) {
      reader.mistake(
          id.mark, fmt::format("the definitions take more than {} bytes with their _defaults", max_definitions_bytes));
      return;
    }
  }
}

// With the wrapper in place, nothing else but these may stand beside it.
void check_beside_wrapper(const Node& root, DefinitionKind kind, Reader& reader) {
  const auto wrapper = wrapper_of(kind);
  std::vector<std::string> known = {std::string(wrapper), "_defaults"};
  if (kind == DefinitionKind::agent) known.emplace_back("default_agent");
  for (const auto& key : root.keys) {
    if (std::ranges::find(known, key.name) != known.end()) continue;
    reader.mistake(
        key.mark, fmt::format("unknown key \"{}\" beside {}", key.name, wrapper),
        fmt::format("a definition of that name belongs below {}; {}", wrapper, text::suggest(key.name, known, "keys")));
  }
}

void read_default_agent(const Node& root, DefinitionsFile& out, Reader& reader) {
  const auto* node = root.find("default_agent");
  if (node == nullptr) return;
  const auto below = reader.below("default_agent");
  if (auto id = reader.word(*node)) out.default_agent = NameUse{*std::move(id), reader.at(node->mark)};
}

}  // namespace

bool is_definition_id(std::string_view id) {
  const auto is_word_char = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !id.empty() && id.size() <= max_id_length && is_word_char(id.front()) &&
         std::ranges::all_of(id, [&](char c) { return is_word_char(c) || c == '-'; }) &&
         std::ranges::find(reserved, id) == reserved.end();
}

DefinitionDraft blank_definition(DefinitionKind kind) {
  DefinitionDraft out;
  if (kind == DefinitionKind::agent) {
    out.definition.models = {"sonnet"};
  } else {
    out.definition.replace_system_prompt = true;
  }
  return out;
}

DefinitionsFile read_definitions(const Node& root, DefinitionKind kind, Reader& reader) {
  DefinitionsFile out;
  const auto wrapper_name = wrapper_of(kind);
  if (root.kind == yaml::Kind::null) {
    reader.mistake({1, 1}, fmt::format("the file holds no {}", wrapper_name),
                   fmt::format("write one below \"{}:\", or remove the file", wrapper_name));
    return out;
  }
  if (!reader.is_map(root)) return out;
  if (kind == DefinitionKind::agent) read_default_agent(root, out, reader);
  const auto defaults = read_defaults(root.find("_defaults"), kind, reader);
  reader.set_subject({});
  const auto* wrapper = root.find(wrapper_name);
  if (wrapper == nullptr) {
    read_entries(root, true, kind, defaults, out, reader);
    return out;
  }
  check_beside_wrapper(root, kind, reader);
  if (wrapper->kind != yaml::Kind::map) {
    const auto below = reader.below(wrapper_name);
    reader.wrong_type(*wrapper, "a map of ids");
    return out;
  }
  read_entries(*wrapper, false, kind, defaults, out, reader);
  return out;
}

}  // namespace errand::config
