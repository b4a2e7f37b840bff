#include "http/replayer.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "http/recorder.hpp"
#include "stand_in.hpp"
#include "support/temp_dir.hpp"

using namespace errand;
using namespace errand::http;
using namespace errand::test;
using std::chrono::milliseconds;

namespace {

std::string body_with(std::string_view prompt, std::string_view model = "m") {
  return fmt::format(R"({{"model":"{}","system":"Work in /old/place.","messages":[{{"content":"{}"}}]}})", model,
                     prompt);
}

RecordedExchange exchange(std::size_t number, std::string body, std::string answer) {
  RecordedExchange out;
  out.number = number;
  out.notes = {{"type", "anthropic"}};
  out.method = "POST";
  out.url = "https://api.example/proxy/v1/messages?beta=true";
  out.body = std::move(body);
  out.head = {200, {{"content-type", "text/event-stream"}}};
  out.pieces = {{milliseconds(0), std::move(answer)}};
  return out;
}

Recording recording_of(std::vector<RecordedExchange> exchanges) {
  Recording out;
  out.file = "r.jsonl";
  out.places = {{"workspace", "/old/place"}};
  out.exchanges = std::move(exchanges);
  return out;
}

// Sent from where the workspace is now.
Request request(std::string body, std::string type = "anthropic") {
  body = text::replace_all(std::move(body), "/old/place", "/new");
  return {.url = "http://elsewhere/v1/messages", .body = std::move(body), .notes = {{"type", std::move(type)}}};
}

ReplayOptions options(ReplayMode mode) {
  return {.mode = mode, .places = {{"workspace", "/new"}}};
}

std::string answer_to(Replayer& replayer, const std::string& body) {
  const auto got = ask(replayer, request(body));
  return got.head ? got.pieces.at(0) : got.head.error().message;
}

}  // namespace

TEST_CASE("replayer: what was recorded comes back in its pieces, with its end", "[http][replayer]") {
  TempDir directory;
  const auto path = directory.path() + "/r.jsonl";
  const Error broken{ErrorKind::unavailable, "it broke", "", std::nullopt, {}, true, {}, {}};
  StandIn inner({{.pieces = {"a\xc3", "\xa4 b"}},
                 {.head = {503, {{"retry-after", "1"}}}, .pieces = {"busy"}},
                 {.pieces = {"half"}, .error = broken}});
  auto recorder = Recorder::open([&]() -> Transport& { return inner; }, {.path = path, .made_by = "errand 1"});
  REQUIRE(recorder);
  for (int i = 0; i < 3; ++i) ask(**recorder, request("{}"));

  Replayer replayer(load_recording(path).value(), {});
  const auto first = ask(replayer, request("{}"));
  CHECK(first.pieces == std::vector<std::string>{"a\xc3", "\xa4 b"});
  CHECK(first.warnings.empty());
  const auto second = ask(replayer, request("{}"));
  CHECK(second.head->status == 503);
  CHECK(second.head->header("retry-after") == "1");
  const auto third = ask(replayer, request("{}"));
  CHECK(third.pieces == std::vector<std::string>{"half"});
  CHECK(third.head.error() == broken);
}

TEST_CASE("replayer: requests that come in another order find their own answers", "[http][replayer]") {
  Replayer replayer(recording_of({exchange(1, body_with("one"), "1"), exchange(2, body_with("two"), "2"),
                                  exchange(3, body_with("one"), "again")}),
                    options(ReplayMode::strict));
  CHECK(answer_to(replayer, body_with("two")) == "2");
  CHECK(answer_to(replayer, body_with("one")) == "1");
  CHECK(answer_to(replayer, body_with("one")) == "again");
}

TEST_CASE("replayer: the order of keys, the workspace, session ids and what stands in front of the path do not count",
          "[http][replayer]") {
  const auto* recorded = R"({"a":1,"b":"in /old/place, kept as /old/place/019a9d3e-7b1c-7abc-8def-0123456789ab.txt"})";
  const auto* sent = R"({"b":"in /new, kept as /new/019a9d3e-0000-7abc-8def-999999999999.txt","a":1.0})";
  Replayer replayer(recording_of({exchange(1, recorded, "x")}), options(ReplayMode::strict));
  CHECK(answer_to(replayer, sent) == "x");
}

TEST_CASE("replayer: a request that differs is answered by the nearest, and where it differs is told once",
          "[http][replayer]") {
  Replayer replayer(
      recording_of({exchange(1, body_with("look at one"), "1"), exchange(2, body_with("look at two"), "2"),
                    exchange(3, body_with("look at three"), "3")}),
      options(ReplayMode::lenient));
  const auto first = ask(replayer, request(body_with("look at two", "other")));
  CHECK(first.pieces == std::vector<std::string>{"2"});
  CHECK(first.warnings == std::vector<std::string>{"replay_differs: request 1 differs from exchange 2 of r.jsonl at "
                                                   "/model: recorded \"m\", sent \"other\""});
  const auto second = ask(replayer, request(body_with("look at it", "other")));
  CHECK(second.pieces == std::vector<std::string>{"1"});
  CHECK(second.warnings ==
        std::vector<std::string>{"replay_differs: request 2 differs from exchange 1 of r.jsonl at /messages/0/content: "
                                 "recorded \"look at one\", sent \"look at it\""});
}

TEST_CASE("replayer: a difference is shown where a long text has it, without its control characters",
          "[http][replayer]") {
  const std::string same(5000, 'x');
  Replayer replayer(recording_of({exchange(1, fmt::format(R"({{"s":"{} Be brief.","t":[1]}})", same), "1")}),
                    options(ReplayMode::lenient));
  const auto got = ask(replayer, request(fmt::format(R"({{"s":"{} Be kind.\u001b[2J","t":[1,2],"u":null}})", same)));
  REQUIRE(got.warnings.size() == 1);
  CHECK(got.warnings[0].find("at /s: recorded \"…xxxxxxxxxxxxxxxx Be brief.\", sent \"…xxxxxxxxxxxxxxxx Be kind.⟦") !=
        std::string::npos);
  CHECK(got.warnings[0].find("at /t/1: recorded nothing, sent \"2\"; at /u: recorded nothing, sent \"null\"") !=
        std::string::npos);
  CHECK(got.warnings[0].find('\x1b') == std::string::npos);
}

TEST_CASE("replayer: in strict mode a difference is an error, and its exchange stays for the right request",
          "[http][replayer]") {
  Replayer replayer(recording_of({exchange(1, body_with("one"), "1")}), options(ReplayMode::strict));
  const auto got = ask(replayer, request(body_with("two")));
  REQUIRE_FALSE(got.head);
  CHECK(got.head.error().kind == ErrorKind::failure);
  CHECK_FALSE(got.head.error().retryable);
  CHECK(got.head.error().message ==
        "request 1 differs from exchange 1 of r.jsonl in 1 place; first at /messages/0/content: recorded \"one\", "
        "sent \"two\"");
  CHECK(answer_to(replayer, body_with("one")) == "1");
}

TEST_CASE("replayer: a request too many, or of another protocol, is an error that names it", "[http][replayer]") {
  Replayer replayer(recording_of({exchange(1, body_with("one"), "1")}), options(ReplayMode::lenient));
  const auto other = ask(replayer, request(body_with("one"), "gemini"));
  REQUIRE_FALSE(other.head);
  CHECK(other.head.error().message ==
        "the recording r.jsonl has no answer left for request 1 (POST http://elsewhere/v1/messages): it holds 1 "
        "exchange, 1 of them not asked for");
  CHECK(answer_to(replayer, body_with("one")) == "1");
  const auto more = ask(replayer, request(body_with("one")));
  CHECK(more.head.error().kind == ErrorKind::failure);
  CHECK(more.head.error().message.find("request 3 (POST http://elsewhere/v1/messages): it holds 1 exchange, 0 of") !=
        std::string::npos);
}

TEST_CASE("replayer: a recording that was cut says so first, and when its end is reached", "[http][replayer]") {
  auto recording = recording_of({exchange(1, body_with("one"), "1")});
  recording.cut = "line 9 is cut off";
  Replayer replayer(std::move(recording), options(ReplayMode::lenient));
  CHECK(ask(replayer, request(body_with("one"))).warnings ==
        std::vector<std::string>{"replay_cut: the recording r.jsonl is not whole: line 9 is cut off"});
  CHECK(ask(replayer, request(body_with("one"))).head.error().message.find("is cut off before it answers request 2") !=
        std::string::npos);
}

TEST_CASE("replayer: a key in a request is compared as it was recorded, removed", "[http][replayer]") {
  Replayer replayer(recording_of({exchange(1, R"({"t":"KEY=[removed]"})", "1")}), options(ReplayMode::strict));
  auto with_key = request(R"({"t":"KEY=sk-0123456789"})");
  with_key.headers = {{"authorization", "Bearer sk-0123456789"}};
  CHECK(ask(replayer, with_key).pieces == std::vector<std::string>{"1"});
}

TEST_CASE("replayer: a call that must end ends", "[http][replayer]") {
  Replayer replayer(recording_of({exchange(1, body_with("one"), "1")}), options(ReplayMode::lenient));
  std::stop_source stop;
  stop.request_stop();
  CHECK(ask(replayer, request(body_with("one")), {stop.get_token()}).head.error().kind == ErrorKind::cancelled);
}
