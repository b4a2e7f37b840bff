#include "config/models.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/model_table.hpp"

namespace errand::config {

namespace {

using chat::Protocol;
using chat::ThinkingStyle;

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
    BuiltinProvider{"cerebras", Protocol::openai_chat, "https://api.cerebras.ai/v1", "CEREBRAS_BASE_URL",
                    "CEREBRAS_API_KEY", KeyUse::required},
    BuiltinProvider{"moonshotai", Protocol::openai_chat, "https://api.moonshot.ai/v1", "MOONSHOT_BASE_URL",
                    "MOONSHOT_API_KEY", KeyUse::required},
};

// A price of nothing is one that is not known; without one of their own, cached tokens cost what others do.
std::optional<chat::Price> price_of(const ModelRow& row) {
  auto price = row.price;
  if (price.input == 0 && price.output == 0) return std::nullopt;
  if (price.cache_read == 0) price.cache_read = price.input;
  if (price.cache_write == 0) price.cache_write = price.input;
  return price;
}

// An id with a '/' would be read as provider/model.
bool is_bare(std::string_view id) {
  return id.find('/') == std::string_view::npos;
}

chat::ModelSpec spec_of(const ModelRow& row, std::string_view alias) {
  return {.provider = std::string(row.provider),
          .id = std::string(row.id),
          .alias = std::string(alias),
          .context = row.context,
          .max_output = row.max_output,
          .price = price_of(row),
          .thinking = row.thinks == Thinks::yes ? thinking_style(row.provider, row.id) : ThinkingStyle::none,
          .takes_images = row.reads == Reads::images};
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

// Routers put the maker before the id: "openai/gpt-5".
bool takes_effort(std::string_view id) {
  id.remove_prefix(std::min(id.rfind('/') + 1, id.size()));
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
  // Their field for it is their own, and holds for all they serve.
  constexpr std::array<std::string_view, 4> own_fields = {"deepseek", "openrouter", "vercel", "zhipu"};
  if (std::ranges::find(own_fields, provider) != own_fields.end()) return ThinkingStyle::effort;
  constexpr std::array<std::string_view, 3> hosts = {"groq", "cerebras", "together"};
  const bool hosted_gpt =
      std::ranges::find(hosts, provider) != hosts.end() && id.find("gpt-oss") != std::string_view::npos;
  // Whoever names OpenAI's models as OpenAI does (Azure, a proxy) passes its setting on.
  const bool openais = provider == "openai" || builtin_provider(provider) == nullptr;
  const bool takes = hosted_gpt || (openais && takes_effort(id));
  return takes ? ThinkingStyle::effort : ThinkingStyle::none;
}

std::optional<chat::ModelSpec> builtin_model(std::string_view provider, std::string_view id) {
  const auto rows = model_rows();
  const auto found =
      std::ranges::find_if(rows, [&](const ModelRow& row) { return row.provider == provider && row.id == id; });
  if (found == rows.end()) return std::nullopt;
  return spec_of(*found, {});
}

std::optional<chat::ModelSpec> builtin_model_named(std::string_view name) {
  if (const auto alias = std::ranges::find(aliases, name, &Alias::name); alias != aliases.end()) {
    auto spec = builtin_model(alias->provider, alias->id);
    if (spec) spec->alias = name;
    return spec;
  }
  if (!is_bare(name)) return std::nullopt;
  const auto rows = model_rows();
  const auto found = std::ranges::find(rows, name, &ModelRow::id);
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
  for (const auto& row : model_rows()) out.push_back(spec_of(row, {}));
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
  for (const auto& row : model_rows()) {
    if (is_bare(row.id)) known.emplace_back(row.id);
  }
  const auto near = text::nearest(name, known);
  return {.kind = ErrorKind::config,
          .message = fmt::format("unknown model \"{}\"", text::ellipsize(name, 100)),
          .hint = fmt::format("{}name an alias ({}), an id that errand models lists, or provider/model",
                              near ? fmt::format("did you mean \"{}\"? ", *near) : "", listed),
          .where = std::nullopt,
          .context = {}};
}

}  // namespace errand::config
