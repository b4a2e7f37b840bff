#include "cli/definition_listing.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/listing.hpp"
#include "cli/output.hpp"

namespace errand::cli {

namespace {

std::string models_text(const chat::AgentDefinition& definition) {
  return definition.models.empty() ? "(the parent's)" : text::join(definition.models, ",");
}

Json shadowed_json(const std::vector<config::Shadowed>& shadowed) {
  auto out = Json::array();
  for (const auto& one : shadowed) out.push_back({{"layer", name_of(one.layer)}, {"where", to_string(one.where)}});
  return out;
}

Json entry_json(const config::AgentEntry& entry, std::string_view default_id) {
  const auto& definition = entry.definition;
  Json out = {{"id", definition.id},
              {"name", definition.name},
              {"description", definition.description},
              {"model", definition.models.empty() ? Json(nullptr) : Json(text::join(definition.models, ","))},
              {"layer", name_of(entry.layer)},
              {"where", to_string(entry.where)},
              {"shadows", shadowed_json(entry.shadowed)}};
  if (!default_id.empty()) out["default"] = definition.id == default_id;
  return out;
}

std::string origin_text(const config::GivenValue& value) {
  using Source = config::GivenValue::Source;
  switch (value.source) {
    case Source::own:
      return to_string(value.where);
    case Source::defaults:
      return fmt::format("_defaults at {}", to_string(value.where));
    case Source::built_in:
      return "built-in";
    case Source::held_back:
      return fmt::format("built-in (held back: {} at {})", value.held_back, to_string(value.where));
  }
  return {};
}

Json json_of(const std::string& value) {
  auto out = Json::parse(value, nullptr, false);
  return out.is_discarded() ? Json(value) : out;
}

Json definition_json(const config::AgentEntry& entry) {
  auto out = entry_json(entry, "");
  auto values = Json::array();
  for (const auto& origin : config::origins_of(entry)) {
    auto value = json_of(origin.value);
    Json item = {{"key", origin.key}, {"value", std::move(value)}, {"origin", origin_text(origin)}};
    if (!origin.held_back.empty()) item["held_back"] = json_of(origin.held_back);
    values.push_back(std::move(item));
  }
  out["values"] = std::move(values);
  out["hash"] = entry.definition.hash;
  return out;
}

}  // namespace

Result<int> list_definitions(std::string_view plural, const std::vector<config::AgentEntry>& entries,
                             std::string_view default_id, Form form) {
  if (form == Form::json) {
    auto items = Json::array();
    for (const auto& entry : entries) items.push_back(entry_json(entry, default_id));
    Json out;
    out[std::string(plural)] = std::move(items);
    return print_json(out);
  }
  // A program that cuts columns wants the id alone; it has "default" of --json.
  const bool is_marked = ::isatty(STDOUT_FILENO) != 0;
  std::vector<std::vector<std::string>> rows;
  for (const auto& entry : entries) {
    const auto& definition = entry.definition;
    auto from = std::string(name_of(entry.layer));
    if (!entry.shadowed.empty()) from += fmt::format(" (shadows {})", name_of(entry.shadowed.front().layer));
    rows.push_back({is_marked && definition.id == default_id ? definition.id + " *" : definition.id,
                    models_text(definition), from, std::string(text::first_line(definition.description))});
  }
  return print_table({{"id"}, {"model"}, {"from"}, {"description", Width::flexible}}, rows);
}

Result<int> show_definition(const config::AgentEntry& entry, Form form) {
  if (form == Form::json) return print_json(definition_json(entry));
  std::vector<std::vector<std::string>> rows;
  for (const auto& origin : config::origins_of(entry)) rows.push_back({origin.key, origin.value, origin_text(origin)});
  rows.push_back({"(definition)", entry.definition.id, to_string(entry.where)});
  for (const auto& one : entry.shadowed)
    rows.push_back({"(shadows)", std::string(name_of(one.layer)), to_string(one.where)});
  return print_table({{"key"}, {"value", Width::flexible}, {"origin"}}, rows);
}

}  // namespace errand::cli
