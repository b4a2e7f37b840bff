#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "chat/model.hpp"

// Internal to this room: what is known of models and providers without any file.
namespace errand::config {

enum class KeyUse { required, optional };

struct BuiltinProvider {
  std::string_view name;
  chat::Protocol protocol;
  std::string_view base_url;  ///< as that API's official SDK takes it; empty: the variable must give it
  std::string_view base_url_variable;
  std::string_view key_variable;
  KeyUse key;
};

std::span<const BuiltinProvider> builtin_providers();
const BuiltinProvider* builtin_provider(std::string_view name);  ///< nullptr when there is none

/// By provider and id, or by a built-in alias or an id alone (never one with a '/'). A price that is not known is
/// absent; cached tokens without a price of their own have that of input.
std::optional<chat::ModelSpec> builtin_model(std::string_view provider, std::string_view id);
std::optional<chat::ModelSpec> builtin_model_named(std::string_view name);

std::vector<chat::ModelSpec> builtin_aliases();
std::vector<chat::ModelSpec> builtin_models();

/// How a model takes its thinking setting, by its family: Claude adaptively from 4.6 on and by a budget before;
/// OpenAI's reasoning models, gpt-oss and whatever DeepSeek and the routers serve by an effort; all others not at all,
/// as far as is known here (gemini's codec knows its own).
chat::ThinkingStyle thinking_style(std::string_view provider, std::string_view id);

/// A word that names no model, with the nearest of `known` (the aliases) and the built-in ids.
Error unknown_model(std::string_view name, std::vector<std::string> known);

}  // namespace errand::config
