#include "provider/fallback.hpp"

#include <catch2/catch.hpp>

#include "provider/registry.hpp"
#include "provider/scripted.hpp"
#include "unit/provider/support.hpp"

namespace errand::provider::test {

namespace {

using chat::Script;

std::unique_ptr<Provider> model_of(Script script, std::int64_t window = 0) {
  const auto name = script.path;
  auto made = make_scripted(std::move(script), {"p", name, "", window, 0, chat::Price{1e6, 1e6, 0, 0}, {}});
  REQUIRE(made);
  return std::move(*made);
}

std::unique_ptr<Provider> model(std::string name, std::vector<std::vector<Script::Part>> replies) {
  Script script{std::move(name), {}};
  for (auto& reply : replies)
    script.turns.push_back({"", "", std::move(reply), std::nullopt, chat::Usage{1, 1, 0, 0, 0}});
  return model_of(std::move(script));
}

// Refuses, after it has said that.
std::unique_ptr<Provider> refusing(std::string name, std::vector<Script::Part> reply) {
  return model_of(
      {std::move(name), {{"", "", std::move(reply), chat::StopReason::refusal, chat::Usage{1, 1, 0, 0, 0}}}});
}

std::unique_ptr<Provider> with_window(std::string name, std::int64_t window) {
  return model_of({std::move(name), {{"", "", {Script::Say{"here"}}, std::nullopt, std::nullopt}}}, window);
}

Script::Part failing(ErrorKind kind) {
  return Script::Fail{{kind, "why", "", std::nullopt, {}, false}};
}

template <class... P>
FallbackProvider chain(P... providers) {
  std::vector<std::unique_ptr<Provider>> out;
  (out.push_back(std::move(providers)), ...);
  return FallbackProvider(std::move(out));
}

Result<Registry> registry_of(std::vector<chat::ProviderSpec> providers, http::Transport* transport) {
  return Registry(std::move(providers), {},
                  Outside{.transport = [transport]() -> http::Transport& { return *transport; },
                          .load_script = [](const std::string& path) -> Result<chat::Script> {
                            if (path == "missing.yaml") return fail(ErrorKind::config, "no file missing.yaml");
                            return Script{path, {{"", "", {Script::Say{"played"}}, std::nullopt, std::nullopt}}};
                          }});
}

}  // namespace

TEST_CASE("fallback: the next model is asked where another may do better, and stays", "[provider][fallback]") {
  const auto kind = GENERATE(ErrorKind::unavailable, ErrorKind::config, ErrorKind::limit);
  auto provider = chain(model("a", {{failing(kind)}}), model("b", {{failing(kind)}}),
                        model("c", {{Script::Say{"one"}}, {Script::Say{"two"}}}));
  Recorder recorder;
  const auto first = provider.stream(asked("x").request(), recorder, {});
  REQUIRE(first);
  CHECK(first->message.text() == "one");
  REQUIRE(recorder.fallbacks.size() == 2);
  CHECK(recorder.fallbacks[1].from == "p/b");
  CHECK(recorder.fallbacks[1].to == "p/c");
  CHECK(recorder.fallbacks[1].reason == "why");
  CHECK(recorder.retries.empty());
  CHECK(provider.model().id == "c");
  CHECK(provider.stream(asked("x").request(), recorder, {})->message.text() == "two");
  CHECK(recorder.fallbacks.size() == 2);
}

TEST_CASE("fallback: what is not the model's fault goes to no other", "[provider][fallback]") {
  const auto kind = GENERATE(ErrorKind::auth, ErrorKind::failure, ErrorKind::cancelled, ErrorKind::timeout);
  auto provider = chain(model("a", {{failing(kind)}}), model("b", {{Script::Say{"never"}}}));
  Recorder recorder;
  const auto reply = provider.stream(asked("x").request(), recorder, {});
  REQUIRE_FALSE(reply);
  CHECK(reply.error().kind == kind);
  CHECK(recorder.fallbacks.empty());
}

TEST_CASE("fallback: a reply that broke off is void, and counted", "[provider][fallback]") {
  auto provider =
      chain(model("a", {{Script::Say{"half"}, failing(ErrorKind::unavailable)}}), model("b", {{Script::Say{"whole"}}}));
  Recorder recorder;
  const auto reply = provider.stream(asked("x").request(), recorder, {});
  REQUIRE(reply);
  CHECK(recorder.text == "whole");
  REQUIRE(recorder.retries.size() == 1);
  CHECK(recorder.retries[0].restarted);
  CHECK(reply->message.usage == chat::Usage{2, 2, 0, 0, 0});
  CHECK(reply->cost_usd.value() == Approx(4));
}

TEST_CASE("fallback: a chain of which no model was there begins with the first again", "[provider][fallback]") {
  const auto why = failing(ErrorKind::unavailable);
  auto provider =
      chain(model("a", {{why}, {why}, {Script::Say{"back"}}}), model("b", {{why}, {Script::Say{"one"}}, {why}}));
  Recorder recorder;
  CHECK_FALSE(provider.stream(asked("x").request(), recorder, {}));
  CHECK(provider.model().id == "a");
  CHECK(provider.stream(asked("x").request(), recorder, {})->message.text() == "one");
  CHECK(provider.model().id == "b");
  CHECK_FALSE(provider.stream(asked("x").request(), recorder, {}));
  CHECK(provider.stream(asked("x").request(), recorder, {})->message.text() == "back");
}

TEST_CASE("fallback: a refusal without a word goes to the next model, one with an answer stands",
          "[provider][fallback]") {
  Recorder recorder;
  SECTION("nothing, or thoughts alone") {
    const auto said = GENERATE(values<std::vector<Script::Part>>({{}, {Script::Think{"no"}}, {Script::Say{" "}}}));
    auto provider = chain(refusing("a", said), model("b", {{Script::Say{"whole"}}}));
    const auto reply = provider.stream(asked("x").request(), recorder, {});
    REQUIRE(reply);
    CHECK(recorder.text == "whole");
    REQUIRE(recorder.fallbacks.size() == 1);
    CHECK(recorder.fallbacks[0].reason == "the model refused to answer");
    CHECK(reply->message.usage == chat::Usage{2, 2, 0, 0, 0});
    CHECK(provider.model().id == "b");
  }
  SECTION("with text") {
    auto provider = chain(refusing("a", {Script::Say{"I will not."}}), model("b", {{Script::Say{"never"}}}));
    CHECK(provider.stream(asked("x").request(), recorder, {})->message.text() == "I will not.");
    CHECK(recorder.fallbacks.empty());
  }
  SECTION("the last model's") {
    auto provider = chain(model("a", {{failing(ErrorKind::unavailable)}}), refusing("b", {}));
    const auto reply = provider.stream(asked("x").request(), recorder, {});
    REQUIRE(reply);
    CHECK(reply->message.stop == chat::StopReason::refusal);
    CHECK_FALSE(reply->cut);
  }
}

TEST_CASE("fallback: what outgrows a window goes to the next that is known to hold it", "[provider][fallback]") {
  auto provider =
      chain(with_window("a", 1000), with_window("unknown", 0), with_window("b", 5000), with_window("c", 9000));
  Recorder recorder;
  CHECK_FALSE(provider.move_to_window(10'000, recorder));
  CHECK(recorder.fallbacks.empty());
  CHECK(provider.move_to_window(2000, recorder));
  REQUIRE(recorder.fallbacks.size() == 1);
  CHECK(recorder.fallbacks[0].from == "p/a");
  CHECK(recorder.fallbacks[0].to == "p/b");
  CHECK(recorder.fallbacks[0].reason == "the conversation outgrows its context window of 1000 tokens");
  CHECK(provider.model().id == "b");
  CHECK(provider.move_to_window(500, recorder));
  CHECK(provider.model().id == "c");  // never back
}

TEST_CASE("fallback: the last model's failure is the chain's", "[provider][fallback]") {
  auto provider = chain(model("a", {{failing(ErrorKind::unavailable)}}),
                        model("b", {{Script::Say{"half"}, failing(ErrorKind::unavailable)}}));
  Recorder recorder;
  const auto reply = provider.stream(asked("x").request(), recorder, {});
  REQUIRE(reply);
  CHECK(reply->cut);
  CHECK(reply->message.text() == "half");
}

TEST_CASE("registry: of a chain, what has no key is left out and said", "[provider][registry]") {
  const chat::ProviderSpec keyed{"anthropic", chat::Protocol::anthropic, "https://a", {"ANTHROPIC_API_KEY"}, "", true};
  FakeTransport transport({});
  const auto registry = registry_of({keyed}, &transport);
  const chat::ModelSpec keyless{"anthropic", "claude", "", 0, 0, {}, {}};
  const chat::ModelSpec played{"scripted", "x.yaml", "", 0, 0, {}, {}};
  for (const auto& chain : {std::vector{keyless, played}, std::vector{played, keyless}}) {
    const auto opened = registry->open(chain);
    REQUIRE(opened);
    CHECK((*opened)->model().full_name() == "scripted/x.yaml");
    Recorder recorder;
    CHECK((*opened)->stream(asked("x").request(), recorder, {})->message.text() == "played");
    REQUIRE(recorder.warnings.size() == 1);
    CHECK(recorder.warnings.front().code == "fallback_left_out");
    CHECK(recorder.warnings.front().message ==
          "anthropic/claude is left out of the chain: no key for provider \"anthropic\"");
  }
}

TEST_CASE("registry: opens what the settings name, and says what is missing", "[provider][registry]") {
  const chat::ProviderSpec keyed{"anthropic", chat::Protocol::anthropic, "https://a", {"ANTHROPIC_API_KEY"}, "", true};
  const chat::ProviderSpec local{"ollama", chat::Protocol::openai_chat, "http://127.0.0.1:1/v1", {}, "", false};
  const chat::ProviderSpec google{"google", chat::Protocol::gemini, "https://g", {"GEMINI_API_KEY"}, "k", true};
  FakeTransport transport({});
  const auto registry = registry_of({keyed, local, google}, &transport);
  const auto open = [&](std::vector<std::string> names) {
    std::vector<chat::ModelSpec> specs;
    for (auto& name : names)
      specs.push_back({name.substr(0, name.find('/')), name.substr(name.find('/') + 1), "", 0, 0, {}, {}});
    return registry->open(specs);
  };

  CHECK(open({"ollama/qwen"}).value()->model().full_name() == "ollama/qwen");
  CHECK(open({"ollama/qwen", "scripted/x.yaml"}).value()->model().full_name() == "ollama/qwen");
  CHECK(open({"google/gemini"}).value()->model().full_name() == "google/gemini");
  Recorder recorder;
  const auto played = open({"scripted/x.yaml"}).value()->stream(asked("x").request(), recorder, {});
  CHECK(played->message.text() == "played");
  CHECK(played->message.model == "scripted/x.yaml");

  const auto error_of = [&](std::vector<std::string> names) {
    const auto opened = open(std::move(names));
    return opened ? Error{} : opened.error();
  };
  const auto no_key = error_of({"anthropic/claude"});
  CHECK(no_key.kind == ErrorKind::auth);
  CHECK(no_key.message == "no key for provider \"anthropic\"");
  for (const char* way : {"ANTHROPIC_API_KEY", "ollama", "scripted/"})
    CHECK(no_key.hint.find(way) != std::string::npos);
  CHECK(error_of({"anthropic/claude", "anthropic/other"}).kind == ErrorKind::auth);
  CHECK(error_of({"antropic/claude"}).kind == ErrorKind::config);
  CHECK(error_of({"antropic/claude"}).hint.find("did you mean \"anthropic\"?") == 0);
  CHECK(error_of({"scripted/missing.yaml"}).message == "no file missing.yaml");
  CHECK(error_of({}).kind == ErrorKind::config);
}

}  // namespace errand::provider::test
