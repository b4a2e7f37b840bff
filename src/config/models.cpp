#include "config/models.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/text.hpp"

namespace errand::config {

namespace {

using chat::Protocol;
using chat::ThinkingStyle;

struct Row {
  std::string_view provider;
  std::string_view id;
  std::int64_t context;
  std::int64_t max_output;
  chat::Price price;  ///< USD per million tokens
  bool reasons;
};

// The vendors' model pages and prices as of autumn 2026. Facts age: config.yaml overrides each of them.
constexpr std::array rows = {
    // clang-format off
    Row{"anthropic", "claude-fable-5", 1000000, 128000, {10, 50, 1, 12.5}, true},
    Row{"anthropic", "claude-fable-5-1", 1000000, 128000, {10, 50, 0.25, 12.5}, true},
    Row{"anthropic", "claude-fable-5-2", 1000000, 128000, {8, 40, 0.2, 10}, true},
    Row{"anthropic", "claude-haiku-4-5", 200000, 64000, {1, 5, 0.1, 1.25}, true},
    Row{"anthropic", "claude-haiku-4-5-20251001", 200000, 64000, {1, 5, 0.1, 1.25}, true},
    Row{"anthropic", "claude-haiku-5-5", 1000000, 128000, {0.1, 0.5, 0.01, 0.125}, true},
    Row{"anthropic", "claude-opus-4-5", 200000, 64000, {5, 25, 0.5, 6.25}, true},
    Row{"anthropic", "claude-opus-4-5-20251101", 200000, 64000, {5, 25, 0.5, 6.25}, true},
    Row{"anthropic", "claude-opus-4-6", 1000000, 128000, {5, 25, 0.5, 6.25}, true},
    Row{"anthropic", "claude-opus-4-7", 1000000, 128000, {5, 25, 0.5, 6.25}, true},
    Row{"anthropic", "claude-opus-4-8", 1000000, 128000, {5, 25, 0.5, 6.25}, true},
    Row{"anthropic", "claude-opus-5", 1000000, 128000, {5, 25, 0.5, 6.25}, true},
    Row{"anthropic", "claude-opus-5-5", 1000000, 128000, {4, 20, 0.2, 5}, true},
    Row{"anthropic", "claude-sonnet-4-5", 200000, 64000, {3, 15, 0.3, 3.75}, true},
    Row{"anthropic", "claude-sonnet-4-5-20250929", 200000, 64000, {3, 15, 0.3, 3.75}, true},
    Row{"anthropic", "claude-sonnet-4-6", 1000000, 128000, {3, 15, 0.3, 3.75}, true},
    Row{"anthropic", "claude-sonnet-5", 1000000, 128000, {2, 10, 0.2, 2.5}, true},
    Row{"anthropic", "claude-sonnet-5-5", 1000000, 128000, {2, 10, 0.1, 2.5}, true},
    Row{"openai", "chat-latest", 400000, 128000, {5, 30, 0.5, 0}, true},
    Row{"openai", "gpt-4", 8192, 8192, {30, 60, 0, 0}, false},
    Row{"openai", "gpt-4-turbo", 128000, 4096, {10, 30, 0, 0}, false},
    Row{"openai", "gpt-4.1", 1047576, 32768, {2, 8, 0.5, 0}, false},
    Row{"openai", "gpt-4.1-mini", 1047576, 32768, {0.4, 1.6, 0.1, 0}, false},
    Row{"openai", "gpt-4.1-nano", 1047576, 32768, {0.1, 0.4, 0.025, 0}, false},
    Row{"openai", "gpt-4o", 128000, 16384, {2.5, 10, 1.25, 0}, false},
    Row{"openai", "gpt-4o-2024-05-13", 128000, 4096, {5, 15, 0, 0}, false},
    Row{"openai", "gpt-4o-2024-08-06", 128000, 16384, {2.5, 10, 1.25, 0}, false},
    Row{"openai", "gpt-4o-2024-11-20", 128000, 16384, {2.5, 10, 1.25, 0}, false},
    Row{"openai", "gpt-4o-mini", 128000, 16384, {0.15, 0.6, 0.075, 0}, false},
    Row{"openai", "gpt-5", 400000, 128000, {1.25, 10, 0.125, 0}, true},
    Row{"openai", "gpt-5-chat-latest", 128000, 16384, {1.25, 10, 0.125, 0}, false},
    Row{"openai", "gpt-5-mini", 400000, 128000, {0.25, 2, 0.025, 0}, true},
    Row{"openai", "gpt-5-nano", 400000, 128000, {0.05, 0.4, 0.005, 0}, true},
    Row{"openai", "gpt-5-pro", 400000, 128000, {15, 120, 0, 0}, true},
    Row{"openai", "gpt-5.1", 400000, 128000, {1.25, 10, 0.125, 0}, true},
    Row{"openai", "gpt-5.2", 400000, 128000, {1.75, 14, 0.175, 0}, true},
    Row{"openai", "gpt-5.2-pro", 400000, 128000, {21, 168, 0, 0}, true},
    Row{"openai", "gpt-5.3-codex", 400000, 128000, {1.75, 14, 0.175, 0}, true},
    Row{"openai", "gpt-5.3-codex-spark", 128000, 32000, {1.75, 14, 0.175, 0}, true},
    Row{"openai", "gpt-5.4", 272000, 128000, {2.5, 15, 0.25, 0}, true},
    Row{"openai", "gpt-5.4-mini", 400000, 128000, {0.75, 4.5, 0.075, 0}, true},
    Row{"openai", "gpt-5.4-nano", 400000, 128000, {0.2, 1.25, 0.02, 0}, true},
    Row{"openai", "gpt-5.4-pro", 1050000, 128000, {30, 180, 0, 0}, true},
    Row{"openai", "gpt-5.5", 272000, 128000, {5, 30, 0.5, 0}, true},
    Row{"openai", "gpt-5.5-pro", 1050000, 128000, {30, 180, 0, 0}, true},
    Row{"openai", "gpt-5.6-cyber", 400000, 128000, {12.5, 75, 1.25, 15.625}, true},
    Row{"openai", "gpt-5.6-luna", 272000, 128000, {0.2, 1.2, 0.02, 0.25}, true},
    Row{"openai", "gpt-5.6-sol", 272000, 128000, {4, 20, 0.4, 5}, true},
    Row{"openai", "gpt-5.6-terra", 272000, 128000, {2, 12, 0.2, 2.5}, true},
    Row{"openai", "gpt-6-astra", 272000, 128000, {10, 50, 1, 12.5}, true},
    Row{"openai", "gpt-6-luna", 272000, 128000, {0.1, 0.5, 0.01, 0.125}, true},
    Row{"openai", "gpt-6-sol", 272000, 128000, {2, 10, 0.2, 2.5}, true},
    Row{"openai", "gpt-6.1-sol", 272000, 128000, {2, 10, 0.1, 2.5}, true},
    Row{"openai", "gpt-6.1-terra", 272000, 128000, {1, 5, 0.05, 1.25}, true},
    Row{"openai", "gpt-daybreak-blue-latest", 1050000, 128000, {4, 20, 0.4, 5}, true},
    Row{"openai", "gpt-daybreak-red-latest", 400000, 128000, {12.5, 75, 1.25, 15.625}, true},
    Row{"openai", "o1", 200000, 100000, {15, 60, 7.5, 0}, true},
    Row{"openai", "o1-pro", 200000, 100000, {150, 600, 0, 0}, true},
    Row{"openai", "o3", 200000, 100000, {2, 8, 0.5, 0}, true},
    Row{"openai", "o3-mini", 200000, 100000, {1.1, 4.4, 0.55, 0}, true},
    Row{"openai", "o3-pro", 200000, 100000, {20, 80, 0, 0}, true},
    Row{"openai", "o4-mini", 200000, 100000, {1.1, 4.4, 0.275, 0}, true},
    Row{"gemini", "gemini-2.5-flash", 1048576, 65536, {0.3, 2.5, 0.03, 0}, true},
    Row{"gemini", "gemini-2.5-flash-lite", 1048576, 65536, {0.1, 0.4, 0.01, 0}, true},
    Row{"gemini", "gemini-2.5-pro", 1048576, 65536, {1.25, 10, 0.125, 0}, true},
    Row{"gemini", "gemini-3-flash-preview", 1048576, 65536, {0.5, 3, 0.05, 0}, true},
    Row{"gemini", "gemini-3.1-pro-preview", 1048576, 65536, {2, 12, 0.2, 0}, true},
    Row{"gemini", "gemini-3.5-flash", 1048576, 65536, {1.5, 9, 0.15, 0}, true},
    Row{"gemini", "gemini-3.5-flash-lite", 1048576, 65536, {0.3, 2.5, 0.03, 0}, true},
    Row{"gemini", "gemini-3.8-flash", 1048576, 65536, {0.75, 3.75, 0.075, 0}, true},
    Row{"gemini", "gemini-4-argon", 1048576, 32768, {2, 10, 0.1, 0}, true},
    Row{"gemini", "gemini-flash-latest", 1048576, 65536, {1.5, 9, 0.15, 0}, true},
    Row{"gemini", "gemini-flash-lite-latest", 1048576, 65536, {0.25, 1.5, 0.025, 0}, true},
    Row{"gemini", "gemini-pro-latest", 1048576, 65536, {2, 12, 0.2, 0}, true},
    // clang-format on
};

struct Alias {
  std::string_view name;
  std::string_view provider;
  std::string_view id;
};

constexpr std::array aliases = {
    Alias{"opus", "anthropic", "claude-opus-5-5"},
    Alias{"sonnet", "anthropic", "claude-sonnet-5-5"},
    Alias{"haiku", "anthropic", "claude-haiku-5-5"},
    Alias{"fable", "anthropic", "claude-fable-5-2"},
};

constexpr std::array providers = {
    BuiltinProvider{"anthropic", Protocol::anthropic, "https://api.anthropic.com", "ANTHROPIC_BASE_URL",
                    "ANTHROPIC_API_KEY", KeyUse::required},
    BuiltinProvider{"openai", Protocol::openai_chat, "https://api.openai.com/v1", "OPENAI_BASE_URL", "OPENAI_API_KEY",
                    KeyUse::required},
    BuiltinProvider{"gemini", Protocol::gemini, "https://generativelanguage.googleapis.com", "GEMINI_BASE_URL",
                    "GEMINI_API_KEY", KeyUse::required},
    BuiltinProvider{"zai", Protocol::anthropic, "https://api.z.ai/api/anthropic", "ZAI_BASE_URL", "ZAI_API_KEY",
                    KeyUse::required},
    BuiltinProvider{"proxy", Protocol::anthropic, "", "PROXY_BASE_URL", "PROXY_API_KEY", KeyUse::optional},
    BuiltinProvider{"ollama", Protocol::openai_chat, "http://127.0.0.1:11434/v1", "OLLAMA_BASE_URL", "OLLAMA_API_KEY",
                    KeyUse::optional},
    BuiltinProvider{"lmstudio", Protocol::openai_chat, "http://127.0.0.1:1234/v1", "LMSTUDIO_BASE_URL",
                    "LMSTUDIO_API_KEY", KeyUse::optional},
    BuiltinProvider{"llamacpp", Protocol::openai_chat, "http://127.0.0.1:8080/v1", "LLAMACPP_BASE_URL",
                    "LLAMACPP_API_KEY", KeyUse::optional},
    BuiltinProvider{"vllm", Protocol::openai_chat, "http://127.0.0.1:8000/v1", "VLLM_BASE_URL", "VLLM_API_KEY",
                    KeyUse::optional},
    BuiltinProvider{"openrouter", Protocol::openai_chat, "https://openrouter.ai/api/v1", "OPENROUTER_BASE_URL",
                    "OPENROUTER_API_KEY", KeyUse::required},
    BuiltinProvider{"groq", Protocol::openai_chat, "https://api.groq.com/openai/v1", "GROQ_BASE_URL", "GROQ_API_KEY",
                    KeyUse::required},
    BuiltinProvider{"deepseek", Protocol::openai_chat, "https://api.deepseek.com/v1", "DEEPSEEK_BASE_URL",
                    "DEEPSEEK_API_KEY", KeyUse::required},
    BuiltinProvider{"mistral", Protocol::openai_chat, "https://api.mistral.ai/v1", "MISTRAL_BASE_URL",
                    "MISTRAL_API_KEY", KeyUse::required},
    BuiltinProvider{"xai", Protocol::openai_chat, "https://api.x.ai/v1", "XAI_BASE_URL", "XAI_API_KEY",
                    KeyUse::required},
    BuiltinProvider{"together", Protocol::openai_chat, "https://api.together.xyz/v1", "TOGETHER_BASE_URL",
                    "TOGETHER_API_KEY", KeyUse::required},
};

chat::ModelSpec spec_of(const Row& row, std::string_view alias) {
  return {.provider = std::string(row.provider),
          .id = std::string(row.id),
          .alias = std::string(alias),
          .context = row.context,
          .max_output = row.max_output,
          .price = row.price,
          .thinking = row.reasons ? thinking_style(row.provider, row.id) : ThinkingStyle::none};
}

// The numbers of "claude-opus-4-5-20251101" as {4, 5}; {0, 0} when there are none.
struct Version {
  int major = 0;
  int minor = 0;
  auto operator<=>(const Version&) const = default;
};

int leading_number(std::string_view part) {
  int out = 0;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), out);
  // A date is no version.
  return error == std::errc{} && end == part.data() + part.size() && out < 100 ? out : 0;
}

Version version_of(std::string_view id) {
  Version out;
  while (!id.empty()) {
    const auto dash = id.find('-');
    const auto number = leading_number(id.substr(0, dash));
    if (out.major == 0) {
      out.major = number;
    } else {
      out.minor = number;
      return out;
    }
    if (dash == std::string_view::npos) break;
    id.remove_prefix(dash + 1);
  }
  return out;
}

ThinkingStyle claude_style(std::string_view id) {
  const auto version = version_of(id);
  if (version >= Version{4, 6}) return ThinkingStyle::adaptive;
  // 3.7 was the first to think.
  return version >= Version{3, 7} ? ThinkingStyle::budget : ThinkingStyle::none;
}

bool takes_effort(std::string_view id) {
  if (id.find("-chat") != std::string_view::npos) return false;
  constexpr std::array<std::string_view, 6> families = {"gpt-5", "gpt-6", "gpt-daybreak", "o1", "o3", "o4"};
  return std::ranges::any_of(families, [&](std::string_view family) { return id.starts_with(family); });
}

}  // namespace

ThinkingStyle thinking_style(std::string_view provider, std::string_view id) {
  if (id.starts_with("claude-")) {
    const auto* known = builtin_provider(provider);
    const bool as_anthropic = known == nullptr || known->protocol == Protocol::anthropic;
    return as_anthropic ? claude_style(id) : ThinkingStyle::none;
  }
  return provider == "openai" && takes_effort(id) ? ThinkingStyle::effort : ThinkingStyle::none;
}

std::optional<chat::ModelSpec> builtin_model(std::string_view provider, std::string_view id) {
  const auto found =
      std::ranges::find_if(rows, [&](const Row& row) { return row.provider == provider && row.id == id; });
  if (found == rows.end()) return std::nullopt;
  return spec_of(*found, {});
}

std::optional<chat::ModelSpec> builtin_model_named(std::string_view name) {
  if (const auto alias = std::ranges::find(aliases, name, &Alias::name); alias != aliases.end()) {
    auto spec = builtin_model(alias->provider, alias->id);
    if (spec) spec->alias = name;
    return spec;
  }
  const auto found = std::ranges::find(rows, name, &Row::id);
  if (found == rows.end()) return std::nullopt;
  return spec_of(*found, name);
}

std::vector<chat::ModelSpec> builtin_aliases() {
  std::vector<chat::ModelSpec> out;
  for (const auto& alias : aliases) out.push_back(*builtin_model_named(alias.name));
  return out;
}

std::vector<chat::ModelSpec> builtin_models() {
  std::vector<chat::ModelSpec> out;
  for (const auto& row : rows) out.push_back(spec_of(row, {}));
  return out;
}

std::span<const BuiltinProvider> builtin_providers() {
  return providers;
}

const BuiltinProvider* builtin_provider(std::string_view name) {
  const auto found = std::ranges::find(providers, name, &BuiltinProvider::name);
  return found == providers.end() ? nullptr : &*found;
}

Error unknown_model(std::string_view name, std::vector<std::string> known) {
  const auto listed = text::join(known, ", ");
  for (const auto& row : rows) known.emplace_back(row.id);
  const auto near = text::nearest(name, known);
  return {.kind = ErrorKind::config,
          .message = fmt::format("unknown model \"{}\"", text::ellipsize(name, 100)),
          .hint = fmt::format("{}name an alias ({}), an id that errand models lists, or provider/model",
                              near ? fmt::format("did you mean \"{}\"? ", *near) : "", listed),
          .where = std::nullopt,
          .context = {}};
}

}  // namespace errand::config
