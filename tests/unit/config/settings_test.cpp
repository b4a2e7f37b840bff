#include "config/settings.hpp"

#include <catch2/catch.hpp>

#include "config/lookup.hpp"
#include "config/models.hpp"
#include "config/places.hpp"
#include "config/trust.hpp"
#include "support.hpp"

using namespace errand;
using namespace errand::config;

namespace {

Setting setting(const Configuration& config, std::string_view key) {
  for (auto& found : shown_settings(config)) {
    if (found.key == key) return found;
  }
  throw std::runtime_error("no setting " + std::string(key));
}

void write_user_config(const World& world, std::string_view text) {
  world.write("home/.config/errand/config.yaml", text);
}

}  // namespace

TEST_CASE("settings: what is wrong is told with its place", "[config][settings]") {
  struct Case {
    std::string_view text;
    std::string_view told;
  };
  const auto c = GENERATE(values<Case>({
      {"retrys: {}\n",
       "error: unknown key \"retrys\"\n  at c.yaml:1:1\n"
       "  hint: did you mean \"retry\"? known keys: models, providers, retry, budgets, sessions, terminal, data_dir, "
       "permissions\n"},
      {"retry: { idle: 10ms }\n",
       "error: retry.idle must be a duration like 90s, 15m or 1h30m of at least 1.0s, not \"10ms\"\n  at "
       "c.yaml:1:16\n"},
      {"models: { s: { id: x } }\n",
       "error: models.s has no provider\n  at c.yaml:1:11\n  hint: write { provider: anthropic, id: … }\n"},
      {"models: { s: { provider: antropic, id: x } }\n",
       "error: unknown provider \"antropic\" of model \"s\"\n  at c.yaml:1:26\n  hint: did you mean \"anthropic\"? "
       "known providers: "
       "anthropic, openai, gemini, zai, proxy, ollama, lmstudio, llamacpp, vllm, openrouter, groq, deepseek, mistral, "
       "xai, "
       "together, cerebras, moonshotai, replay, scripted\n"},
      {"models: { a/b: { provider: ollama, id: x } }\n",
       "error: \"a/b\" is no name for a model\n  at c.yaml:1:11\n  hint: leave out \"/\", commas and blanks\n"},
      {"models: { s: { provider: ollama, id: x, price: { input: 1 } } }\n",
       "error: models.s.price has no output\n  at c.yaml:1:48\n  hint: an unknown price is better left out whole\n"},
      {"models: { s: { provider: ollama, id: x, context: 0 } }\n",
       "error: models.s.context must be a whole number from 1 to 100000000, not \"0\"\n  at c.yaml:1:50\n"},
      {"providers: { corp: { type: openai } }\n",
       "error: the provider \"corp\" has no base_url\n  at c.yaml:1:14\n  hint: say where it is: base_url: https://…\n"
       "error: providers.corp.type must be anthropic, openai_chat, openai_responses or gemini, not \"openai\"\n  at "
       "c.yaml:1:28\n"},
      {"providers: { corp: { base_url: \"file:///etc/passwd\" } }\n",
       "error: the provider \"corp\" has no base_url\n  at c.yaml:1:14\n  hint: say where it is: base_url: https://…\n"
       "error: providers.corp.base_url must be an address that starts with https:// or http://, not "
       "\"file:///etc/passwd\"\n"
       "  at c.yaml:1:32\n"},
      {"providers: { openai: { base_url: \"https://me:secret@host/v1\" } }\n",
       "error: providers.openai.base_url holds a user or password\n  at c.yaml:1:34\n"
       "  hint: name the variable that holds the key: api_key_env\n"},
      {"providers: { openai: { api_key_env: sk-123 } }\n",
       "error: providers.openai.api_key_env must be the name of an environment variable\n  at c.yaml:1:37\n"
       "  hint: the variable holds the value, the file its name: ANTHROPIC_API_KEY\n"},
      {"providers: { openai: { api_key: sk-123 } }\n",
       "error: providers.openai.api_key: keys are not read from this file\n  at c.yaml:1:33\n"
       "  hint: put the key into an environment variable (api_key_env) or a file of its own (api_key_file), or have a "
       "command print it (api_key_command)\n"},
      {"providers: { openai: { like: deepsek } }\n",
       "error: providers.openai.like names no known dialect: \"deepsek\"\n  at c.yaml:1:30\n"
       "  hint: did you mean \"deepseek\"? known dialects: deepseek, mistral\n"},
      {"providers: { openai: { headers: { \"x: y\": hidden } } }\n",
       "error: \"x: y\" is no name for a header\n  at c.yaml:1:35\n  hint: use letters, digits and hyphens\n"},
      {"providers: { openai: { headers: { x-y: \"hidden\\r\\nx-admin: 1\" } } }\n",
       "error: providers.openai.headers.x-y must be a text on one line\n  at c.yaml:1:40\n"},
      {"providers: { openai: { headers: hidden } }\n",
       "error: providers.openai.headers must be a map of names to values\n  at c.yaml:1:33\n"
       "  hint: write { x-team: \"${TEAM}\" }\n"},
      {"providers: { openai: { client_key: k.pem } }\n",
       "error: the provider \"openai\" has a client_key and no client_cert\n  at c.yaml:1:14\n"
       "  hint: name both files, or client_cert alone where it holds the key too\n"},
      {"providers: { openai: { proxy: \"proxy:3128\" } }\n",
       "error: providers.openai.proxy must be none, or an address that starts with http://, https:// or socks5h://, "
       "not "
       "\"proxy:3128\"\n  at c.yaml:1:31\n"},
      {"providers: { openai: { proxy: \"http://me:secret@proxy:3128\" } }\n",
       "error: providers.openai.proxy holds a user or password\n  at c.yaml:1:31\n"
       "  hint: name variables that hold them: http://${PROXY_USER}:${PROXY_PASSWORD}@host:port\n"},
      {"models: { m: { provider: ollama, id: x, images: some } }\n",
       "error: models.m.images must be true or false, not \"some\"\n  at c.yaml:1:49\n"},
      {"permissions: { allow: [\"Nope(x)\"] }\n",
       "error: the rule \"Nope(x)\" names an unknown tool \"Nope\"\n  at c.yaml:1:24\n  hint: known tools: Read, "
       "Write, Edit, Glob, "
       "Grep, Bash, BashOutput, KillShell, WebFetch, TodoWrite, AskUserQuestion, Skill, Memory, Task, ExitPlanMode\n"},
  }));
  World world;
  world.write("project/c.yaml", c.text);
  world.sources.config_file = "c.yaml";
  world.sources.dialects = {"deepseek", "mistral"};
  CHECK(world.mistakes() == c.told);
}

TEST_CASE("settings: real environment, .env files by name, project, user, built-in, in this order",
          "[config][settings]") {
  World world;
  world.sources.env["ERRAND_ENV"] = "test";
  // Each place sets the key; the first `n` of them are there.
  const auto places = GENERATE(range(0, 6));
  CAPTURE(places);
  struct Source {
    std::string file;
    std::string url;
    std::string origin;
  };
  const std::vector<Source> sources = {
      {"", "http://real", "OPENAI_BASE_URL"},
      {"project/.env.test.local", "http://local", "OPENAI_BASE_URL in .env.test.local:1:1"},
      {"project/.env.test", "http://test", "OPENAI_BASE_URL in .env.test:1:1"},
      {"project/.env", "http://env", "OPENAI_BASE_URL in .env:1:1"},
      {"project/config.yaml", "http://project", "config.yaml:1:34"},
      {"home/.config/errand/config.yaml", "http://user", world.dir / "home/.config/errand/config.yaml:1:34"},
  };
  for (auto i = static_cast<std::size_t>(places); i < sources.size(); ++i) {
    const auto& source = sources[i];
    if (source.file.empty()) {
      world.sources.env["OPENAI_BASE_URL"] = source.url;
    } else if (source.file.ends_with(".yaml")) {
      world.write(source.file, "providers: { openai: { base_url: \"" + source.url + "\" } }\n");
    } else {
      world.write(source.file, "OPENAI_BASE_URL=" + source.url + "\n");
    }
  }
  REQUIRE(trust_project(world.load()));
  const auto config = world.load();
  CHECK(config.settings.providers.at("openai").base_url == sources[static_cast<std::size_t>(places)].url);

  Setting expected{"providers.openai.base_url", {}, {}, false};
  for (auto i = static_cast<std::size_t>(places); i < sources.size(); ++i) {
    const auto shown = sources[i].file.ends_with(".yaml") ? "\"" + sources[i].url + "\"" : sources[i].url;
    expected.losers.push_back({shown, sources[i].origin});
  }
  expected.losers.push_back({"https://api.openai.com/v1", "built-in"});
  expected.winner = expected.losers.front();
  expected.losers.erase(expected.losers.begin());
  CHECK(setting(config, "providers.openai.base_url") == expected);
}

TEST_CASE("settings: without ERRAND_ENV only .env is read", "[config][settings]") {
  World world;
  world.write("project/.env", "OPENAI_API_KEY=plain\n");
  world.write("project/.env.test", "OPENAI_API_KEY=test\n");
  world.write("project/.env.local", "OPENAI_API_KEY=local\n");
  REQUIRE(trust_project(world.load()));
  CHECK(world.load().settings.providers.at("openai").key == "plain");
  world.sources.env["ERRAND_ENV"] = "../x";
  CHECK(world.mistakes() ==
        "error: ERRAND_ENV is \"../x\", which is no part of a file's name\n"
        "  hint: write production, say, to read .env.production\n");
}

TEST_CASE("settings: a key that is set but empty is not set", "[config][settings]") {
  World world;
  world.sources.env["OPENAI_API_KEY"] = "";
  world.write("project/.env", "OPENAI_API_KEY=from-file\n");
  REQUIRE(trust_project(world.load()));
  CHECK(world.load().settings.providers.at("openai").key == "from-file");
}

TEST_CASE("settings: providers have the key, protocol and address the files and the environment say",
          "[config][settings]") {
  World world;
  write_user_config(world,
                    "providers:\n"
                    "  corp: { base_url: \"http://corp/v1/\", api_key_env: CORP_KEY }\n"
                    "  anthropic: { api_key_env: MY_KEY }\n"
                    "  wire: { type: anthropic, base_url_env: WIRE_URL }\n");
  world.sources.env = {
      {"CORP_KEY", "c"}, {"ANTHROPIC_API_KEY", "not asked for"}, {"WIRE_URL", "http://wire/"}, {"OPENAI_API_KEY", "o"}};
  const auto config = world.load();
  const auto& found = config.settings.providers;
  using chat::Protocol;
  CHECK(found.at("corp") ==
        chat::ProviderSpec{"corp", Protocol::openai_chat, "http://corp/v1", {"CORP_KEY"}, "c", true});
  CHECK(found.at("anthropic") ==
        chat::ProviderSpec{"anthropic", Protocol::anthropic, "https://api.anthropic.com", {"MY_KEY"}, "", true});
  CHECK(found.at("wire") == chat::ProviderSpec{"wire", Protocol::anthropic, "http://wire", {}, "", false});
  CHECK(
      found.at("openai") ==
      chat::ProviderSpec{"openai", Protocol::openai_chat, "https://api.openai.com/v1", {"OPENAI_API_KEY"}, "o", true});
  CHECK(
      found.at("ollama") ==
      chat::ProviderSpec{"ollama", Protocol::openai_chat, "http://127.0.0.1:11434/v1", {"OLLAMA_API_KEY"}, "", false});
  CHECK(providers(config).size() == builtin_providers().size() + 2);
}

TEST_CASE("settings: a provider has its paths whole, its variables filled in, and says which are missing",
          "[config][settings]") {
  World world;
  write_user_config(world, R"yaml(
providers:
  corp:
    base_url: "https://corp"
    api_key_file: keys/corp
    api_key_command: print-key
    headers: { x-team: "${TEAM} of $HOME ${1} ${", x-plain: a, x-unset: "${UNSET}", x-empty: "" }
    like: deepseek
    ca_file: ca.pem
    client_cert: ~/cert.pem
    client_key: /k/key.pem
    proxy: "http://${PROXY_USER}:${PROXY_PASSWORD}@proxy:3128"
  openai: { proxy: none, headers: { x-all: files } }
)yaml");
  world.write("project/config.yaml", "providers: { openai: { headers: { x-nearer: \"${TEAM}\" } } }\n");
  world.write("project/.env", "TEAM=${blue}\nOTHER=x\n");
  world.sources.env = {{"PROXY_USER", "me"}, {"PROXY_PASSWORD", "pw"}};
  REQUIRE(trust_project(world.load()));
  const auto config = world.load();
  const auto directory = world.dir / "home/.config/errand";
  chat::ProviderSpec corp{.name = "corp", .base_url = "https://corp"};
  corp.key_command = "print-key";
  corp.key_file = directory + "/keys/corp";
  corp.headers = {{"x-team", "${blue} of $HOME ${1} ${"}, {"x-plain", "a"}, {"x-empty", ""}};
  corp.like = "deepseek";
  corp.ca_file = directory + "/ca.pem";
  corp.client_cert = world.dir / "home/cert.pem";
  corp.client_key = "/k/key.pem";
  corp.proxy = "http://me:pw@proxy:3128";
  CHECK(config.settings.providers.at("corp") == corp);
  CHECK(config.settings.providers.at("openai").proxy == "");
  CHECK(config.settings.providers.at("openai").headers ==
        std::vector<std::pair<std::string, std::string>>{{"x-nearer", "${blue}"}});
  CHECK(config.settings.unset_variables == std::vector<UnsetVariable>{{"corp", "headers.x-unset", "UNSET"}});
  CHECK(setting(config, "providers.corp.headers") ==
        Setting{"providers.corp.headers", {"(set)", directory + "/config.yaml:7:14"}, {}, true});
  CHECK(setting(config, "providers.corp.proxy").winner.value ==
        "\"http://${PROXY_USER}:${PROXY_PASSWORD}@proxy:3128\"");
  CHECK(setting(config, "providers.corp.api_key") ==
        Setting{"providers.corp.api_key", {"(set)", "api_key_command"}, {}, true});
}

TEST_CASE("settings: a secret is shown as set, never as it is", "[config][settings]") {
  World world;
  world.sources.env["ANTHROPIC_API_KEY"] = "sk-secret";
  const auto config = world.load();
  CHECK(setting(config, "providers.anthropic.api_key") ==
        Setting{"providers.anthropic.api_key", {"(set)", "ANTHROPIC_API_KEY"}, {}, true});
  for (const auto& shown : shown_settings(config)) CHECK(shown.winner.value.find("sk-secret") == std::string::npos);
}

TEST_CASE("settings: what is held back is shown as a loser that says so", "[config][settings]") {
  World world;
  world.write("project/config.yaml", "data_dir: d\nretry: { attempts: 3 }\n");
  write_user_config(world, "data_dir: ~/kept\nretry: { attempts: 4 }\n");
  const auto config = world.load();
  const auto user_file = world.dir / "home/.config/errand/config.yaml";
  CHECK(setting(config, "data_dir") ==
        Setting{
            "data_dir", {"~/kept", user_file + ":1:11"}, {{"d", "config.yaml:1:11 (held back: not trusted)"}}, false});
  CHECK(setting(config, "retry.attempts") ==
        Setting{"retry.attempts", {"3", "config.yaml:2:20"}, {{"4", user_file + ":2:20"}, {"8", "built-in"}}, false});
  CHECK(data_directory(config, std::nullopt) == Place{world.dir / "home/kept", user_file + ":1:11"});
}

TEST_CASE("settings: rules of config.yaml hold for every agent", "[config][settings]") {
  World world;
  write_user_config(world, "permissions: { allow: [\"Bash(make test)\"] }\n");
  world.write("project/agents.yaml", "a: { permissions: { deny: [Write] } }\n");
  const auto config = world.load();
  CHECK(agent_of(config, "a").definition.rules ==
        std::vector<chat::Rule>{
            {chat::RuleAction::deny, "Write", "", "agents.yaml:1:28"},
            {chat::RuleAction::allow, "Bash", "make test", world.dir / "home/.config/errand/config.yaml:1:24"}});
}

TEST_CASE("settings: every documented key is accepted where it says", "[config][settings]") {
  World world;
  write_user_config(world, R"yaml(
models:
  s: { provider: anthropic, id: claude-opus-4-5, context: 1000, max_output: 100, price: { input: 3, output: 15, cache_read: 0.3, cache_write: 3.75 }, thinking: none, images: false }
providers:
  corp:
    type: openai_chat
    base_url: "http://x"
    base_url_env: X_URL
    api_key_env: X_KEY
    api_key_file: key
    api_key_command: echo key
    headers: { x-team: "${TEAM}" }
    like: deepseek
    ca_file: ca.pem
    client_cert: ~/cert.pem
    client_key: /key.pem
    proxy: "http://${PROXY_USER}@proxy:3128"
retry: { attempts: 8, restarts: 2, idle: 90s }
budgets: { day_usd: 0, month_usd: 0 }
sessions: { retention: 90d, max_sessions: 0, compact_at: 0.7 }
terminal: { keys: vi, theme: light, notify: never, notify_after: 30s }
data_dir: /d
permissions: { allow: [Read], ask: [Bash], deny: [Write] }
)yaml");
  const auto config = world.load();
  std::vector<std::string> given;
  for (const auto& value : config.settings.given.front().values) given.push_back(value.key);
  std::vector<std::string> documented;
  for (const auto& key : setting_keys()) {
    auto name = key.name;
    if (name.starts_with("models.*")) name.replace(7, 1, "s");
    if (name.starts_with("providers.*")) name.replace(10, 1, "corp");
    documented.push_back(std::move(name));
  }
  std::ranges::sort(given);
  std::ranges::sort(documented);
  CHECK(given == documented);
  CHECK(config.settings.models.at("s") == chat::ModelSpec{.provider = "anthropic",
                                                          .id = "claude-opus-4-5",
                                                          .alias = "s",
                                                          .context = 1000,
                                                          .max_output = 100,
                                                          .price = chat::Price{3, 15, 0.3, 3.75},
                                                          .thinking = chat::ThinkingStyle::none,
                                                          .takes_images = false});
  CHECK(config.settings.terminal.keys == "vi");
  CHECK(config.settings.terminal.theme == "light");
  CHECK(config.settings.terminal.notify == "never");
  CHECK(config.settings.terminal.notify_after == std::chrono::seconds(30));
}
