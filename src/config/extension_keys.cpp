#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/definition_reader.hpp"

// plugins, mcp_servers: nothing here uses them yet, so only their shape is checked. What is accepted now is what will
// be meant later.
namespace errand::config {

namespace {

using yaml::Node;

struct Nothing {};
using ShapeKey = Key<Nothing>;

void check_word(const Node& node, Nothing&, Reader& reader) {
  reader.word(node);
}

void check_words(const Node& node, Nothing&, Reader& reader) {
  reader.words(node);
}

void check_timeout(const Node& node, Nothing&, Reader& reader) {
  reader.duration(node, std::chrono::milliseconds{1});
}

void check_text_map(const Node& node, Nothing&, Reader& reader) {
  if (!reader.is_map(node)) return;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const auto below = reader.below(node.keys[i].name);
    reader.text(node.items[i]);
  }
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

void check_transport(const Node& node, Nothing&, Reader& reader) {
  const auto word = reader.text(node);
  if (word && *word != "stdio" && *word != "http" && *word != "sse") reader.wrong_type(node, "stdio, http or sse");
}

void check_url(const Node& node, Nothing&, Reader& reader) {
  const auto url = reader.word(node);
  // ${NAME} may stand for any part of it, the scheme included.
  if (url && !url->starts_with("http://") && !url->starts_with("https://") && !url->starts_with("${")) {
    reader.wrong_type(node, "an address that starts with https:// or http://");
  }
}

constexpr std::array mcp_keys = {
    ShapeKey{"type", "stdio, http or sse", "", "", check_transport},
    ShapeKey{"command", "command", "", "", check_word},
    ShapeKey{"args", "list of words", "[]", "", check_words},
    ShapeKey{"env", "map of text", "{}", "", check_text_map},
    ShapeKey{"cwd", "path", "", "", check_word},
    ShapeKey{"url", "address", "", "", check_url},
    ShapeKey{"headers", "map of text", "{}", "", check_text_map},
    ShapeKey{"timeout", "duration", "", "", check_timeout},
};

bool is_server_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
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

void check_mcp_servers(const Node& node, DefinitionDraft&, Reader& reader) {
  if (!reader.is_map(node)) return;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const auto& key = node.keys[i];
    const auto& server = node.items[i];
    if (!is_server_name(key.name)) {
      reader.mistake(key.mark, fmt::format("\"{}\" is no name for an MCP server", key.name),
                     "use letters, digits, _ and -");
    }
    const auto below = reader.below(key.name);
    Nothing nothing;
    read_map<Nothing>(server, mcp_keys, nothing, reader);
    if (server.kind == yaml::Kind::map && (server.find("command") == nullptr) == (server.find("url") == nullptr)) {
      reader.mistake(server.mark, fmt::format("{} must have either a command or a url", reader.name()));
    }
  }
}

}  // namespace errand::config
