#include "http/recording.hpp"

#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "base/text.hpp"
#include "support/temp_dir.hpp"

using namespace errand;
using namespace errand::http;
using std::chrono::milliseconds;

namespace {

Recording about() {
  Recording out;
  out.file = "r.jsonl";
  out.made_by = "errand 9.9.9";
  out.began = "2026-11-21T07:39:48.123Z";
  out.places = {{"workspace", "/home/me/a \"b\""}};
  return out;
}

RecordedExchange exchange(std::size_t number) {
  RecordedExchange out;
  out.number = number;
  out.at = milliseconds(3);
  out.notes = {{"provider", "anthropic"}, {"model", "m"}};
  out.method = "POST";
  out.url = "https://api.example/v1/messages";
  out.headers = {{"content-type", "application/json"}, {"anthropic-beta", "a: b"}, {"accept", ""}};
  out.body = R"({"model":"m","max_tokens":8,"temperature":0.1,"messages":[{"content":"größer\u0000"}]})";
  out.answered_at = milliseconds(10);
  out.head = {200, {{"content-type", "text/event-stream"}, {"request-id", "1"}}};
  out.pieces = {{milliseconds(11), "data: {}\n\n"}};
  out.ended_at = milliseconds(20);
  return out;
}

// All of it, to be compared.
std::string text_of(const Recording& recording) {
  auto out = header_lines(recording);
  for (const auto& each : recording.exchanges) out += exchange_lines(each);
  return out;
}

std::string whole_file() {
  return header_lines(about()) + exchange_lines(exchange(1)) + exchange_lines(exchange(2));
}

std::string bytes_of(const RecordedExchange& exchange) {
  std::string out;
  for (const auto& piece : exchange.pieces) out += piece.bytes;
  return out;
}

Error error_of(const std::string& text) {
  const auto parsed = parse_recording(text, "r.jsonl");
  REQUIRE_FALSE(parsed);
  return parsed.error();
}

}  // namespace

TEST_CASE("recording: what was written is read back, however it ended", "[http][recording]") {
  auto written = about();
  written.exchanges = {exchange(1), exchange(2), exchange(3)};
  auto& failed = written.exchanges[1];
  failed.end = RecordedEnd::failed;
  failed.error = Error{ErrorKind::unavailable, "the connection broke", "try again", std::nullopt, {}, true, {}, {}};
  failed.head = {};
  failed.pieces.clear();
  written.exchanges[2].end = RecordedEnd::stopped;
  const auto text = text_of(written);

  const auto read = parse_recording(text, "r.jsonl");

  REQUIRE(read);
  CHECK(read->cut.empty());
  CHECK(read->places == written.places);
  CHECK(text_of(*read) == text);
  CHECK(read->exchanges[1].error == failed.error);
  CHECK(read->exchanges[0].note("model") == "m");
  CHECK(read->exchanges[0].headers[1].value == "a: b");
  CHECK(read->exchanges[0].head.header("request-id") == "1");
}

TEST_CASE("recording: exchanges that ended in another order are in the order they began", "[http][recording]") {
  const auto read =
      parse_recording(header_lines(about()) + exchange_lines(exchange(2)) + exchange_lines(exchange(1)), "r.jsonl");
  REQUIRE(read);
  REQUIRE(read->exchanges.size() == 2);
  CHECK(read->exchanges[0].number == 1);
  CHECK(read->exchanges[1].number == 2);
}

TEST_CASE("recording: a body comes back byte for byte, wherever it was cut", "[http][recording]") {
  const std::string body =
      "data: \"größer 漢字 🙂\"\r\n\n" + std::string("\0\x1b[2J\x7f\xff\xfe\xc3", 9) + "\xe2\x82 end\xf0\x9f";
  const auto size = GENERATE_COPY(range(std::size_t{1}, body.size() + 1));
  auto written = exchange(1);
  written.pieces.clear();
  for (std::size_t at = 0; at < body.size(); at += size)
    written.pieces.push_back({milliseconds(1), body.substr(at, size)});

  const auto lines = exchange_lines(written);
  const auto read = parse_recording(header_lines(about()) + lines, "r.jsonl");

  REQUIRE(read);
  CHECK(read->exchanges[0].pieces == written.pieces);
  CHECK(bytes_of(read->exchanges[0]) == body);
  CHECK(text::lines(lines).size() == written.pieces.size() + 3);
}

TEST_CASE("recording: text stays readable where a character was cut, and what is no text is base64",
          "[http][recording]") {
  auto written = exchange(1);
  written.pieces = {{milliseconds(1), "gr\xc3"}, {milliseconds(2), "\xb6\xc3\x9f"}, {milliseconds(3), "a\xffz"}};
  const auto lines = text::lines(exchange_lines(written));
  REQUIRE(lines.size() == 6);
  CHECK(lines[2] == R"({"type":"body","at_ms":1,"text":"gr","tail":"ww=="})");
  CHECK(lines[3] == R"({"type":"body","at_ms":2,"head":"tg==","text":"ß"})");
  CHECK(lines[4] == R"({"type":"body","at_ms":3,"base64":"Yf96"})");
}

TEST_CASE("recording: a request's body that is no JSON, or no text, comes back as it was", "[http][recording]") {
  auto written = exchange(1);
  written.body = GENERATE(as<std::string>{}, "", "plain {", "\xff\xfe", R"("a string")", R"([1,2])");
  const auto read = parse_recording(header_lines(about()) + exchange_lines(written), "r.jsonl");
  REQUIRE(read);
  CHECK(read->exchanges[0].body == written.body);
}

TEST_CASE("recording: a file cut off anywhere has what was whole before, and says so", "[http][recording]") {
  const auto whole = whole_file();
  const auto first = header_lines(about()).size();
  const auto second = first + exchange_lines(exchange(1)).size();
  const auto length = GENERATE_COPY(range(first, whole.size()));
  CAPTURE(length);

  const auto read = parse_recording(std::string_view(whole).substr(0, length), "r.jsonl");

  REQUIRE(read);
  // Without its line end the last line is whole all the same.
  const auto has = (length + 1 >= second ? 1U : 0U) + (length + 1 >= whole.size() ? 1U : 0U);
  CHECK(read->exchanges.size() == has);
  const bool between = length == first || length + 1 == second || length == second || length + 1 == whole.size();
  CHECK(read->cut.empty() == between);
}

TEST_CASE("recording: what is none is refused with its line", "[http][recording]") {
  struct Row {
    std::string text;
    int line;
    std::string_view says;
  };
  const auto header = header_lines(about());
  const auto whole = header + exchange_lines(exchange(1));
  const auto replaced = [&](std::string_view from, std::string_view to) { return text::replace_all(whole, from, to); };
  const auto row = GENERATE_COPY(values<Row>({
      {"", 1, "it is empty"},
      {"hello\n", 1, "not JSON"},
      {"[1]\n", 1, "a line is no map"},
      {R"({"type":"request"})"
       "\n",
       1, "does not say that it is one"},
      {text::replace_all(header, R"("version":1)", R"("version":2)"), 1, "version 2"},
      {text::replace_all(header, R"("version":1)", R"("version":-1)"), 1, "\"version\""},
      {text::replace_all(header, R"("workspace":"/home/me/a \"b\"")", R"("workspace":7)"), 1, "\"places\""},
      {whole + exchange_lines(exchange(1)), 6, "exchange 1 is there twice"},
      {header + R"({"type":"end","at_ms":1,"as":"whole"})"
                "\n",
       2, "outside an exchange"},
      {replaced(R"("exchange":1)", R"("exchange":0)"), 2, "\"exchange\""},
      {replaced(R"("exchange":1)", R"("exchange":18446744073709551615)"), 2, "\"exchange\""},
      {replaced(R"("at_ms":3)", R"("at_ms":"3")"), 2, "\"at_ms\""},
      {replaced(R"("headers":["content-type: application/json")", R"("headers":["content-type")"), 2, "a header"},
      {replaced(R"("status":200)", R"("status":99)"), 3, "\"status\""},
      {replaced(R"("type":"response")", R"("type":"answer")"), 3, "unknown type"},
      {replaced(R"("text":)", R"("txt":)"), 4, "no \"text\""},
      {replaced(R"("text":"data: {}\n\n")", R"("base64":"*")"), 4, "no base64"},
      {replaced(R"("as":"whole")", R"("as":"failed")"), 5, "no \"error\""},
      {replaced(R"("as":"whole")", R"("as":"melted")"), 5, "ends as it can't"},
      {header + std::string(400, '[') + "\n", 2, "nests deeper"},
  }));
  CAPTURE(row.says);
  const auto error = error_of(row.text);
  CHECK(error.kind == ErrorKind::config);
  CHECK(error.where == Location{"r.jsonl", row.line, 0});
  CHECK(error.message.find(row.says) != std::string::npos);
}

TEST_CASE("recording: a file that can't be read is named", "[http][recording]") {
  const auto read = load_recording("/nowhere/r.jsonl");
  REQUIRE_FALSE(read);
  CHECK(read.error().kind == ErrorKind::failure);
  CHECK(read.error().message.find("/nowhere/r.jsonl") != std::string::npos);
}
