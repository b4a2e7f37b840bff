#include "agent/compaction.hpp"

#include <catch2/catch.hpp>

#include "agent/session.hpp"
#include "tool/builtin.hpp"
#include "unit/agent/stage.hpp"

// Conversations that outgrow the model's window.

using namespace errand;
using namespace errand::test;
using agent::Conversed;
using chat::Text;

namespace {

Error overflow() {
  return {.kind = ErrorKind::limit,
          .message = "the request does not fit the model's context window",
          .code = std::string(error_code::context_window)};
}

FakeModel::Play failing(Error error) {
  return [error](const provider::Request&, provider::StreamObserver&, const Call&) -> Result<provider::Reply> {
    return fail(error);
  };
}

std::string text_of(const chat::Message& message) {
  if (const auto* user = std::get_if<chat::UserMessage>(&message)) return chat::text_of(user->content);
  if (const auto* reply = std::get_if<chat::AssistantMessage>(&message)) return reply->text();
  return "(results)";
}

std::vector<std::string> texts_of(const std::vector<chat::Message>& messages) {
  std::vector<std::string> out;
  for (const auto& message : messages) out.push_back(text_of(message));
  return out;
}

template <class Event>
const Event& event_of(const Recording& events) {
  for (const auto& event : events.events) {
    if (const auto* found = std::get_if<Event>(&event.body)) return *found;
  }
  throw std::runtime_error("no such event");
}

Conversed conversation() {
  Conversed out;
  out.add(chat::UserMessage{{Text{"old prompt"}}}, "u1");
  out.add(chat::AssistantMessage{{Text{"old answer"}}}, "a1");
  out.add(chat::UserMessage{{Text{"new prompt"}}}, "u2");
  out.add(chat::AssistantMessage{{chat::ToolCall{"c", "Read", "{}", ""}}}, "a2");
  out.add(chat::ToolMessage{{{"c", {Text{std::string(9000, 'x')}}, false}}});
  return out;
}

const std::string replaced = "[The earlier part of this conversation was replaced by this summary.]\n\n";

}  // namespace

TEST_CASE("compaction: calls stay with their results, and the newest reply is kept however long",
          "[agent][compaction]") {
  const auto history = conversation();
  CHECK(agent::cut_point(history, 1) == 3);
  CHECK(agent::cut_point(history, 2592) == 2);
  CHECK(agent::cut_point(history, 1'000'000) == 1);
  Conversed one;
  one.add(chat::UserMessage{{Text{"only"}}}, "u");
  CHECK(agent::cut_point(one, 1) == std::nullopt);
  Conversed under_summary;
  under_summary.add(agent::summary_message("a summary"));
  under_summary.add(chat::UserMessage{{Text{"newest"}}}, "u");
  CHECK(agent::cut_point(under_summary, 1) == std::nullopt);
  under_summary.add(chat::AssistantMessage{{Text{"answer"}}}, "a");
  CHECK(agent::cut_point(under_summary, 1'000'000) == 2);
}

TEST_CASE("compaction: the one who summarises reads results shortened, and is told so", "[agent][compaction]") {
  const auto all = agent::transcript(conversation(), 5, 100'000);
  CHECK(all.find("old prompt") < all.find("old answer"));
  CHECK(all.find("calls Read {}") != std::string::npos);
  CHECK(all.find("[… 8400 bytes left out …]") != std::string::npos);
  CHECK(all.size() < 1200);
  CHECK(agent::transcript(conversation(), 5, 50).size() < 250);
}

TEST_CASE("compaction: a prompt the API finds too long is compacted once and sent again", "[agent][compaction]") {
  Stage stage;
  auto& model = stage.models["main"];
  model.say(std::string(4000, 'a'));
  model.play(failing(overflow()));
  model.say("They greeted.");
  model.say("second answer");
  CHECK(stage.ask("hello").exit_code == 0);
  stage.events.events.clear();
  const auto result = stage.ask("and now?");
  CHECK(result.exit_code == 0);
  CHECK(result.done.result == "second answer");
  CHECK(result.done.usage == chat::Usage{.input = 20, .output = 10});  // the summary is billed
  CHECK(result.done.total_cost_usd == 0.5);
  CHECK(stage.events.types() ==
        std::vector<std::string>{"user", "compact_started", "compact_completed", "assistant", "done"});
  CHECK(texts_of(model.asked().back()) == std::vector<std::string>{replaced + "They greeted.", "and now?"});

  // It is what the next prompt is added to, here and after a resume.
  model.say("third answer");
  CHECK(stage.ask("more").exit_code == 0);
  const std::vector<std::string> expected = {replaced + "They greeted.", "and now?", "second answer", "more"};
  CHECK(texts_of(model.asked().back()) == expected);
  const auto info = stage.store->find("latest", {}).value();
  auto resumed = texts_of(agent::continuable(stage.store->read_history(info.id).value(), {}).messages);
  resumed.pop_back();
  CHECK(resumed == expected);
  const auto fork = stage.store->fork(info.id, {}).value();
  auto forked = texts_of(agent::continuable(stage.store->read_history(fork.id).value(), {}).messages);
  forked.pop_back();
  CHECK(forked == expected);
  CHECK(stage.store->history(info.id).value().size() == 6);  // nothing stored was changed
}

TEST_CASE("compaction: what still does not fit after one is the run's end", "[agent][compaction]") {
  Stage stage;
  auto& model = stage.models["main"];
  model.say(std::string(4000, 'a'));
  model.play(failing(overflow()));
  model.say("A summary.");
  model.play(failing(overflow()));
  stage.ask("hello");
  CHECK(stage.ask("and now?").exit_code == 7);
  CHECK(model.asked().size() == 4);
}

TEST_CASE("compaction: a single prompt that does not fit has nothing to leave out", "[agent][compaction]") {
  Stage stage;
  stage.models["main"].play(failing(overflow()));
  CHECK(stage.ask("hello").exit_code == 7);
  CHECK(stage.models["main"].asked().size() == 1);
}

TEST_CASE("compaction: when the summary fails older turns are dropped, and that is said", "[agent][compaction]") {
  Stage stage;
  auto& model = stage.models["main"];
  model.say(std::string(4000, 'a'));
  model.play(failing(overflow()));
  model.play(failing({.kind = ErrorKind::unavailable, .message = "overloaded"}));
  model.say("second answer");
  stage.ask("hello");
  CHECK(stage.ask("and now?").exit_code == 0);
  CHECK(texts_of(model.asked().back()) ==
        std::vector<std::string>{"[The earlier part of this conversation was dropped to fit the context window.]",
                                 "and now?"});
  CHECK(event_of<chat::event::Warning>(stage.events).code == "summary_failed");
}

TEST_CASE("compaction: in the middle of a run the request stays, word for word, and thinking goes",
          "[agent][compaction]") {
  Stage stage;
  stage.tools.add(std::make_unique<FakeTool>(
      "TodoWrite", chat::Effect::none, false,
      [](const std::string&, const tool::Context&, const Call&) { return tool::text_output(std::string(6000, 'd')); }));
  auto& model = stage.models["main"];
  model.call({tool_call("0", "TodoWrite", "first")});
  model.play([](const provider::Request&, provider::StreamObserver&, const Call&) -> Result<provider::Reply> {
    provider::Reply reply;
    reply.message = {{chat::Thinking{"hm", "signed", false}, tool_call("a", "TodoWrite", "x")}, "m"};
    reply.message.stop = chat::StopReason::tool_use;
    return reply;
  });
  model.play(failing(overflow()));
  model.say("Began.");
  model.say("answer");
  CHECK(stage.ask("do it well").exit_code == 0);
  const auto asked = model.asked().back();
  REQUIRE(asked.size() == 3);
  CHECK(text_of(asked[0]) == replaced + "Began.\n\n[The request you are working on, word for word:]\n\ndo it well");
  CHECK(std::get<chat::AssistantMessage>(asked[1]).content ==
        std::vector<chat::AssistantBlock>{tool_call("a", "TodoWrite", "x")});
}

TEST_CASE("compaction: a session that is opened again goes on with what the live one has", "[agent][compaction]") {
  const auto style = GENERATE(chat::ThinkingStyle::adaptive, chat::ThinkingStyle::budget);
  const auto thinking = [](const std::string& text) {
    return [text](const provider::Request&, provider::StreamObserver&, const Call&) -> Result<provider::Reply> {
      provider::Reply reply;
      reply.message = {{chat::Thinking{"hm", "signed", false}, tool_call("a", "TodoWrite", text)}, "m"};
      reply.message.stop = chat::StopReason::tool_use;
      return reply;
    };
  };
  Stage stage;
  stage.tools.add(std::make_unique<FakeTool>("TodoWrite", chat::Effect::none, false,
                                             [](const std::string& x, const tool::Context&, const Call&) {
                                               return tool::text_output(std::string(3000, x[0]));
                                             }));
  auto& model = stage.models["main"];
  model.spec.thinking = style;
  model.play(thinking("1"));
  model.play(thinking("2"));  // kept by the compaction
  model.play(failing(overflow()));
  model.say("A summary.");
  model.play(thinking("3"));  // after it
  model.say("answer");
  CHECK(stage.ask("do it").exit_code == 0);
  const auto& live = stage.chat().session()->history;
  const auto count_thinking = [&] {
    return std::ranges::count_if(live.messages, [](const auto& message) {
      const auto* reply = std::get_if<chat::AssistantMessage>(&message);
      return reply != nullptr && std::holds_alternative<chat::Thinking>(reply->content.front());
    });
  };
  CHECK(count_thinking() == (style == chat::ThinkingStyle::budget ? 2 : 1));
  const auto id = stage.chat().session()->info.id;
  for (const auto& session : {id, stage.store->fork(id, {}).value().id}) {
    const auto resumed = agent::continuable(stage.store->read_history(session).value(), style);
    CHECK(resumed.messages == live.messages);
    CHECK(resumed.ids == live.ids);
  }
}

TEST_CASE("compaction: a conversation that nears the end of the window is compacted before it is sent",
          "[agent][compaction]") {
  Stage stage;
  auto& model = stage.models["main"];
  model.spec.context = 20'000;
  model.say(std::string(60'000, 'x'));
  model.say("Many x.");
  model.say("ok");
  CHECK(stage.ask("hello").exit_code == 0);
  CHECK(stage.ask("short").exit_code == 0);
  CHECK(texts_of(model.asked().back()) == std::vector<std::string>{replaced + "Many x.", "short"});
  CHECK(event_of<chat::event::CompactCompleted>(stage.events).reason == "threshold");
}

TEST_CASE("compaction: what would hardly get shorter is not compacted", "[agent][compaction]") {
  Stage stage;
  auto& model = stage.models["main"];
  model.spec.context = 20'000;
  model.say("hi");
  model.say("ok");
  CHECK(stage.ask("hello").exit_code == 0);
  CHECK(stage.ask(std::string(60'000, 'x')).exit_code == 0);
  CHECK(model.asked().size() == 2);
  CHECK(model.asked().back().size() == 3);
}

TEST_CASE("compaction: one that did not help is the last by threshold in its run", "[agent][compaction]") {
  Stage stage;
  stage.tools.add(std::make_unique<FakeTool>("TodoWrite", chat::Effect::none, false,
                                             [](const std::string&, const tool::Context&, const Call&) {
                                               return tool::text_output(std::string(20'000, 'd'));
                                             }));
  auto& model = stage.models["main"];
  model.spec.context = 10'000;
  model.say(std::string(20'000, 'a'));
  model.say("A summary.");
  model.call({tool_call("0", "TodoWrite", "x")});
  model.say("answer");
  CHECK(stage.ask("hello").exit_code == 0);
  CHECK(stage.ask(std::string(30'000, 'x')).done.result == "answer");
  const auto types = stage.events.types();
  CHECK(std::count(types.begin(), types.end(), "compact_started") == 1);
}

TEST_CASE("compaction: a chain goes to a model that holds the conversation rather than make it shorter",
          "[agent][compaction]") {
  Stage stage;
  stage.definition.models = {"main", "big"};
  auto& small = stage.models["main"];
  auto& big = stage.models["big"];
  small.spec.context = 4096;
  big.spec.context = GENERATE(100'000, 20'000);  // the prompt is some 18,300: it just holds it
  small.say(std::string(4000, 'a'));
  big.say("I hold it.");
  CHECK(stage.ask("hello").exit_code == 0);
  stage.events.events.clear();
  CHECK(stage.ask(std::string(60'000, 'x')).done.result == "I hold it.");
  CHECK(small.asked().size() == 1);
  CHECK(big.asked().back().size() == 3);
  CHECK(stage.events.types() == std::vector<std::string>{"user", "fallback", "assistant", "done"});
  CHECK(event_of<chat::event::Fallback>(stage.events).to == "fake/big");
}

TEST_CASE("compaction: the summary's own request is held to the run's limits", "[agent][compaction]") {
  const auto [used, has_room] = GENERATE(table<std::int64_t, bool>({{7400, true}, {7700, false}}));
  Stage stage;
  stage.definition.limits.max_tokens = 10'000;
  auto& model = stage.models["main"];
  for (int i = 0; i < 3; ++i) {
    model.say(std::string(5500, 'a'));
    CHECK(stage.ask("hello").exit_code == 0);
  }
  model.play(
      [tokens = used](const provider::Request&, provider::StreamObserver&, const Call&) -> Result<provider::Reply> {
        provider::Reply reply;
        reply.message.usage = {.input = tokens};
        reply.cut = overflow();
        return reply;
      });
  if (has_room) model.say("They greeted.");
  model.say("second answer");
  CHECK(stage.ask("and now?").done.result == "second answer");
  CHECK(event_of<chat::event::CompactCompleted>(stage.events).dropped == !has_room);
  if (has_room) {
    CHECK(model.generations()[4].max_output > 256);
    CHECK(model.generations()[4].max_output < 500);
  } else {
    CHECK(model.asked().size() == 5);
    CHECK(event_of<chat::event::Warning>(stage.events).message.find("leaves no room for a summary") !=
          std::string::npos);
  }
}

TEST_CASE("compaction: a reply that filled the window is void, billed, and asked for again", "[agent][compaction]") {
  Stage stage;
  auto& model = stage.models["main"];
  model.say(std::string(4000, 'a'));
  model.play([](const provider::Request&, provider::StreamObserver& observer, const Call&) -> Result<provider::Reply> {
    observer.on_stream_event(chat::stream::TextDelta{0, "half"});
    provider::Reply reply;
    reply.message = {{Text{"half"}}, "m"};
    reply.message.usage = {.input = 7};
    reply.cost_usd = 0.5;
    reply.cut = overflow();
    return reply;
  });
  model.say("A summary.");
  model.say("whole");
  CHECK(stage.ask("hello").exit_code == 0);
  stage.events.events.clear();
  const auto result = stage.ask("and now?");
  CHECK(result.done.result == "whole");
  CHECK(result.done.usage == chat::Usage{.input = 27, .output = 10});
  CHECK(result.done.total_cost_usd == 1.0);
  CHECK(event_of<chat::event::Retry>(stage.events).restarted);
}

TEST_CASE("compaction: a prompt larger than the window is warned of, once, and sent", "[agent][compaction]") {
  Stage stage;
  auto& model = stage.models["main"];
  model.spec.context = 4096;
  model.say("I saw some of it.");
  CHECK(stage.ask(std::string(60'000, 'x')).exit_code == 0);
  const auto types = stage.events.types();
  CHECK(std::count(types.begin(), types.end(), "warning") == 1);
  CHECK(event_of<chat::event::Warning>(stage.events).code == "prompt_too_long");
}

namespace {

// Two calls with results of 24,000 bytes each, in a window that holds both and no more.
void fill_with_results(Stage& stage, FakeModel& model) {
  stage.tools.add(std::make_unique<FakeTool>("TodoWrite", chat::Effect::none, false,
                                             [](const std::string& x, const tool::Context&, const Call&) {
                                               return tool::text_output(std::string(24'000, x[0]));
                                             }));
  model.spec.context = 17'000;
  model.call({tool_call("0", "TodoWrite", "d")});
  model.call({tool_call("1", "TodoWrite", "e")});
  model.say("answer");
}

std::vector<std::size_t> result_sizes(const std::vector<chat::Message>& messages) {
  std::vector<std::size_t> out;
  for (const auto& message : messages) {
    const auto* results = std::get_if<chat::ToolMessage>(&message);
    if (results == nullptr) continue;
    for (const auto& result : results->results) out.push_back(chat::text_of(result.content).size());
  }
  return out;
}

}  // namespace

TEST_CASE("compaction: older results go first, and no model is asked for that", "[agent][compaction]") {
  Stage stage;
  auto& model = stage.models["main"];
  fill_with_results(stage, model);
  const auto result = stage.ask("do it");
  CHECK(result.done.result == "answer");
  CHECK(result.done.num_turns == 3);
  CHECK(model.asked().size() == 3);
  const auto asked = model.asked().back();
  REQUIRE(asked.size() == 5);
  CHECK(text_of(asked[0]) == "do it");
  CHECK(std::get<chat::ToolMessage>(asked[2]).results.front().content ==
        std::vector<chat::UserBlock>{
            Text{"[an older result of 24000 bytes was cleared to make room; call the tool again if it is needed]"}});
  CHECK(result_sizes(asked).back() == 24'000);
  const auto& done = event_of<chat::event::CompactCompleted>(stage.events);
  CHECK(done.summary.empty());
  CHECK(!done.cleared_before.empty());
  CHECK(done.tokens_after < done.tokens_before);

  const auto& live = stage.chat().session()->history;
  const auto id = stage.chat().session()->info.id;
  for (const auto& session : {id, stage.store->fork(id, {}).value().id}) {
    const auto resumed = agent::continuable(stage.store->read_history(session).value(), {});
    CHECK(resumed.messages == live.messages);
    CHECK(resumed.ids == live.ids);
  }
}

TEST_CASE("compaction: what was cleared stays so under the summary that comes later", "[agent][compaction]") {
  Stage stage;
  auto& model = stage.models["main"];
  fill_with_results(stage, model);
  CHECK(stage.ask("do it").exit_code == 0);
  model.play(failing(overflow()));
  model.say("Both were read.");
  model.say("second answer");
  CHECK(stage.ask("and now?").done.result == "second answer");
  const auto asked = model.asked().back();
  CHECK(text_of(asked.front()).starts_with(replaced + "Both were read."));
  const auto& live = stage.chat().session()->history;
  const auto resumed =
      agent::continuable(stage.store->read_history(stage.chat().session()->info.id).value(), chat::ThinkingStyle{});
  CHECK(resumed.messages == live.messages);
}

TEST_CASE("compaction: a summary that keeps cleared results keeps them cleared, also after a resume",
          "[agent][compaction]") {
  Stage stage;
  auto& model = stage.models["main"];
  model.spec.context = 23'000;
  model.say(std::string(3000, 'i'));
  CHECK(stage.ask("a long introduction").exit_code == 0);
  stage.tools.add(std::make_unique<FakeTool>("TodoWrite", chat::Effect::none, false,
                                             [](const std::string& x, const tool::Context&, const Call&) {
                                               return tool::text_output(std::string(x == "s" ? 500 : 26'000, x[0]));
                                             }));
  stage.chat().use_agent(stage.definition);
  model.call({tool_call("0", "TodoWrite", "d")});
  model.call({tool_call("1", "TodoWrite", "e")});
  model.call({tool_call("2", "TodoWrite", "s")});
  model.say("answer");
  CHECK(stage.ask("go on").exit_code == 0);
  model.say("A summary.");
  REQUIRE(stage.chat().compact("", {}));
  const auto& live = stage.chat().session()->history;
  const auto resumed =
      agent::continuable(stage.store->read_history(stage.chat().session()->info.id).value(), chat::ThinkingStyle{});
  CHECK(result_sizes(resumed.messages) == result_sizes(live.messages));
  CHECK(resumed.messages == live.messages);
}

TEST_CASE("compaction: the todo list outlives what it was written in", "[agent][compaction]") {
  Stage stage;
  tool::add_builtin(stage.tools);
  auto& model = stage.models["main"];
  model.call(
      {{"0", "TodoWrite",
        R"({"todos":[{"content":"read it","status":"completed"},{"content":"mend it","status":"pending"}]})", ""}});
  model.say(std::string(4000, 'a'));
  CHECK(stage.ask("do it").exit_code == 0);
  model.play(failing(overflow()));
  model.say("A summary.");
  model.say("second answer");
  CHECK(stage.ask("and now?").exit_code == 0);
  CHECK(text_of(model.asked().back().front()) ==
        replaced + "A summary.\n\n[Your todo list:]\n\n- completed: read it\n- pending: mend it");
  // Also where the session was opened anew since.
  const auto resumed =
      agent::resume_session(*stage.store, stage.store->fork(stage.chat().session()->info.id, {}).value(), {});
  CHECK(resumed->state->todos.with([](const auto& todos) { return todos.size(); }) == 2);
}

TEST_CASE("compaction: the user asks for one between runs, and says what matters", "[agent][compaction]") {
  Stage stage;
  auto& model = stage.models["main"];
  const auto nothing = stage.chat().compact("", {});
  REQUIRE(!nothing);
  CHECK(nothing.error().kind == ErrorKind::failure);
  model.say(std::string(4000, 'a'));
  CHECK(stage.ask("hello").exit_code == 0);
  model.say("short");
  CHECK(stage.ask("go on").exit_code == 0);
  std::string asked_system;
  model.play([&](const provider::Request& request, provider::StreamObserver&, const Call&) -> Result<provider::Reply> {
    asked_system = request.system;
    provider::Reply reply;
    reply.message = {{Text{"They greeted."}}, "m"};
    return reply;
  });
  stage.events.events.clear();
  const auto made = stage.chat().compact("keep the greeting", {});
  REQUIRE(made);
  CHECK(made->after < made->before);
  CHECK(asked_system.ends_with("The user asks, for the summary: keep the greeting"));
  CHECK(stage.events.types() == std::vector<std::string>{"compact_started", "compact_completed"});
  CHECK(event_of<chat::event::CompactCompleted>(stage.events).reason == "user");
  model.say("third answer");
  CHECK(stage.ask("more").exit_code == 0);
  CHECK(text_of(model.asked().back().front()) == replaced + "They greeted.");
}
