#include "config/models.hpp"

#include <algorithm>
#include <set>

#include <catch2/catch.hpp>

#include "config/lookup.hpp"
#include "support.hpp"

using namespace errand;
using namespace errand::config;

using chat::ThinkingStyle;

TEST_CASE("models: what a word names", "[config][models]") {
  World world;
  world.write("home/.config/errand/config.yaml",
              "models:\n"
              "  local: { provider: ollama, id: \"qwen3:8b\" }\n"
              "  opus: { provider: anthropic, id: claude-opus-4-5 }\n"
              "  play: { provider: scripted, id: tour.yaml }\n");
  const auto config = world.load();
  const auto scripted = [&](const std::string& path, const std::string& alias) {
    return chat::ModelSpec{.provider = "scripted", .id = path, .alias = alias};
  };
  CHECK(resolve_model(config, "local", "/") ==
        chat::ModelSpec{.provider = "ollama", .id = "qwen3:8b", .alias = "local"});
  CHECK(resolve_model(config, "opus", "/") == chat::ModelSpec{.provider = "anthropic",
                                                              .id = "claude-opus-4-5",
                                                              .alias = "opus",
                                                              .context = 200000,
                                                              .max_output = 64000,
                                                              .price = chat::Price{5, 25, 0.5, 6.25},
                                                              .thinking = ThinkingStyle::budget});
  CHECK(resolve_model(config, "sonnet", "/") == chat::ModelSpec{.provider = "anthropic",
                                                                .id = "claude-sonnet-5-5",
                                                                .alias = "sonnet",
                                                                .context = 1000000,
                                                                .max_output = 128000,
                                                                .price = chat::Price{2, 10, 0.1, 2.5},
                                                                .thinking = ThinkingStyle::adaptive});
  CHECK(resolve_model(config, "gpt-5", "/")->full_name() == "openai/gpt-5");
  CHECK(resolve_model(config, "openrouter/meta/llama-9", "/") == chat::ModelSpec{.provider = "openrouter",
                                                                                 .id = "meta/llama-9",
                                                                                 .alias = "openrouter/meta/llama-9",
                                                                                 .thinking = ThinkingStyle::effort});
  CHECK(resolve_model(config, "play", "/here") == scripted(world.dir / "home/.config/errand/tour.yaml", "play"));
  CHECK(resolve_model(config, "scripted/a/b.yaml", "/here") == scripted("/here/a/b.yaml", "scripted/a/b.yaml"));
  CHECK(resolve_model(config, "scripted//abs.yaml", "/here") == scripted("/abs.yaml", "scripted//abs.yaml"));

  const std::vector<std::string> chain = {"opus, gpt-5", "local"};
  std::vector<std::string> names;
  const auto models = resolve_models(config, chain, "/");
  REQUIRE(models.has_value());
  for (const auto& model : *models) names.push_back(model.full_name());
  CHECK(names == std::vector<std::string>{"anthropic/claude-opus-4-5", "openai/gpt-5", "ollama/qwen3:8b"});
}

TEST_CASE("models: any other word is a mistake with the nearest", "[config][models]") {
  World world;
  const auto config = world.load();
  struct Case {
    std::string_view word;
    std::string_view told;
  };
  const auto c = GENERATE(values<Case>({
      {"sonet",
       "error: unknown model \"sonet\"\n  hint: did you mean \"sonnet\"? name an alias (opus, sonnet, haiku, fable), "
       "an id that "
       "errand models lists, or provider/model\n"},
      {"claude-opus-55",
       "error: unknown model \"claude-opus-55\"\n  hint: did you mean \"claude-opus-5\"? name an alias (opus, sonnet, "
       "haiku, "
       "fable), an id that errand models lists, or provider/model\n"},
      {"",
       "error: unknown model \"\"\n  hint: name an alias (opus, sonnet, haiku, fable), an id that errand models lists, "
       "or "
       "provider/model\n"},
      {"antropic/claude",
       "error: unknown provider \"antropic\" in \"antropic/claude\"\n  hint: did you mean \"anthropic\"? known "
       "providers: replay, scripted, "
       "anthropic, cerebras, deepseek, gemini, groq, llamacpp, lmstudio, mistral, moonshotai, ollama, openai, "
       "openrouter, "
       "proxy, together, vllm, xai, zai\n"},
      {"proxy/claude-opus-5",
       "error: the provider \"proxy\" has no address\n"
       "  hint: set PROXY_BASE_URL, or set providers.proxy.base_url in config.yaml\n"},
  }));
  CHECK(describe(resolve_model(config, c.word, "/").error()) == c.told);
}

TEST_CASE("models: behind a proxy a known model keeps its window and loses its price", "[config][models]") {
  World world;
  world.sources.env["PROXY_BASE_URL"] = "http://proxy";
  CHECK(resolve_model(world.load(), "proxy/claude-opus-5", "/") ==
        chat::ModelSpec{.provider = "proxy",
                        .id = "claude-opus-5",
                        .alias = "proxy/claude-opus-5",
                        .context = 1000000,
                        .max_output = 128000,
                        .price = std::nullopt,
                        .thinking = ThinkingStyle::adaptive});
}

TEST_CASE("models: how each family takes its thinking", "[config][models]") {
  struct Case {
    std::string_view provider;
    std::string_view id;
    ThinkingStyle style;
  };
  const auto c = GENERATE(values<Case>({
      {"anthropic", "claude-opus-5-5", ThinkingStyle::adaptive},
      {"anthropic", "claude-sonnet-4-6", ThinkingStyle::adaptive},
      {"anthropic", "claude-fable-5", ThinkingStyle::adaptive},
      {"anthropic", "claude-opus-6-20270101", ThinkingStyle::adaptive},
      {"anthropic", "claude-haiku-4-5-20251001", ThinkingStyle::budget},
      {"anthropic", "claude-opus-4-20250514", ThinkingStyle::budget},
      {"anthropic", "claude-3-7-sonnet-20250219", ThinkingStyle::budget},
      {"anthropic", "claude-3-5-haiku-latest", ThinkingStyle::none},
      {"anthropic", "claude-next", ThinkingStyle::none},
      {"zai", "glm-5.2", ThinkingStyle::none},
      {"deepseek", "deepseek-flash", ThinkingStyle::effort},
      {"cerebras", "gpt-oss-120b", ThinkingStyle::effort},
      {"xai", "grok-4.7", ThinkingStyle::none},
      {"openrouter", "claude-opus-5-5", ThinkingStyle::none},
      {"openai", "gpt-5.6-sol", ThinkingStyle::effort},
      {"openai", "gpt-6-luna", ThinkingStyle::effort},
      {"openai", "o3-mini", ThinkingStyle::effort},
      {"openai", "gpt-5-chat-latest", ThinkingStyle::none},
      {"openai", "gpt-4o", ThinkingStyle::none},
      {"ollama", "gpt-5", ThinkingStyle::none},
      {"house", "gpt-5.6-sol", ThinkingStyle::effort},
      {"house", "gpt-4o", ThinkingStyle::none},
  }));
  CAPTURE(c.id);
  CHECK(thinking_style(c.provider, c.id) == c.style);
}

TEST_CASE("models: the built-in tables hold together", "[config][models]") {
  std::set<std::string> names;
  std::set<std::string> ids;  // those that name a model alone
  for (const auto& model : builtin_models()) {
    CAPTURE(model.id);
    CHECK(names.insert(model.full_name()).second);
    if (model.id.find('/') == std::string::npos) CHECK(ids.insert(model.id).second);
    CHECK(builtin_provider(model.provider) != nullptr);
    CHECK(model.context > 0);
    CHECK(model.max_output > 0);
    if (model.price) CHECK(std::min({model.price->input, model.price->output, model.price->cache_read}) > 0);
  }
  for (const auto& alias : builtin_aliases()) CHECK(ids.contains(alias.id));
  CHECK(builtin_aliases().size() == 4);
}

TEST_CASE("models: an unknown price is no price, and cached tokens never cost less than is known", "[config][models]") {
  using chat::Price;
  CHECK(builtin_model("zai", "glm-5.3-highspeed")->price == std::nullopt);
  CHECK(builtin_model("groq", "llama-3.1-8b-instant")->price == Price{0.05, 0.08, 0.05, 0.05});
  CHECK(builtin_model("anthropic", "claude-opus-4-5")->price == Price{5, 25, 0.5, 6.25});

  World world;
  world.write("home/.config/errand/config.yaml",
              "models:\n"
              "  opus: { provider: anthropic, id: claude-opus-5-5, price: { input: 1, output: 2 } }\n"
              "  free: { provider: groq, id: llama-3.1-8b-instant, price: { input: 0, output: 0 } }\n"
              "  cached: { provider: zai, id: glm-5.3-highspeed, price: { input: 3, output: 4, cache_read: 0 } }\n");
  const auto config = world.load();
  CHECK(resolve_model(config, "opus", "/")->price == Price{1, 2, 1, 1});
  CHECK(resolve_model(config, "free", "/")->price == Price{0, 0, 0, 0});
  CHECK(resolve_model(config, "cached", "/")->price == Price{3, 4, 0, 3});
}

TEST_CASE("models: an id with a slash is no name by itself", "[config][models]") {
  const auto config = World().load();
  CHECK(resolve_model(config, "openai/gpt-oss-120b", "/") ==
        chat::ModelSpec{.provider = "openai", .id = "gpt-oss-120b", .alias = "openai/gpt-oss-120b"});
  const auto groq = resolve_model(config, "groq/openai/gpt-oss-120b", "/");
  CHECK(groq->full_name() == "groq/openai/gpt-oss-120b");
  CHECK(groq->context == 131072);
  CHECK(groq->thinking == ThinkingStyle::effort);
  CHECK_FALSE(groq->takes_images);
}
