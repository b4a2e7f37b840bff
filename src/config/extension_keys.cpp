#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/definition_reader.hpp"

// plugins: nothing here uses them yet, so only their shape is checked. What is accepted now is what will be meant
// later.
namespace errand::config {

namespace {

using yaml::Node;

struct Nothing {};
using ShapeKey = Key<Nothing>;

void check_word(const Node& node, Nothing&, Reader& reader) {
  reader.word(node);
}

constexpr std::array plugin_keys = {ShapeKey{"path", "path", "", "", check_word}};

void check_plugin_name(const Node& node, Reader& reader) {
  const auto name = reader.word(node);
  if (!name) return;
  const auto at = name->find('@');
  if (at == 0 || at == std::string::npos || at + 1 == name->size()) {
    reader.mistake(node.mark, fmt::format("\"{}\" in {} is no plugin", *name, reader.name()),
                   "write name@marketplace, or { path: ./directory }");
  }
}

}  // namespace

void check_plugins(const Node& node, DefinitionDraft&, Reader& reader) {
  if (!reader.is_list(node)) return;
  for (const auto& item : node.items) {
    Nothing nothing;
    if (item.kind == yaml::Kind::map) {
      read_map<Nothing>(item, plugin_keys, nothing, reader);
      if (item.find("path") == nullptr)
        reader.mistake(item.mark, fmt::format("an entry of {} has no path", reader.name()));
    } else {
      check_plugin_name(item, reader);
    }
  }
}

}  // namespace errand::config
