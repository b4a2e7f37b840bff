#include "http/recorder.hpp"

#include <csignal>
#include <thread>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "stand_in.hpp"
#include "support/temp_dir.hpp"

using namespace errand;
using namespace errand::http;
using namespace errand::test;

namespace {

const std::string key = "sk-test-1234/abc+DEF";

Request request(std::string body = R"({"model":"m"})") {
  return {.url = "https://user:a-password-9@api.example:8443/v1/messages?beta=true&key=" + key,
          .headers = {{"X-Api-Key", key},
                      {"Authorization", "Bearer other-token-99"},
                      {"Cookie", "c=1"},
                      {"X-Gateway", "gateway-token-77"},
                      {"content-type", "application/json"}},
          .body = std::move(body),
          .notes = {{"model", "m"}}};
}

std::unique_ptr<Recorder> recorder(Transport& inner, const std::string& path, std::vector<std::string> secrets = {}) {
  auto opened = Recorder::open([&inner]() -> Transport& { return inner; },
                               {.path = path, .made_by = "errand 1", .secrets = std::move(secrets)});
  if (!opened) FAIL(opened.error().message);
  return *std::move(opened);
}

Error refusal(const std::string& path) {
  StandIn inner({});
  const auto opened = Recorder::open([&inner]() -> Transport& { return inner; }, {.path = path, .made_by = "errand 1"});
  REQUIRE_FALSE(opened);
  return opened.error();
}

mode_t mode_of(const std::string& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 0777U;
}

std::string body_of(const RecordedExchange& exchange) {
  std::string out;
  for (const auto& piece : exchange.pieces) out += piece.bytes;
  return out;
}

// The longest part of `text` that also is a part of the key.
std::size_t most_of_key(const std::string& text) {
  for (auto length = key.size(); length > 0; --length) {
    for (std::size_t at = 0; at + length <= key.size(); ++at) {
      if (text.find(key.substr(at, length)) != std::string::npos) return length;
    }
  }
  return 0;
}

}  // namespace

TEST_CASE("recorder: what passes is passed on as it is, and kept", "[http][recorder]") {
  TempDir directory;
  const auto path = directory.path() + "/r.jsonl";
  const Error broken{ErrorKind::unavailable, "it broke", "", std::nullopt, {}, true, {}, {}};
  StandIn inner({{.pieces = {"a", "b"}},
                 {.head = {429, {{"retry-after", "2"}, {"set-cookie", "s=1"}}}, .pieces = {}},
                 {.head = {}, .pieces = {}, .error = broken}});
  const auto recording = recorder(inner, path);

  CHECK(ask(*recording, request()).pieces == std::vector<std::string>{"a", "b"});
  CHECK(ask(*recording, request()).head->status == 429);
  CHECK(ask(*recording, request()).head.error() == broken);

  CHECK(mode_of(path) == 0600);
  const auto read = load_recording(path);
  REQUIRE(read);
  CHECK(read->made_by == "errand 1");
  REQUIRE(read->exchanges.size() == 3);
  CHECK(read->exchanges[0].pieces.size() == 2);
  CHECK(body_of(read->exchanges[0]) == "ab");
  CHECK(read->exchanges[0].note("model") == "m");
  CHECK(read->exchanges[1].head.status == 429);
  CHECK(read->exchanges[1].head.header("retry-after") == "2");
  CHECK(read->exchanges[1].head.header("set-cookie") == std::nullopt);
  CHECK(read->exchanges[2].error == broken);
}

TEST_CASE("recorder: a body that its reader refuses is kept as far as it came", "[http][recorder]") {
  TempDir directory;
  const auto path = directory.path() + "/r.jsonl";
  StandIn inner({{.pieces = {"a", "b", "c"}}});
  const auto recording = recorder(inner, path);
  int pieces = 0;
  const auto sent = recording->send(request(),
                                    [&](const ResponseHead&, std::string_view) -> Result<void> {
                                      if (++pieces == 2) return fail(ErrorKind::unavailable, "enough");
                                      return {};
                                    },
                                    {});
  CHECK(sent.error().message == "enough");
  const auto read = load_recording(path);
  CHECK(body_of(read->exchanges.at(0)) == "ab");
  CHECK(read->exchanges.at(0).end == RecordedEnd::stopped);
}

TEST_CASE("recorder: no secret of a request or response is in the file", "[http][recorder]") {
  TempDir directory;
  const auto path = directory.path() + "/r.jsonl";
  const auto said = fmt::format("{{\"content\":\"the key is {}\"}}", key);
  const auto escaped = text::replace_all(key, "/", "\\/");
  StandIn inner({{.pieces = {"data: {\"text\":\"" + key.substr(0, 7), key.substr(7) + "\"}\n\n", escaped}},
                 {.pieces = {}, .error = Error{.kind = ErrorKind::auth, .message = "bad key " + key}}});
  const auto recording = recorder(inner, path);
  ask(*recording, request(said));
  ask(*recording, request());

  const auto file = read_file(path).value();
  for (const auto* secret :
       {key.c_str(), escaped.c_str(), "other-token-99", "gateway-token-77", "c=1", "user", "a-password-9"}) {
    CAPTURE(secret);
    CHECK(file.find(secret) == std::string::npos);
  }
  CHECK(most_of_key(file) < 7);
  const auto read = load_recording(path);
  CHECK(read->exchanges[0].url == "https://api.example:8443/v1/messages?beta=true&key=[removed]");
  CHECK(read->exchanges[0].body == R"({"content":"the key is [removed]"})");
  CHECK(body_of(read->exchanges[0]) == "data: {\"text\":\"[removed]\"}\n\n[removed]");
}

TEST_CASE("recorder: a secret of a header or a query is in no body either", "[http][recorder]") {
  TempDir directory;
  const auto path = directory.path() + "/r.jsonl";
  StandIn inner({{.pieces = {"you sent two-hush-1234 and qsub-hush-5678 to v=2024-10-21"}}});
  const auto recording = recorder(inner, path);
  auto asked = request();
  asked.url += "&subscription-key=qsub-hush-5678&api-version=2024-10-21";
  asked.headers.push_back({"x-two", "Token token=two-hush-1234, id=7"});
  ask(*recording, asked);
  const auto read = load_recording(path);
  CHECK(body_of(read->exchanges[0]) == "you sent [removed] and [removed] to v=2024-10-21");
  CHECK(read->exchanges[0].url.find("subscription-key=[removed]&api-version=2024-10-21") != std::string::npos);
}

TEST_CASE("recorder: a key that a model says in several deltas is not in the file", "[http][recorder]") {
  TempDir directory;
  const auto path = directory.path() + "/r.jsonl";
  std::vector<std::string> pieces;
  for (const auto& part :
       {std::string("It is "), key.substr(0, 5), key.substr(5, 9), key.substr(14), std::string(".")}) {
    pieces.push_back("event: delta\ndata: {\"index\":0,\"delta\":{\"text\":\"" + part + "\"}}\r\n\r\n");
  }
  StandIn inner({{.pieces = pieces}});
  ask(*recorder(inner, path, {key}), {.url = "http://localhost/", .body = "{}"});

  const auto read = load_recording(path);
  CHECK(most_of_key(read_file(path).value()) < 5);
  REQUIRE(read->exchanges.at(0).pieces.size() == pieces.size());
  CHECK(read->exchanges[0].pieces[1].bytes ==
        "event: delta\ndata: {\"index\":0,\"delta\":{\"text\":\"[removed]\"}}\r\n\r\n");
  CHECK(read->exchanges[0].pieces[2].bytes == "event: delta\ndata: {\"index\":0,\"delta\":{\"text\":\"\"}}\r\n\r\n");
  CHECK(read->exchanges[0].pieces[4].bytes == pieces[4]);
}

TEST_CASE("recorder: exchanges that run at once are each written in one piece", "[http][recorder]") {
  TempDir directory;
  const auto path = directory.path() + "/r.jsonl";
  constexpr std::size_t threads = 8;
  constexpr std::size_t each = 20;
  StandIn inner(std::vector<StandInAnswer>(threads * each, {.pieces = {"one", "two", "three"}}));
  const auto recording = recorder(inner, path);
  {
    std::vector<std::jthread> running;
    for (std::size_t i = 0; i < threads; ++i) {
      running.emplace_back([&] {
        for (std::size_t k = 0; k < each; ++k) ask(*recording, request());
      });
    }
  }
  const auto read = load_recording(path);
  REQUIRE(read);
  REQUIRE(read->exchanges.size() == threads * each);
  for (std::size_t i = 0; i < read->exchanges.size(); ++i) {
    CHECK(read->exchanges[i].number == i + 1);
    CHECK(body_of(read->exchanges[i]) == "onetwothree");
  }
}

TEST_CASE("recorder: an older recording is replaced by the first exchange, and not before", "[http][recorder]") {
  TempDir directory;
  const auto path = directory.path() + "/r.jsonl";
  StandIn first({{.pieces = {"old"}}, {.pieces = {"old"}}});
  {
    const auto recording = recorder(first, path);
    ask(*recording, request());
    ask(*recording, request());
  }
  StandIn second({{.pieces = {"new"}}});
  const auto recording = recorder(second, path);
  CHECK(load_recording(path)->exchanges.size() == 2);
  ask(*recording, request());
  CHECK(load_recording(path)->exchanges.size() == 1);
  CHECK(body_of(load_recording(path)->exchanges[0]) == "new");
}

TEST_CASE("recorder: a file of somebody's, a directory, a device and a busy recording are refused",
          "[http][recorder]") {
  TempDir directory;
  const auto path = directory.path() + "/notes.txt";
  REQUIRE(write_file_atomic(path, "my notes\n"));
  CHECK(refusal(path).message.find("no recording") != std::string::npos);
  CHECK(read_file(path) == "my notes\n");
  CHECK(refusal(directory.path()).kind == ErrorKind::failure);
  CHECK(refusal("/dev/null").message.find("no regular file") != std::string::npos);
  CHECK(refusal("/nowhere/r.jsonl").message.find("/nowhere/r.jsonl") != std::string::npos);
  StandIn inner({});
  const auto held = recorder(inner, directory.path() + "/r.jsonl");
  CHECK(refusal(directory.path() + "/r.jsonl").kind == ErrorKind::busy);
}

TEST_CASE("recorder: a full disk ends the recording, not the run, and is told once", "[http][recorder]") {
  TempDir directory;
  const auto path = directory.path() + "/r.jsonl";
  StandIn inner({{.pieces = {"small"}}, {.pieces = {std::string(20'000, 'x')}}, {.pieces = {"more"}}});
  const auto recording = recorder(inner, path);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit small{8192, before.rlim_max};
  REQUIRE(::signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto first = ask(*recording, request());
  const auto second = ask(*recording, request());
  const auto third = ask(*recording, request());
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);

  CHECK(first.warnings.empty());
  REQUIRE(second.warnings.size() == 1);
  CHECK(second.warnings[0].starts_with("recording: the recording ends here, the run goes on: "));
  CHECK(second.pieces.at(0).size() == 20'000);
  CHECK(third.warnings.empty());
  const auto read = load_recording(path);
  REQUIRE(read);
  CHECK(read->cut.empty());
  CHECK(read->exchanges.size() == 1);
}
