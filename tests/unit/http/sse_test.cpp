#include "http/sse.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>

#include <catch2/catch.hpp>

using namespace errand;
using errand::http::SseEvent;
using errand::http::SseParser;

namespace {

using Events = std::vector<SseEvent>;

void append(Events& events, Events more) {
  events.insert(events.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

// Feeds `piece` bytes at a time.
Events parse(std::string_view body, std::size_t piece) {
  SseParser parser;
  Events events;
  for (std::size_t at = 0; at < body.size(); at += piece) append(events, parser.feed(body.substr(at, piece)).value());
  return events;
}

// Feeds pieces of 1 to `longest` bytes.
Events parse_in_random_pieces(std::string_view body, std::size_t longest, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<std::size_t> size(1, longest);
  SseParser parser;
  Events events;
  while (!body.empty()) {
    const auto piece = body.substr(0, size(random));
    append(events, parser.feed(piece).value());
    body.remove_prefix(piece.size());
  }
  return events;
}

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<std::filesystem::path> files_below(const std::filesystem::path& directory, std::string_view extension) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file() && entry.path().extension() == extension) found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

std::filesystem::path recordings() {
  const char* named = std::getenv("ERRAND_FIXTURES");
  return named != nullptr ? std::filesystem::path(named)
                          : std::filesystem::path(ERRAND_SOURCE_DIR) / "../shared/fixtures";
}

}  // namespace

TEST_CASE("sse: events do not depend on where the bytes are cut", "[http][sse]") {
  const std::string_view body =
      "\xEF\xBB\xBF: keep-alive\r\n\r\nevent: delta\r\ndata: {\"a\":\r\ndata:  1}\r\n\r\n"
      "data\n\ndata: lost, the stream ends first";
  const Events expected = {{"delta", "{\"a\":\n 1}"}, {"message", ""}};

  const auto piece = GENERATE_COPY(range(std::size_t{1}, body.size() + 1));
  CAPTURE(piece);
  CHECK(parse(body, piece) == expected);
}

TEST_CASE("sse: what a stream says, line by line", "[http][sse]") {
  struct Case {
    std::string_view about;
    std::string_view body;
    Events expected;
  };
  const std::vector<Case> cases = {
      {"nothing", "", {}},
      {"CR alone ends lines", "data: a\rdata: b\r\rdata: c\r\r", {{"message", "a\nb"}, {"message", "c"}}},
      {"the three line ends mixed", "data: a\r\ndata: b\rdata: c\n\r\n", {{"message", "a\nb\nc"}}},
      {"LF CR is two line ends", "data: a\n\rdata: b\n\r", {{"message", "a"}, {"message", "b"}}},
      {"CR CR LF ends a line and the event", "data: a\r\r\ndata: b\r\r\n", {{"message", "a"}, {"message", "b"}}},
      {"an event without data is not dispatched, nor does its type last",
       "event: x\n\ndata: a\n\n",
       {{"message", "a"}}},
      {"the last event line counts", "event: x\nevent: y\ndata: a\n\n", {{"y", "a"}}},
      {"an empty event line is no type", "event: x\nevent:\ndata: a\n\n", {{"message", "a"}}},
      {"the type may come after the data", "data: a\nevent: x\n\n", {{"x", "a"}}},
      {"one leading space goes, no other", "data:  a \n\ndata:\tb\n\n", {{"message", " a "}, {"message", "\tb"}}},
      {"empty data lines are lines", "data\ndata:\ndata: \n\n", {{"message", "\n\n"}}},
      {"comments anywhere",
       ": x\n:\n:data: no\ndata: a\n: OPENROUTER PROCESSING\ndata: b\n\n: end\n\n",
       {{"message", "a\nb"}}},
      {"unknown fields, ids and retries are read past",
       "id: 1\nretry: 5\nfoo: x\nbar\nDATA: no\n data: no\ndata: a\n\n",
       {{"message", "a"}}},
      {"bare JSON between events is an event of its own",
       "data: a\n\n{\r\n  \"error\": { \"message\": \"}]\\\"\" }\r\n}\r\n[{\"b\":1}]\ndata: c\n\n",
       {{"message", "a"},
        {"message", "{\n  \"error\": { \"message\": \"}]\\\"\" }\n}\n"},
        {"message", "[{\"b\":1}]\n"},
        {"message", "c"}}},
      {"bare JSON that an empty line cuts, or that stands in an event, is read past",
       "{ \"a\":\n\ndata: b\n{\"c\":1}\n\n{ \"d\": [1",
       {{"message", "b"}}},
      {"colons in the value stay", "data: {\"a\": \"b:c\"}\n\n", {{"message", "{\"a\": \"b:c\"}"}}},
      {"an unfinished event is held back", "data: a\n\ndata: b\n", {{"message", "a"}}},
      {"a BOM only at the start",
       "data: a\n\n\xEF\xBB\xBF"
       "data: b\n\n",
       {{"message", "a"}}},
      {"half a BOM is text",
       "\xEF\xBB"
       "data: a\n\ndata: b\n\n",
       {{"message", "b"}}},
      {"a stream of line ends", "\n\n\r\r\r\n\r\n", {}},
      {"bytes that are no UTF-8 pass", "data: \xff\xfe\x80\n\n", {{"message", "\xff\xfe\x80"}}},
      {"a zero byte passes", std::string_view("data: a\0b\n\n", 11), {{"message", std::string("a\0b", 3)}}},
  };
  for (const auto& c : cases) {
    for (std::size_t piece = 1; piece <= std::max<std::size_t>(c.body.size(), 1); ++piece) {
      INFO(c.about << ", " << piece << " bytes at a time");
      CHECK(parse(c.body, piece) == c.expected);
    }
  }
}

TEST_CASE("sse: what a stream leaves behind when it ends", "[http][sse]") {
  struct Case {
    std::string_view body;
    std::optional<SseEvent> event;
    bool cut = false;
  };
  const std::vector<Case> cases = {
      {"", {}},
      {"data: a\n\n", {}},
      {"data: a\n\n: keep-al", {}},
      {"data: a\n\nid: 5\n", {}},
      {"data: a\n\ndata: b", SseEvent{"message", "b"}},
      {"data: a\n\ndata: b\r\n", SseEvent{"message", "b"}},
      {"event: error\ndata: b\rdata: {\"c", SseEvent{"error", "b\n{\"c"}},
      {"event: error\n{\"error\":\n{}}", SseEvent{"message", "{\"error\":\n{}}\n"}},
      {"data: a\n\nda", {}, true},
      {"data: a\n\nevent: error", {}, true},
      {"data: a\n\nevent: error\n", {}, true},
      {"data: a\n\n{\n \"error\": {\n", {}, true},
      {"data: a\n\n{\"error\": {}", {}, true},
  };
  for (const auto& c : cases) {
    CAPTURE(c.body);
    SseParser parser;
    for (const char byte : c.body) CHECK(parser.feed(std::string_view(&byte, 1)));
    const auto rest = parser.finish();
    CHECK(rest.event == c.event);
    CHECK(rest.cut == c.cut);
    CHECK(parser.finish().event == std::nullopt);
    CHECK_FALSE(parser.finish().cut);
  }
}

TEST_CASE("sse: an event larger than the bound fails, however it comes", "[http][sse]") {
  const std::string lines = "data: " + std::string(1U << 20U, 'x') + "\n";
  const auto piece = GENERATE(std::size_t{7919}, std::size_t{1} << 20U, std::size_t{1} << 30U);
  SECTION("one endless line") {
    const std::string body = "data: " + std::string(SseParser::max_event_bytes, 'x');
    SseParser parser;
    Result<Events> result;
    std::size_t at = 0;
    for (; at < body.size() && result; at += piece) result = parser.feed(std::string_view(body).substr(at, piece));
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::unavailable);
    CHECK(result.error().message == "a streamed event exceeds 16777216 bytes");
  }
  SECTION("endless lines") {
    SseParser parser;
    Result<Events> result;
    int fed = 0;
    while (result && fed < 20) {
      ++fed;
      for (std::size_t at = 0; at < lines.size() && result; at += piece) {
        result = parser.feed(std::string_view(lines).substr(at, piece));
      }
    }
    REQUIRE_FALSE(result);
    CHECK(fed == 16);
  }
  SECTION("as much as the bound in all, in events of their own, is fine") {
    SseParser parser;
    std::size_t events = 0;
    for (int i = 0; i < 20; ++i) {
      const std::string event = lines + "\n";
      for (std::size_t at = 0; at < event.size(); at += piece) {
        events += parser.feed(std::string_view(event).substr(at, piece)).value().size();
      }
    }
    CHECK(events == 20);
  }
}

TEST_CASE("sse: fuzz seeds parse the same in pieces of every size", "[http][sse]") {
  const auto seeds = files_below(std::filesystem::path(ERRAND_SOURCE_DIR) / "tests/fuzz/corpus/sse", ".sse");
  REQUIRE_FALSE(seeds.empty());
  for (const auto& seed : seeds) {
    const auto body = read(seed);
    const auto whole = parse(body, body.size() + 1);
    for (std::size_t piece = 1; piece <= body.size(); ++piece) {
      INFO(seed << ", " << piece << " bytes at a time");
      REQUIRE(parse(body, piece) == whole);
    }
  }
}

TEST_CASE("sse: recorded streams parse the same whole, byte by byte and in random pieces", "[http][sse][recordings]") {
  if (!std::filesystem::exists(recordings() / "wire")) {
    WARN("skipped: no recordings below " << recordings());
    return;
  }
  const auto streams = files_below(recordings() / "wire", ".sse");
  REQUIRE_FALSE(streams.empty());
  std::size_t events = 0;
  for (const auto& stream : streams) {
    INFO(stream);
    const auto body = read(stream);
    const auto whole = parse(body, body.size() + 1);
    CHECK(parse(body, 1) == whole);
    for (unsigned seed = 0; seed < 4; ++seed) CHECK(parse_in_random_pieces(body, 200, seed) == whole);
    events += whole.size();
  }
  CHECK(events > streams.size());
}
