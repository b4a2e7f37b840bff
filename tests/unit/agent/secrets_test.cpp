#include <string>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "agent/redaction.hpp"
#include "agent/report.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "chat/event_json.hpp"
#include "unit/agent/stage.hpp"

using namespace errand;
using namespace errand::test;

namespace {

constexpr const char* key = "hk7Qx9mZ2vB4nL8sT6";

// All that was stored of the session, and all that was said.
std::string everything(const Stage& stage) {
  std::string out;
  for (const auto& record : stage.records()) out += record.json + "\n";
  for (const auto& event : stage.events.events) out += chat::to_json_line(event) + "\n";
  return out;
}

std::string streamed_text(const Stage& stage) {
  std::string out;
  for (const auto& event : stage.events.events) {
    if (const auto* delta = std::get_if<chat::event::TextDelta>(&event.body)) out += delta->text;
  }
  return out;
}

}  // namespace

TEST_CASE("secrets: a key that a tool prints and a model repeats in pieces is in no event, record or request",
          "[agent][secrets]") {
  Stage stage;
  stage.secrets.learn({{key, "KEY"}});
  std::string executed;
  stage.tools.add(std::make_unique<FakeTool>(
      "TodoWrite", chat::Effect::none, false,
      [&](const std::string& x, const tool::Context& context, const Call&) -> Result<tool::Output> {
        executed = x;
        context.report(chat::event::ToolOutput{context.call_id, "stdout", "it is hk7Qx9"});
        context.report(chat::event::ToolOutput{context.call_id, "stdout", "mZ2vB4nL8sT6"});
        return tool::text_output(std::string("it is ") + key);
      }));
  stage.models["main"].call({tool_call("a", "TodoWrite", key)});
  stage.models["main"].play(
      [](const provider::Request&, provider::StreamObserver& observer, const Call&) -> Result<provider::Reply> {
        for (const auto* piece : {"the key: hk7Qx", "9mZ2vB4", "nL8sT6. hk7"}) {
          observer.on_stream_event(chat::stream::TextDelta{0, piece});
          observer.on_stream_event(chat::stream::ThinkingDelta{1, piece});
        }
        provider::Reply reply;
        reply.message.content = {
            chat::Thinking{std::string("I saw ") + key, "signed"}, chat::Thinking{"nothing here", "signed too"},
            chat::Text{std::string("the key: ") + key + ". hk7"}, chat::Native{"fake", R"({"opaque":"bytes"})"}};
        return reply;
      });
  stage.models["main"].say("ok");
  stage.ask(std::string("use ") + key);
  stage.ask("again");

  CHECK(executed == key);  // what runs is what the model wrote
  CHECK(streamed_text(stage) == "the key: [removed: KEY]. hk7ok");
  CHECK(everything(stage).find(key) == std::string::npos);
  CHECK(everything(stage).find("secret_removed") != std::string::npos);

  const auto asked = stage.models["main"].asked().back();
  CHECK(std::get<chat::UserMessage>(asked[0]) == chat::UserMessage{{chat::Text{"use [removed: KEY]"}}});
  CHECK(chat::text_of(std::get<chat::ToolMessage>(asked[2]).results[0].content) == "it is [removed: KEY]");
  const std::vector<chat::AssistantBlock> expected = {
      chat::Thinking{"I saw [removed: KEY]", ""}, chat::Thinking{"nothing here", "signed too"},
      chat::Text{"the key: [removed: KEY]. hk7"}, chat::Native{"fake", R"({"opaque":"bytes"})"}};
  CHECK(std::get<chat::AssistantMessage>(asked[3]).content == expected);
}

TEST_CASE("secrets: a reply's model, ids and tools are called something else when a key is in them",
          "[agent][secrets]") {
  Stage stage;
  stage.secrets.learn({{key, "KEY"}});
  stage.models["main"].play(
      [](const provider::Request&, provider::StreamObserver&, const Call&) -> Result<provider::Reply> {
        provider::Reply reply;
        reply.message.model = std::string("m-") + key;
        reply.message.stop = chat::StopReason::tool_use;
        reply.message.content = {chat::ToolCall{std::string("a-") + key, std::string("T_") + key, "{}", ""},
                                 chat::ToolCall{std::string("b-") + key, "Nothing", "{}", ""}};
        return reply;
      });
  stage.models["main"].say("ok");
  stage.ask("go");
  CHECK(everything(stage).find(key) == std::string::npos);
  const auto asked = stage.models["main"].asked().back();
  const auto& reply = std::get<chat::AssistantMessage>(asked[1]);
  const auto& results = std::get<chat::ToolMessage>(asked[2]).results;
  REQUIRE(results.size() == 2);
  CHECK(reply.model == "m-[removed: KEY]");
  CHECK(std::get<chat::ToolCall>(reply.content[0]).name == "removed_secret");
  CHECK(std::get<chat::ToolCall>(reply.content[0]).id == results[0].call_id);
  CHECK(std::get<chat::ToolCall>(reply.content[1]).id == results[1].call_id);
  CHECK(results[0].call_id != results[1].call_id);
}

TEST_CASE("secrets: what is held back at a reply's end belongs to that reply", "[agent][secrets]") {
  Stage stage;
  stage.secrets.learn({{key, "KEY"}});
  for (const auto* text : {"ends with hk7Qx9", "mZ2vB4nL8sT6 begins"}) {
    stage.models["main"].play(
        [=](const provider::Request&, provider::StreamObserver& observer, const Call&) -> Result<provider::Reply> {
          observer.on_stream_event(chat::stream::TextDelta{0, text});
          provider::Reply reply;
          reply.message.content = {chat::Text{text}};
          return reply;
        });
    stage.ask("go");
  }
  CHECK(streamed_text(stage) == "ends with hk7Qx9mZ2vB4nL8sT6 begins");
}

TEST_CASE("report: each file, host and refusal once, files in order", "[agent][report]") {
  agent::ReportBook book;
  for (const auto* path : {"/w/b", "/w/a", "/w/b", "/w/\x1b[31mred"}) book.note_written(path);
  for (int i = 0; i < 2; ++i) {
    book.note_contact({"example.org", 443, ""});
    book.note_contact({"10.0.0.1", 80, "a private address"});
    book.note_blocked("Bash rm: denied by a rule");
  }
  const chat::event::RunReport expected{{},
                                        {{"example.org", 443, true, ""}, {"10.0.0.1", 80, false, "a private address"}},
                                        {"10.0.0.1:80: a private address", "Bash rm: denied by a rule"}};
  CHECK(book.report().hosts == expected.hosts);
  CHECK(book.report().blocked == expected.blocked);
  CHECK(book.report().files_written.size() == 3);
  for (const auto& path : book.report().files_written) CHECK(path.find('\x1b') == std::string::npos);
}

TEST_CASE("report: a command that asks for hosts in a loop does not fill it, nor hide what was allowed",
          "[agent][report]") {
  agent::ReportBook book;
  for (int i = 0; i < 20'000; ++i) book.note_contact({fmt::format("h{}.test", i), 443, "not allowed"});
  for (int i = 0; i < 300; ++i) book.note_blocked(fmt::format("Bash {}: denied", i));
  for (int i = 0; i < 1001; ++i) book.note_written(fmt::format("/w/{}", i));
  book.note_contact({"example.org", 443, ""});
  const auto report = book.report();
  CHECK(report.hosts.size() == 201);
  CHECK(report.hosts.back() == chat::event::Contact{"example.org", 443, true, ""});
  CHECK(report.files_written.size() == 1000);
  CHECK(report.blocked.size() == 403);
  const std::vector<std::string> last(report.blocked.end() - 3, report.blocked.end());
  CHECK(last == std::vector<std::string>{"19800 refused contacts more, not listed here",
                                         "100 denied calls more, not listed here",
                                         "1 written file more, not listed here"});
}

TEST_CASE("secrets: what a command asks the proxy for is told without them, whatever became of their capitals",
          "[agent][secrets]") {
  secrets::Redactor secrets;
  secrets.learn({{key, "KEY"}});
  const auto lower = text::lower(key);
  const auto token = fmt::format("ak{}", "iaq3egrt7jk2lmnopb");  // no file of ours holds one as it is
  const std::string words(90, 'w');
  agent::ReportBook book;
  book.note_contact({std::string(key) + "!:443", 0, fmt::format("\"{}!\" is no host", key)});
  book.note_contact({lower + ".evil.test", 443, fmt::format("\"{}.evil.test\" is not allowed", lower)});
  book.note_contact({token + ".evil.test", 443, ""});
  book.note_contact({words + key, 443, fmt::format("\"{}\" is no host", text::ellipsize(words + key, 80))});
  chat::event::Done done;
  done.report = book.report();
  const auto clean = std::get<chat::event::Done>(agent::cleaned(chat::EventBody(done), secrets)).report;
  const std::vector<chat::event::Contact> hosts = {
      {"[removed: KEY]!:443", 0, false, "\"[removed: KEY]!\" is no host"},
      {"[removed: KEY].evil.test", 443, false, "\"[removed: KEY].evil.test\" is not allowed"},
      {"[removed: aws key id].evil.test", 443, true, ""},
      {words + "[removed: KEY]", 443, false, fmt::format("\"{}[removed: KEY]\" is no host", words)}};
  CHECK(clean.hosts == hosts);
  const std::vector<std::string> blocked = {
      "[removed: KEY]!:443:0: \"[removed: KEY]!\" is no host",
      "[removed: KEY].evil.test:443: \"[removed: KEY].evil.test\" is not allowed",
      fmt::format("{0}[removed: KEY]:443: \"{0}[removed: KEY]\" is no host", words)};
  CHECK(clean.blocked == blocked);
}
