#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "config/definition_reader.hpp"

// mcp_servers.
namespace errand::config {

namespace {

using chat::McpServer;
using yaml::Node;
using ServerKey = Key<McpServer>;
using Pairs = std::vector<std::pair<std::string, std::string>>;

template <std::string McpServer::*member>
void set_word(const Node& node, McpServer& server, Reader& reader) {
  if (auto word = reader.word(node)) server.*member = *std::move(word);
}

void set_arguments(const Node& node, McpServer& server, Reader& reader) {
  if (auto words = reader.words(node)) server.args = *std::move(words);
}

template <Pairs McpServer::*member>
void set_pairs(const Node& node, McpServer& server, Reader& reader) {
  if (!reader.is_map(node)) return;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const auto below = reader.below(node.keys[i].name);
    if (auto value = reader.text(node.items[i])) (server.*member).emplace_back(node.keys[i].name, *std::move(value));
  }
}

void set_timeout(const Node& node, McpServer& server, Reader& reader) {
  if (const auto limit = reader.duration(node, std::chrono::milliseconds{1})) server.timeout = *limit;
}

void set_transport(const Node& node, McpServer& server, Reader& reader) {
  const auto word = reader.text(node);
  if (word && *word != "stdio" && *word != "http" && *word != "sse") reader.wrong_type(node, "stdio, http or sse");
  server.old_transport = word == "sse";
}

void set_url(const Node& node, McpServer& server, Reader& reader) {
  const auto url = reader.word(node);
  if (!url) return;
  server.url = *url;
  // ${NAME} may stand for any part of it, the scheme included.
  if (!url->starts_with("http://") && !url->starts_with("https://") && !url->starts_with("${")) {
    reader.wrong_type(node, "an address that starts with https:// or http://");
  }
}

constexpr std::array server_keys = {
    ServerKey{"type", "stdio, http or sse", "", "", set_transport},
    ServerKey{"command", "command", "", "", set_word<&McpServer::command>},
    ServerKey{"args", "list of words", "[]", "", set_arguments},
    ServerKey{"env", "map of text", "{}", "", set_pairs<&McpServer::env>},
    ServerKey{"cwd", "path", "", "", set_word<&McpServer::cwd>},
    ServerKey{"url", "address", "", "", set_url},
    ServerKey{"headers", "map of text", "{}", "", set_pairs<&McpServer::headers>},
    ServerKey{"timeout", "duration", "60s", "", set_timeout},
};

// Two underscores part a server's name from its tool's.
bool is_server_name(std::string_view name) {
  if (name.starts_with('_') || name.ends_with('_') || name.find("__") != std::string_view::npos) return false;
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

}  // namespace

void set_mcp_servers(const Node& node, DefinitionDraft& draft, Reader& reader) {
  if (!reader.is_map(node)) return;
  auto& servers = draft.definition.mcp_servers;
  servers.clear();
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const auto& key = node.keys[i];
    const auto& written = node.items[i];
    if (!is_server_name(key.name)) {
      reader.mistake(key.mark, fmt::format("\"{}\" is no name for an MCP server", key.name),
                     "use letters, digits, - and single _ between them");
    }
    const auto below = reader.below(key.name);
    McpServer server{.name = key.name};
    read_map<McpServer>(written, server_keys, server, reader);
    if (written.kind == yaml::Kind::map && server.command.empty() == server.url.empty())
      reader.mistake(written.mark, fmt::format("{} must have either a command or a url", reader.name()));
    servers.push_back(std::move(server));
  }
}

}  // namespace errand::config
