#include "config/settings_reader.hpp"

#include <array>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "chat/names.hpp"
#include "config/definition_reader.hpp"
#include "config/lookup.hpp"
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
    PriceKey{"cache_read", "number", "", "USD per million tokens read from the cache; absent: as input",
             set_price<&chat::Price::cache_read>},
    PriceKey{"cache_write", "number", "", "USD per million tokens written to the cache; absent: as input",
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
  // Without a price of their own, cached tokens cost what others do.
  if (node.find("cache_read") == nullptr) price.cache_read = price.input;
  if (node.find("cache_write") == nullptr) price.cache_write = price.input;
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

void set_images(const Node& node, ModelDraft& model, Reader& reader) {
  model.images = reader.boolean(node);
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
    ModelKey{"images", "true or false", "true", "Whether it can be shown images", set_images},
};

void set_models(const Node& node, SettingsDraft& draft, Reader& reader) {
  if (!reader.is_map(node)) return;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const auto& alias = node.keys[i];
    const auto& value = node.items[i];
    check_name(alias, reader);
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
    if (plays_a_file(model.provider)) model.id = normalize_path(join_path(reader.directory(), model.id));
    draft.models[alias.name] = std::move(model);
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

template <std::optional<double> SettingsDraft::*field>
void set_money(const Node& node, SettingsDraft& draft, Reader& reader) {
  if (const auto value = reader.number(node, 0)) draft.*field = *value;
}

void set_retention(const Node& node, SettingsDraft& draft, Reader& reader) {
  if (const auto value = reader.duration(node, milliseconds{0})) draft.retention = value;
}

void set_data_dir(const Node& node, SettingsDraft& draft, Reader& reader) {
  draft.data_dir = reader.word(node);
}

void set_rules(const Node& node, SettingsDraft& draft, Reader& reader) {
  read_permissions(node, draft.rules, reader);
}

void set_compact_at(const Node& node, SettingsDraft& draft, Reader& reader) {
  const auto value = reader.number(node, 0);
  if (value && (*value < 0.2 || *value > 0.95)) return reader.wrong_type(node, "a number from 0.2 to 0.95");
  if (value) draft.compact_at = value;
}

constexpr std::array<std::string_view, 2> keys_words = {"emacs", "vi"};
constexpr std::array<std::string_view, 5> theme_words = {"auto", "dark", "light", "16", "none"};
constexpr std::array<std::string_view, 3> notify_words = {"unseen", "always", "never"};

template <std::optional<std::string> SettingsDraft::*field, const auto& words>
void set_word(const Node& node, SettingsDraft& draft, Reader& reader) {
  if (std::ranges::find(words, node.text) == words.end()) return reader.wrong_word(node, words);
  draft.*field = node.text;
}

void set_notify_after(const Node& node, SettingsDraft& draft, Reader& reader) {
  if (const auto value = reader.duration(node, milliseconds{0})) draft.notify_after = value;
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
    SettingsKey{"day_usd", "number", "0", "What may be spent in a day, in USD; 0: no limit",
                set_money<&SettingsDraft::day_usd>},
    SettingsKey{"month_usd", "number", "0", "What may be spent in a month, in USD; 0: no limit",
                set_money<&SettingsDraft::month_usd>},
};
constexpr std::array session_keys = {
    SettingsKey{"retention", "duration", "0", "How long sessions are kept before they are archived; 0: always",
                set_retention},
    SettingsKey{"max_sessions", "whole number", "0", "How many are kept before the oldest are archived; 0: all",
                set_count<&SettingsDraft::max_sessions, 0, 1'000'000'000>},
    SettingsKey{"compact_at", "number from 0.2 to 0.95", "0.8",
                "The share of the model's window at which a conversation is made shorter", set_compact_at},
};

constexpr std::array terminal_keys = {
    SettingsKey{"keys", "emacs or vi", "emacs", "Which keys edit a prompt", set_word<&SettingsDraft::keys, keys_words>},
    SettingsKey{"theme", "auto, dark, light, 16 or none", "auto", "Colours, and what they stand on",
                set_word<&SettingsDraft::theme, theme_words>},
    SettingsKey{"notify", "unseen, always or never", "unseen",
                "Whether the end of a long run is told: where the terminal is out of sight, in any case, or never",
                set_word<&SettingsDraft::notify, notify_words>},
    SettingsKey{"notify_after", "duration", "10s", "How long a run takes whose end is told", set_notify_after},
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

void set_terminal(const Node& node, SettingsDraft& draft, Reader& reader) {
  read_map<SettingsDraft>(node, terminal_keys, draft, reader);
}

constexpr std::array top_keys = {
    SettingsKey{"models", "map of models", "", "Aliases, and what a model can do", set_models, Use::group},
    SettingsKey{"providers", "map of providers", "", "Servers that have models", set_providers, Use::group},
    SettingsKey{"retry", "map", "", "What happens when a provider fails", set_retry, Use::group},
    SettingsKey{"budgets", "map", "", "What may be spent in all", set_budgets, Use::group},
    SettingsKey{"sessions", "map", "", "What is kept", set_sessions, Use::group},
    SettingsKey{"terminal", "map", "", "How a chat looks and is typed into", set_terminal, Use::group},
    SettingsKey{"data_dir", "path", "", "Where sessions are kept", set_data_dir},
    SettingsKey{"permissions", "map", "", "Rules for tool calls, for every agent", set_rules, Use::group},
};

bool is_top_key(std::string_view name) {
  return std::ranges::find(top_keys, name, &SettingsKey::name) != top_keys.end();
}

}  // namespace

void check_name(const yaml::Key& name, Reader& reader) {
  if (name.name.find_first_of("/, \t\n") == std::string::npos && !name.name.empty()) return;
  reader.mistake(name.mark, fmt::format("\"{}\" is no name for a model", name.name),
                 "leave out \"/\", commas and blanks");
}

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
  add_provider_keys(out);
  add_keys<SettingsDraft>(retry_keys, "retry.", out);
  add_keys<SettingsDraft>(budget_keys, "budgets.", out);
  add_keys<SettingsDraft>(session_keys, "sessions.", out);
  add_keys<SettingsDraft>(terminal_keys, "terminal.", out);
  add_keys<SettingsDraft>(top_keys, "", out);
  for (const auto& key : documented_group("permissions")) {
    out.push_back({key.name, key.type, key.built_in, key.description, key.used});
  }
  return out;
}

}  // namespace errand::config
