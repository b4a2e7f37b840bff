#include "provider/recorded.hpp"

#include <catch2/catch.hpp>

#include "http/replayer.hpp"
#include "provider/registry.hpp"
#include "support.hpp"

using namespace errand;
using namespace errand::provider;

namespace {

http::RecordedExchange exchange(std::size_t number, std::vector<http::Header> notes, std::string answer) {
  http::RecordedExchange out;
  out.number = number;
  out.notes = std::move(notes);
  out.method = "POST";
  out.url = "https://api.example/some/proxy/v1/chat/completions";
  out.head = {200, {{"content-type", "text/event-stream"}}};
  out.pieces = {{std::chrono::milliseconds(0), std::move(answer)}};
  return out;
}

http::Recording recording(std::vector<http::Header> notes) {
  http::Recording out;
  out.file = "r.jsonl";
  out.exchanges = {exchange(1, notes, ""), exchange(2, notes,
                                                    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi.\"},"
                                                    "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")};
  out.exchanges[0].head = {429, {{"retry-after", "60"}}};
  return out;
}

const std::vector<http::Header> whole_notes = {
    {"provider", "corp"}, {"type", "openai_chat"}, {"model", "m-1"}, {"like", "mistral"}};

}  // namespace

TEST_CASE("recorded: the notes say who was asked, and lead nowhere", "[provider][recorded]") {
  const auto endpoint = endpoint_of(recording(whole_notes));
  REQUIRE(endpoint);
  CHECK(endpoint->provider.name == "corp");
  CHECK(endpoint->provider.protocol == chat::Protocol::openai_chat);
  CHECK(endpoint->provider.like == "mistral");
  CHECK(endpoint->provider.base_url == "http://replay.invalid");
  CHECK(endpoint->provider.key.empty());
  CHECK(endpoint->model.id == "m-1");
}

TEST_CASE("recorded: notes that are no provider's are refused", "[provider][recorded]") {
  const auto notes = GENERATE(values<std::vector<http::Header>>({
      {},
      {{"provider", "corp"}, {"model", "m"}},
      {{"provider", "corp"}, {"type", "scripted"}, {"model", "/etc/passwd"}},
      {{"provider", "corp"}, {"type", "telnet"}, {"model", "m"}},
      {{"provider", "a b"}, {"type", "gemini"}, {"model", "m"}},
      {{"provider", "corp"}, {"type", "gemini"}, {"model", "\x1b[2J"}},
      {{"provider", "corp"}, {"type", "gemini"}, {"model", ""}},
  }));
  const auto endpoint = endpoint_of(recording(notes));
  REQUIRE_FALSE(endpoint);
  CHECK(endpoint.error().kind == ErrorKind::config);
  CHECK(endpoint.error().message.find("r.jsonl") != std::string::npos);
  CHECK_FALSE(endpoint_of({.file = "empty"}));
}

TEST_CASE("recorded: as a model it needs no key and waits for nothing, and has its own name", "[provider][recorded]") {
  http::Replayer replayer(recording(whole_notes), {});
  const auto endpoint = endpoint_of(replayer.recording()).value();
  const Registry registry({}, {},
                          {.transport = [&]() -> http::Transport& { return replayer; },
                           .open_recording = [&](const std::string&) -> Result<Recorded> {
                             return Recorded{endpoint, replayer};
                           }});
  chat::ModelSpec named;
  named.provider = "replay";
  named.id = "/r.jsonl";
  const auto opened = registry.open({named});
  REQUIRE(opened);
  CHECK((*opened)->model().full_name() == "replay//r.jsonl");

  const auto question = errand::provider::test::asked("hi");
  errand::provider::test::Recorder heard;
  const auto reply = (*opened)->stream(question.request(), heard, {});
  REQUIRE(reply);
  CHECK(heard.retries.size() == 1);
  CHECK(reply->message.text() == "Hi.");
  CHECK(reply->message.provider == "corp");
}
