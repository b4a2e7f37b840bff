#include <thread>

#include <catch2/catch.hpp>

#include "provider/http_provider.hpp"
#include "provider/scripted.hpp"
#include "unit/provider/support.hpp"

// What every Provider promises (provider/provider.hpp), over every one there is.

namespace errand::provider::test {

namespace {

using namespace std::chrono_literals;
using chat::Script;
using chat::StopReason;

/// What the model does when it is asked.
enum class Scene { says_hello, uses_a_tool, fails_at_once, breaks_off, stalls_after_hel };

const Error gone{ErrorKind::unavailable, "the connection broke off", "", std::nullopt, {}, true};

/// A provider in that scene, for any number of calls, and what keeps it alive.
struct Stage {
  std::shared_ptr<void> keeps;
  std::unique_ptr<Provider> provider;
};

/// Answers every request alike; a stall lasts until the call must end.
class SceneTransport final : public http::Transport {
 public:
  SceneTransport(Scene scene, std::vector<std::string> whole, std::vector<std::string> started)
      : scene_(scene), whole_(std::move(whole)), started_(std::move(started)) {}

  Result<http::ResponseHead> send(const http::Request&, const http::OnBody& on_body, const Call& call) override {
    const auto sent = FakeTransport({answer()}).send({}, on_body, call);
    if (!sent || scene_ != Scene::stalls_after_hel) return sent;
    const auto ended = real_clock().wait(1h, call);
    return fail(ended.error());
  }

 private:
  [[nodiscard]] Answer answer() const {
    switch (scene_) {
      case Scene::says_hello:
      case Scene::uses_a_tool:
        return {200, {}, whole_, std::nullopt};
      case Scene::fails_at_once:
        return {200, {}, {}, gone};
      case Scene::breaks_off:
        return {200, {}, started_, gone};
      case Scene::stalls_after_hel:
        return {200, {}, started_, std::nullopt};
    }
    return {};
  }

  Scene scene_;
  std::vector<std::string> whole_;
  std::vector<std::string> started_;
};

Stage http_stage(Scene scene, std::unique_ptr<Codec> codec, const Endpoint& endpoint, const std::string& prefix) {
  const auto golden = [&](const std::string& name) {
    return read_file(std::string(ERRAND_SOURCE_DIR) + "/tests/golden/provider/contract/" + prefix + "-" + name +
                     ".sse");
  };
  auto transport = std::make_shared<SceneTransport>(
      scene, chunks_of(golden(scene == Scene::uses_a_tool ? "tool" : "hello"), Chunking::random),
      chunks_of(golden("hel"), Chunking::random));
  auto provider = std::make_unique<HttpProvider>(
      std::move(codec), endpoint, chat::RetrySettings{2, 1, 90s},
      [transport]() -> http::Transport& { return *transport; },
      DriverClock{[](auto, const Call& call) { return call.check(); }, [] { return 0.5; }});
  return {transport, std::move(provider)};
}

std::vector<Script::Part> scripted_reply(Scene scene) {
  switch (scene) {
    case Scene::says_hello:
      return {Script::Say{"Hello, world"}};
    case Scene::uses_a_tool:
      return {Script::Say{"Hello, world"}, Script::Use{"Bash", R"({"command":"ls"})"}};
    case Scene::fails_at_once:
      return {Script::Fail{gone}};
    case Scene::breaks_off:
      return {Script::Say{"Hel"}, Script::Fail{gone}};
    case Scene::stalls_after_hel:
      return {Script::Say{"Hel"}, Script::Wait{1h}};
  }
  return {};
}

Stage scripted_stage(Scene scene) {
  Script script{"demo.yaml", {}};
  for (int i = 0; i < 16; ++i) script.turns.push_back({"", "", scripted_reply(scene), std::nullopt, std::nullopt});
  auto made = make_scripted(std::move(script), {"scripted", "demo.yaml", "", 0, 0, std::nullopt, {}});
  REQUIRE(made);
  return {nullptr, std::move(*made)};
}

struct Maker {
  const char* name;
  Stage (*make)(Scene);
};
const Maker makers[] = {
    {"anthropic",
     [](Scene scene) { return http_stage(scene, make_anthropic_codec(), anthropic_endpoint(), "anthropic"); }},
    {"gemini", [](Scene scene) { return http_stage(scene, make_gemini_codec(), gemini_endpoint(), "gemini"); }},
    {"openai_chat",
     [](Scene scene) { return http_stage(scene, make_openai_chat_codec(), openai_endpoint(), "openai_chat"); }},
    {"openai_responses",
     [](Scene scene) {
       return http_stage(scene, make_openai_responses_codec(), responses_endpoint(), "openai_responses");
     }},
    {"scripted", scripted_stage},
};

}  // namespace

TEST_CASE("every provider: what is heard is what is returned", "[provider][contract]") {
  for (const auto& maker : makers) {
    CAPTURE(maker.name);
    const auto stage = maker.make(Scene::says_hello);
    Recorder recorder;
    const auto reply = stage.provider->stream(asked("hi").request(), recorder, {});
    REQUIRE(reply);
    CHECK(reply->message.text() == "Hello, world");
    CHECK(recorder.text == "Hello, world");
    CHECK(reply->message.stop == StopReason::end_turn);
    CHECK(reply->message.provider == stage.provider->model().provider);
    CHECK_FALSE(reply->message.model.empty());
    CHECK(reply->cut == std::nullopt);
    CHECK(recorder.retries.empty());
  }
}

TEST_CASE("every provider: a tool call comes with an id, its arguments and the stop that says so",
          "[provider][contract]") {
  for (const auto& maker : makers) {
    CAPTURE(maker.name);
    const auto stage = maker.make(Scene::uses_a_tool);
    Recorder recorder;
    const auto reply = stage.provider->stream(asked("hi").request(), recorder, {});
    REQUIRE(reply);
    const auto calls = reply->message.tool_calls();
    REQUIRE(calls.size() == 1);
    CHECK_FALSE(calls[0].id.empty());
    CHECK(calls[0].name == "Bash");
    CHECK(calls[0].arguments == R"({"command":"ls"})");
    CHECK(reply->message.stop == StopReason::tool_use);
  }
}

TEST_CASE("every provider: no reply is an error, a broken one a cut reply", "[provider][contract]") {
  for (const auto& maker : makers) {
    CAPTURE(maker.name);
    Recorder recorder;
    const auto none = maker.make(Scene::fails_at_once).provider->stream(asked("hi").request(), recorder, {});
    REQUIRE_FALSE(none);
    CHECK(none.error().kind == ErrorKind::unavailable);
    CHECK(recorder.text.empty());

    const auto broken = maker.make(Scene::breaks_off).provider->stream(asked("hi").request(), recorder, {});
    REQUIRE(broken);
    REQUIRE(broken->cut);
    CHECK(broken->cut->kind == ErrorKind::unavailable);
    CHECK(broken->message.stop == StopReason::cancelled);
    CHECK(broken->message.text() == "Hel");
    CHECK(recorder.text == "Hel");
  }
}

TEST_CASE("every provider: cancel and deadline end a stalled reply and keep what there is", "[provider][contract]") {
  for (const auto& maker : makers) {
    CAPTURE(maker.name);
    const auto stage = maker.make(Scene::stalls_after_hel);
    Recorder recorder;
    const auto late = stage.provider->stream(asked("hi").request(), recorder, Call{}.within(20ms));
    REQUIRE(late);
    REQUIRE(late->cut);
    CHECK(late->cut->kind == ErrorKind::timeout);
    CHECK(late->message.text() == "Hel");

    // Stops from another thread as soon as something was heard.
    struct Stopper final : StreamObserver {
      void on_stream_event(const chat::stream::StreamEvent& event) override {
        if (std::holds_alternative<chat::stream::TextDelta>(event)) {
          thread = std::jthread([this] { stop.request_stop(); });
        }
      }
      void on_retry(const chat::event::Retry&) override {}
      void on_fallback(const chat::event::Fallback&) override {}
      void on_warning(const chat::event::Warning&) override {}
      std::stop_source stop;
      std::jthread thread;
    } stopper;
    const auto cancelled = stage.provider->stream(asked("hi").request(), stopper, {stopper.stop.get_token()});
    REQUIRE(cancelled);
    REQUIRE(cancelled->cut);
    CHECK(cancelled->cut->kind == ErrorKind::cancelled);
    CHECK(cancelled->message.stop == StopReason::cancelled);
  }
}

TEST_CASE("every provider: a call that is over before it begins asks nobody", "[provider][contract]") {
  for (const auto& maker : makers) {
    CAPTURE(maker.name);
    std::stop_source stop;
    stop.request_stop();
    Recorder recorder;
    const auto stage = maker.make(Scene::says_hello);
    const auto reply = stage.provider->stream(asked("hi").request(), recorder, {stop.get_token()});
    REQUIRE_FALSE(reply);
    CHECK(reply.error().kind == ErrorKind::cancelled);
    CHECK(recorder.events.empty());
  }
}

TEST_CASE("every provider: several threads may ask at once", "[provider][contract]") {
  for (const auto& maker : makers) {
    CAPTURE(maker.name);
    const auto stage = maker.make(Scene::says_hello);
    std::vector<std::string> heard(4);
    {
      std::vector<std::jthread> threads;
      for (auto& text : heard) {
        threads.emplace_back([&stage, &text] {
          Recorder recorder;
          const auto reply = stage.provider->stream(asked("hi").request(), recorder, {});
          text = reply ? recorder.text : reply.error().message;
        });
      }
    }
    CHECK(heard == std::vector<std::string>(4, "Hello, world"));
  }
}

}  // namespace errand::provider::test
