#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "chat/names.hpp"
#include "config/definition_reader.hpp"
#include "config/lookup.hpp"
#include "config/settings_reader.hpp"

// `providers` of config.yaml.
namespace errand::config {

namespace {

using yaml::Node;

constexpr std::array<std::string_view, 4> protocols = {"anthropic", "openai_chat", "openai_responses", "gemini"};
constexpr std::array<std::string_view, 6> proxy_schemes = {"http://",    "https://",  "socks4://",
                                                           "socks4a://", "socks5://", "socks5h://"};

void set_protocol(const Node& node, ProviderDraft& provider, Reader& reader) {
  if (std::ranges::find(protocols, node.text) == protocols.end()) return reader.wrong_word(node, protocols);
  provider.protocol = chat::protocol_named(node.text);
}

// What stands before the '@' of an address.
std::string_view user_part(std::string_view url) {
  const auto begin = url.find("//");
  if (begin == std::string_view::npos) return {};
  auto authority = url.substr(begin + 2);
  authority = authority.substr(0, authority.find('/'));
  const auto at = authority.rfind('@');
  return at == std::string_view::npos ? std::string_view() : authority.substr(0, at + 1);
}

void set_base_url(const Node& node, ProviderDraft& provider, Reader& reader) {
  auto url = reader.word(node);
  if (!url) return;
  if (!url->starts_with("http://") && !url->starts_with("https://")) {
    return reader.wrong_type(node, "an address that starts with https:// or http://");
  }
  if (!user_part(*url).empty()) {
    reader.mistake(node.mark, reader.name() + " holds a user or password",
                   "name the variable that holds the key: api_key_env");
    return;
  }
  while (url->ends_with('/')) url->pop_back();
  provider.base_url = *std::move(url);
}

// The value may be the secret itself, written by mistake: it is not repeated.
std::optional<std::string> read_variable_name(const Node& node, Reader& reader) {
  auto name = reader.word(node);
  if (!name || is_variable_name(*name)) return name;
  reader.mistake(node.mark, reader.name() + " must be the name of an environment variable",
                 "the variable holds the value, the file its name: ANTHROPIC_API_KEY");
  return std::nullopt;
}

template <std::optional<std::string> ProviderDraft::*field>
void set_variable_name(const Node& node, ProviderDraft& provider, Reader& reader) {
  provider.*field = read_variable_name(node, reader);
}

void older_key_variable(const Node& node, ProviderDraft& provider, Reader& reader) {
  reader.warn("older_key", node.mark, "env_key is the older name of api_key_env");
  provider.key_variable = read_variable_name(node, reader);
  const auto provider_path = std::string_view(reader.path()).substr(0, reader.path().rfind('.'));
  reader.note(fmt::format("{}.api_key_env", provider_path), yaml::show(node), node.mark);
}

void refuse_key(const Node& node, ProviderDraft&, Reader& reader) {
  reader.mistake(
      node.mark, reader.name() + ": keys are not read from this file",
      "put the key into an environment variable (api_key_env) or a file of its own (api_key_file), or have a "
      "command print it (api_key_command)");
}

template <std::optional<WrittenPath> ProviderDraft::*field>
void set_path(const Node& node, ProviderDraft& provider, Reader& reader) {
  if (auto path = reader.word(node)) provider.*field = WrittenPath{*std::move(path), reader.directory()};
}

void set_key_command(const Node& node, ProviderDraft& provider, Reader& reader) {
  provider.key_command = reader.word(node);
}

void set_like(const Node& node, ProviderDraft& provider, Reader& reader) {
  provider.like = reader.word(node);
  provider.like_where = reader.at(node.mark);
}

// RFC 9110, 5.6.2: a token.
bool is_header_name(std::string_view name) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::ranges::all_of(name, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           others.find(c) != std::string_view::npos;
  });
}

// Values may be secrets: no message repeats one.
void set_headers(const Node& node, ProviderDraft& provider, Reader& reader) {
  if (node.kind != yaml::Kind::map) {
    reader.mistake(node.mark, reader.name() + " must be a map of names to values", "write { x-team: \"${TEAM}\" }");
    return;
  }
  std::vector<std::pair<std::string, std::string>> headers;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const auto& name = node.keys[i];
    const auto& value = node.items[i];
    const auto below = reader.below(name.name);
    if (!is_header_name(name.name)) {
      reader.mistake(name.mark, fmt::format("\"{}\" is no name for a header", name.name),
                     "use letters, digits and hyphens");
    } else if (value.kind != yaml::Kind::scalar || value.text.find_first_of("\r\n") != std::string::npos) {
      reader.mistake(value.mark, reader.name() + " must be a text on one line");
    } else {
      headers.emplace_back(name.name, value.text);
    }
  }
  provider.headers = std::move(headers);
}

void set_proxy(const Node& node, ProviderDraft& provider, Reader& reader) {
  auto proxy = reader.word(node);
  if (!proxy) return;
  if (*proxy == "none") {
    provider.proxy = "";
    return;
  }
  const auto user = user_part(*proxy);
  if (!user.empty() && user.find("${") == std::string_view::npos) {
    reader.mistake(node.mark, reader.name() + " holds a user or password",
                   "name variables that hold them: http://${PROXY_USER}:${PROXY_PASSWORD}@host:port");
    return;
  }
  const auto begins = [&](std::string_view scheme) { return proxy->starts_with(scheme); };
  if (std::ranges::none_of(proxy_schemes, begins) && !proxy->starts_with("${")) {
    return reader.wrong_type(node, "none, or an address that starts with http://, https:// or socks5h://");
  }
  provider.proxy = *std::move(proxy);
}

using ProviderKey = Key<ProviderDraft>;
constexpr std::array provider_keys = {
    ProviderKey{"type", "anthropic, openai_chat, openai_responses or gemini", "openai_chat", "The protocol it speaks",
                set_protocol},
    ProviderKey{"base_url", "address", "", "Where it is, as that API's official SDK takes it", set_base_url},
    ProviderKey{"base_url_env", "variable name", "", "The environment variable that may say where it is",
                set_variable_name<&ProviderDraft::base_url_variable>},
    ProviderKey{"api_key_env", "variable name", "", "The environment variable that holds its key",
                set_variable_name<&ProviderDraft::key_variable>},
    ProviderKey{"api_key_file", "path", "", "A file whose first line is its key, where no variable holds it",
                set_path<&ProviderDraft::key_file>},
    ProviderKey{"api_key_command", "shell command", "", "Prints its key, where neither a variable nor a file holds it",
                set_key_command},
    ProviderKey{"headers", "map of texts", "", "Sent with each request; ${NAME} stands for an environment variable",
                set_headers, ProviderKey::Use::secret},
    ProviderKey{"like", "dialect", "", "Whose dialect of openai_chat it speaks; absent: by its address and name",
                set_like},
    ProviderKey{"ca_file", "path", "", "Certificate authorities (PEM) that are trusted in place of the system's",
                set_path<&ProviderDraft::ca_file>},
    ProviderKey{"client_cert", "path", "", "The certificate (PEM) by which it knows us",
                set_path<&ProviderDraft::client_cert>},
    ProviderKey{"client_key", "path", "", "The key (PEM) of client_cert; absent: it is in the same file",
                set_path<&ProviderDraft::client_key>},
    ProviderKey{"proxy", "address, or none", "", "The proxy to reach it through; absent: as the environment says",
                set_proxy},
    ProviderKey{"env_key", "", "", "", older_key_variable, ProviderKey::Use::older},
    ProviderKey{"api_key", "", "", "", refuse_key, ProviderKey::Use::older},
};

}  // namespace

void set_providers(const Node& node, SettingsDraft& draft, Reader& reader) {
  if (!reader.is_map(node)) return;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const auto& name = node.keys[i];
    check_name(name, reader);
    if (plays_a_file(name.name)) {
      reader.mistake(name.mark, fmt::format("\"{}\" is built in and has no settings", name.name),
                     "choose another name");
    }
    const auto below = reader.below(name.name);
    ProviderDraft provider;
    provider.where = reader.at(name.mark);
    read_map<ProviderDraft>(node.items[i], provider_keys, provider, reader);
    draft.providers[name.name] = std::move(provider);
  }
}

void add_provider_keys(std::vector<SettingKey>& out) {
  add_keys<ProviderDraft>(provider_keys, "providers.*.", out);
}

}  // namespace errand::config
