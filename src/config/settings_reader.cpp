#include "config/settings_reader.hpp"

#include <array>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "chat/names.hpp"
#include "config/definition_reader.hpp"
#include "config/settings.hpp"

namespace errand::config {

namespace {

using std::chrono::milliseconds;
using yaml::Node;

// --- models ---

// A window larger than this is a slip of the finger.
constexpr std::int64_t max_window = 100'000'000;

void set_model_provider(const Node& node, ModelDraft& model, Reader& reader) {
  if (auto value = reader.word(node)) model.provider = *std::move(value);
  model.provider_where = reader.at(node.mark);
}

void set_model_id(const Node& node, ModelDraft& model, Reader& reader) {
  if (auto value = reader.word(node)) model.id = *std::move(value);
}

template <std::optional<std::int64_t> ModelDraft::*field>
void set_tokens(const Node& node, ModelDraft& model, Reader& reader) {
  if (const auto value = reader.integer(node, 1, max_window)) model.*field = value;
}

template <double chat::Price::*field>
void set_price(const Node& node, chat::Price& price, Reader& reader) {
  if (const auto value = reader.number(node, 0)) price.*field = *value;
}

using PriceKey = Key<chat::Price>;
constexpr std::array price_keys = {
    PriceKey{"input", "number", "0", "USD per million tokens of input", set_price<&chat::Price::input>},
    PriceKey{"output", "number", "0", "USD per million tokens of output", set_price<&chat::Price::output>},
    PriceKey{"cache_read", "number", "0", "USD per million tokens read from the cache",
             set_price<&chat::Price::cache_read>},
    PriceKey{"cache_write", "number", "0", "USD per million tokens written to the cache",
             set_price<&chat::Price::cache_write>},
};

void set_prices(const Node& node, ModelDraft& model, Reader& reader) {
  chat::Price price;
  read_map<chat::Price>(node, price_keys, price, reader);
  for (const auto* key : {"input", "output"}) {
    if (node.kind == yaml::Kind::map && node.find(key) == nullptr) {
      reader.mistake(node.mark, fmt::format("{} has no {}", reader.name(), key),
                     "an unknown price is better left out whole");
    }
  }
  model.price = price;
}

struct StyleName {
  std::string_view name;
  chat::ThinkingStyle style;
};
constexpr std::array style_names = {
    StyleName{"none", chat::ThinkingStyle::none},
    StyleName{"budget", chat::ThinkingStyle::budget},
    StyleName{"adaptive", chat::ThinkingStyle::adaptive},
    StyleName{"effort", chat::ThinkingStyle::effort},
};

constexpr std::array<std::string_view, 4> style_words = {"none", "budget", "adaptive", "effort"};

void set_style(const Node& node, ModelDraft& model, Reader& reader) {
  const auto found = std::ranges::find(style_names, node.text, &StyleName::name);
  if (found == style_names.end()) return reader.wrong_word(node, style_words);
  model.thinking = found->style;
}

using ModelKey = Key<ModelDraft>;
constexpr std::array model_keys = {
    ModelKey{"provider", "provider", "", "Whose model it is", set_model_provider},
    ModelKey{"id", "text", "", "The model's name as the provider takes it", set_model_id},
    ModelKey{"context", "whole number", "", "Its context window in tokens", set_tokens<&ModelDraft::context>},
    ModelKey{"max_output", "whole number", "", "The longest reply in tokens", set_tokens<&ModelDraft::max_output>},
    ModelKey{"price", "map", "", "What it costs", set_prices, ModelKey::Use::group},
    ModelKey{"thinking", "none, budget, adaptive or effort", "",
             "How it takes the thinking setting; absent: by its family", set_style},
};

void check_alias(const yaml::Key& alias, Reader& reader) {
  if (alias.name.find_first_of("/, \t\n") == std::string::npos && !alias.name.empty()) return;
  reader.mistake(alias.mark, fmt::format("\"{}\" is no name for a model", alias.name),
                 "leave out \"/\", commas and blanks");
}

void set_models(const Node& node, SettingsDraft& draft, Reader& reader) {
  if (!reader.is_map(node)) return;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const auto& alias = node.keys[i];
    const auto& value = node.items[i];
    check_alias(alias, reader);
    const auto below = reader.below(alias.name);
    ModelDraft model;
    model.where = reader.at(alias.mark);
    read_map<ModelDraft>(value, model_keys, model, reader);
    for (const auto* required : {"provider", "id"}) {
      if (value.kind == yaml::Kind::map && value.find(required) == nullptr) {
        reader.mistake(alias.mark, fmt::format("{} has no {}", reader.name(), required),
                       "write { provider: anthropic, id: … }");
      }
    }
    if (model.provider == "scripted") model.id = normalize_path(join_path(reader.directory(), model.id));
    draft.models[alias.name] = std::move(model);
  }
}

// --- providers ---

constexpr std::array<std::string_view, 4> protocols = {"anthropic", "openai_chat", "openai_responses", "gemini"};

void set_protocol(const Node& node, ProviderDraft& provider, Reader& reader) {
  if (std::ranges::find(protocols, node.text) == protocols.end()) return reader.wrong_word(node, protocols);
  provider.protocol = chat::protocol_named(node.text);
}

void set_base_url(const Node& node, ProviderDraft& provider, Reader& reader) {
  auto url = reader.word(node);
  if (!url) return;
  if (!url->starts_with("http://") && !url->starts_with("https://")) {
    return reader.wrong_type(node, "an address that starts with https:// or http://");
  }
  const auto host = std::string_view(*url).substr(url->find("//") + 2);
  if (host.substr(0, host.find('/')).find('@') != std::string_view::npos) {
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
}

void refuse_key(const Node& node, ProviderDraft&, Reader& reader) {
  reader.mistake(node.mark, reader.name() + ": keys are not read from files",
                 "put the key into an environment variable and name that: api_key_env");
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
    ProviderKey{"env_key", "", "", "", older_key_variable, ProviderKey::Use::older},
    ProviderKey{"api_key", "", "", "", refuse_key, ProviderKey::Use::older},
};

void set_providers(const Node& node, SettingsDraft& draft, Reader& reader) {
  if (!reader.is_map(node)) return;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const auto& name = node.keys[i];
    check_alias(name, reader);
    if (name.name == "scripted")
      reader.mistake(name.mark, "\"scripted\" is built in and has no settings", "choose another name");
    const auto below = reader.below(name.name);
    ProviderDraft provider;
    provider.where = reader.at(name.mark);
    read_map<ProviderDraft>(node.items[i], provider_keys, provider, reader);
    draft.providers[name.name] = std::move(provider);
  }
}

// --- the rest ---

template <std::optional<int> SettingsDraft::*field, int least, int most>
void set_count(const Node& node, SettingsDraft& draft, Reader& reader) {
  if (const auto value = reader.integer(node, least, most)) draft.*field = static_cast<int>(*value);
}

void set_idle(const Node& node, SettingsDraft& draft, Reader& reader) {
  if (const auto value = reader.duration(node, milliseconds{1000})) draft.idle = value;
}

void check_money(const Node& node, SettingsDraft&, Reader& reader) {
  reader.number(node, 0);
}

void check_retention(const Node& node, SettingsDraft&, Reader& reader) {
  reader.duration(node, milliseconds{0});
}

void check_max_sessions(const Node& node, SettingsDraft&, Reader& reader) {
  reader.integer(node, 0, 1'000'000'000);
}

void set_data_dir(const Node& node, SettingsDraft& draft, Reader& reader) {
  draft.data_dir = reader.word(node);
}

void set_rules(const Node& node, SettingsDraft& draft, Reader& reader) {
  read_permissions(node, draft.rules, reader);
}

using SettingsKey = Key<SettingsDraft>;
using Use = SettingsKey::Use;

constexpr std::array retry_keys = {
    SettingsKey{"attempts", "whole number from 1 to 100", "8", "Tries of one request before its reply began",
                set_count<&SettingsDraft::attempts, 1, 100>},
    SettingsKey{"restarts", "whole number from 0 to 20", "2", "Tries anew after it began",
                set_count<&SettingsDraft::restarts, 0, 20>},
    SettingsKey{"idle", "duration", "90s", "The longest silence in a stream", set_idle},
};
constexpr std::array budget_keys = {
    SettingsKey{"day_usd", "number", "0", "What may be spent in a day; 0: no limit", check_money, Use::unused},
    SettingsKey{"month_usd", "number", "0", "What may be spent in a month; 0: no limit", check_money, Use::unused},
};
constexpr std::array session_keys = {
    SettingsKey{"retention", "duration", "0", "How long sessions are kept before they are archived; 0: always",
                check_retention, Use::unused},
    SettingsKey{"max_sessions", "whole number", "0", "How many are kept before the oldest are archived; 0: all",
                check_max_sessions, Use::unused},
};

void set_retry(const Node& node, SettingsDraft& draft, Reader& reader) {
  read_map<SettingsDraft>(node, retry_keys, draft, reader);
}

void set_budgets(const Node& node, SettingsDraft& draft, Reader& reader) {
  read_map<SettingsDraft>(node, budget_keys, draft, reader);
}

void set_sessions(const Node& node, SettingsDraft& draft, Reader& reader) {
  read_map<SettingsDraft>(node, session_keys, draft, reader);
}

constexpr std::array top_keys = {
    SettingsKey{"models", "map of models", "", "Aliases, and what a model can do", set_models, Use::group},
    SettingsKey{"providers", "map of providers", "", "Servers that have models", set_providers, Use::group},
    SettingsKey{"retry", "map", "", "What happens when a provider fails", set_retry, Use::group},
    SettingsKey{"budgets", "map", "", "What may be spent in all", set_budgets, Use::group},
    SettingsKey{"sessions", "map", "", "What is kept", set_sessions, Use::group},
    SettingsKey{"data_dir", "path", "", "Where sessions are kept", set_data_dir},
    SettingsKey{"permissions", "map", "", "Rules for tool calls, for every agent", set_rules, Use::group},
};

template <class T>
void add_keys(std::span<const Key<T>> table, std::string_view prefix, std::vector<SettingKey>& out) {
  using KeyUse = typename Key<T>::Use;
  for (const auto& key : table) {
    if (key.use == KeyUse::older || key.use == KeyUse::group) continue;
    out.push_back(
        {fmt::format("{}{}", prefix, key.name), key.type, key.built_in, key.description, key.use != KeyUse::unused});
  }
}

bool is_top_key(std::string_view name) {
  return std::ranges::find(top_keys, name, &SettingsKey::name) != top_keys.end();
}

}  // namespace

bool has_our_settings(std::string_view text) {
  for (const auto& line : text::lines(text)) {
    const auto colon = line.find(':');
    if (colon != std::string::npos && is_top_key(text::trim_end(std::string_view(line).substr(0, colon)))) return true;
  }
  return false;
}

SettingsDraft read_settings(const Node& root, Layer layer, Reader& reader) {
  SettingsDraft out;
  out.layer = layer;
  out.directory = reader.directory();
  if (root.kind == yaml::Kind::null) return out;
  reader.set_record(&out.given);
  read_map<SettingsDraft>(root, top_keys, out, reader);
  reader.set_record(nullptr);
  return out;
}

std::vector<SettingKey> setting_keys() {
  std::vector<SettingKey> out;
  add_keys<ModelDraft>(model_keys, "models.*.", out);
  add_keys<chat::Price>(price_keys, "models.*.price.", out);
  add_keys<ProviderDraft>(provider_keys, "providers.*.", out);
  add_keys<SettingsDraft>(retry_keys, "retry.", out);
  add_keys<SettingsDraft>(budget_keys, "budgets.", out);
  add_keys<SettingsDraft>(session_keys, "sessions.", out);
  add_keys<SettingsDraft>(top_keys, "", out);
  for (const auto& key : documented_group("permissions")) {
    out.push_back({key.name, key.type, key.built_in, key.description, key.used});
  }
  return out;
}

}  // namespace errand::config
