#include "config/provider_build.hpp"

#include <optional>
#include <set>

#include "base/file.hpp"
#include "config/definition_reader.hpp"
#include "config/models.hpp"

namespace errand::config {

namespace {

template <class T>
void fill(std::optional<T>& field, const std::optional<T>& value) {
  if (!field) field = value;
}

// Calls literal(text) and named(name) for the parts of `text`, in order; `${` that begins no name is just text.
template <class Literal, class Named>
void walk_variables(std::string_view text, const Literal& literal, const Named& named) {
  while (true) {
    const auto open = text.find("${");
    const auto close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) return literal(text);
    const auto name = text.substr(open + 2, close - open - 2);
    if (is_variable_name(name)) {
      literal(text.substr(0, open));
      named(name);
      text.remove_prefix(close + 1);
    } else {
      literal(text.substr(0, open + 2));
      text.remove_prefix(open + 2);
    }
  }
}

void add_variables_in(std::string_view text, std::vector<std::string>& out) {
  walk_variables(
      text, [](std::string_view) {}, [&](std::string_view name) { out.emplace_back(name); });
}

std::string path_of(const std::optional<WrittenPath>& written, const std::string& home) {
  if (!written) return {};
  if (written->text.starts_with("~/")) return normalize_path(join_path(home, written->text.substr(2)));
  return normalize_path(join_path(written->directory, written->text));
}

/// Fills in the variables of one provider's values, and notes those that are not set.
class Expansion {
 public:
  Expansion(const std::string& provider, const Environment& environment, std::vector<UnsetVariable>& unset)
      : provider_(provider), environment_(environment), unset_(unset) {}

  std::optional<std::string> expand(const std::string& key, std::string_view text) {
    std::string out;
    bool whole = true;
    walk_variables(
        text, [&](std::string_view literal) { out += literal; },
        [&](std::string_view name) {
          const auto value = environment_.get(name);
          out += value;
          if (!value.empty()) return;
          whole = false;
          unset_.push_back({provider_, key, std::string(name)});
        });
    if (!whole) return std::nullopt;
    return out;
  }

 private:
  const std::string& provider_;
  const Environment& environment_;
  std::vector<UnsetVariable>& unset_;
};

}  // namespace

std::string Environment::get(std::string_view name) const {
  if (name.empty()) return {};
  if (const auto found = real.find(name); found != real.end() && !found->second.empty()) return found->second;
  for (const auto& variable : files) {
    if (variable.name == name && !variable.value.empty()) return variable.value;
  }
  return {};
}

ProviderView view_of(std::string_view name, const std::vector<SettingsDraft>& drafts) {
  ProviderView out;
  auto& merged = out.merged;
  for (const auto& draft : drafts) {
    const auto found = draft.providers.find(std::string(name));
    if (found == draft.providers.end()) continue;
    const auto& given = found->second;
    fill(merged.protocol, given.protocol);
    fill(merged.base_url, given.base_url);
    fill(merged.base_url_variable, given.base_url_variable);
    fill(merged.key_variable, given.key_variable);
    fill(merged.key_file, given.key_file);
    fill(merged.key_command, given.key_command);
    fill(merged.headers, given.headers);
    fill(merged.like, given.like);
    fill(merged.ca_file, given.ca_file);
    fill(merged.client_cert, given.client_cert);
    fill(merged.client_key, given.client_key);
    fill(merged.proxy, given.proxy);
  }
  const auto* known = builtin_provider(name);
  out.protocol = merged.protocol.value_or(known != nullptr ? known->protocol : chat::Protocol::openai_chat);
  out.base_url = merged.base_url.value_or(known != nullptr ? std::string(known->base_url) : "");
  out.base_url_variable =
      merged.base_url_variable.value_or(known != nullptr ? std::string(known->base_url_variable) : "");
  out.key_variable = merged.key_variable.value_or(known != nullptr ? std::string(known->key_variable) : "");
  out.key_required = merged.key_variable || merged.key_file || merged.key_command ||
                     (known != nullptr && known->key == KeyUse::required);
  return out;
}

std::vector<std::string> provider_names(const std::vector<SettingsDraft>& drafts) {
  std::vector<std::string> out;
  for (const auto& provider : builtin_providers()) out.emplace_back(provider.name);
  std::set<std::string> others;
  for (const auto& draft : drafts) {
    for (const auto& [name, provider] : draft.providers) {
      if (builtin_provider(name) == nullptr) others.insert(name);
    }
  }
  out.insert(out.end(), others.begin(), others.end());
  return out;
}

std::vector<std::string> variables_of(const ProviderView& view) {
  std::vector<std::string> out;
  if (!view.key_variable.empty()) out.push_back(view.key_variable);
  if (!view.base_url_variable.empty()) out.push_back(view.base_url_variable);
  if (view.merged.proxy) add_variables_in(*view.merged.proxy, out);
  if (!view.merged.headers) return out;
  for (const auto& [name, value] : *view.merged.headers) add_variables_in(value, out);
  return out;
}

chat::ProviderSpec provider_spec(const std::string& name, const ProviderView& view, const Environment& environment,
                                 const std::string& home, std::vector<UnsetVariable>& unset) {
  auto base_url = environment.get(view.base_url_variable);
  if (base_url.empty()) base_url = view.base_url;
  while (base_url.ends_with('/')) base_url.pop_back();
  const auto& merged = view.merged;
  chat::ProviderSpec out{.name = name,
                         .protocol = view.protocol,
                         .base_url = std::move(base_url),
                         .key_variables = {},
                         .key = environment.get(view.key_variable),
                         .key_required = view.key_required,
                         .key_command = merged.key_command.value_or(""),
                         .key_file = path_of(merged.key_file, home),
                         .like = merged.like.value_or(""),
                         .ca_file = path_of(merged.ca_file, home),
                         .client_cert = path_of(merged.client_cert, home),
                         .client_key = path_of(merged.client_key, home)};
  if (!view.key_variable.empty()) out.key_variables.push_back(view.key_variable);
  Expansion expansion(name, environment, unset);
  if (merged.proxy) out.proxy = expansion.expand("proxy", *merged.proxy);
  if (!merged.headers) return out;
  for (const auto& [header, value] : *merged.headers) {
    if (auto expanded = expansion.expand("headers." + header, value)) out.headers.emplace_back(header, *expanded);
  }
  return out;
}

}  // namespace errand::config
