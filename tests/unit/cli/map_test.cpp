#include <thread>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "cli/map_output.hpp"
#include "cli/map_prompt.hpp"
#include "cli/map_resume.hpp"
#include "support/temp_dir.hpp"

using namespace errand;
using namespace errand::cli;

namespace {

std::string content_of(const Fd& file) {
  ::lseek(file.get(), 0, SEEK_SET);
  return read_all(file.get(), 1U << 20U).value();
}

MapPrompt prompt(const std::string& text, RecordForm form) {
  return {chat::UserMessage{{chat::Text{text}}}, form};
}

std::string asked(const MapPrompt& prompt, const std::string& record) {
  const auto message = prompt.with(record);
  if (!message) return "error: " + message.error().message;
  std::string out;
  for (const auto& block : message->content) out += (out.empty() ? "" : "|") + std::get<chat::Text>(block).text;
  return out;
}

}  // namespace

TEST_CASE("map: a record stands where the prompt names it, and is never looked into", "[cli][map]") {
  const auto line = prompt("{{line}}, {{ line }}, {{name}}", RecordForm::line);
  CHECK(asked(line, "a {{line}} {{name}}") == "a {{line}} {{name}}, a {{line}} {{name}}, {{name}}");
  CHECK(asked(prompt("count", RecordForm::line), "{{line}}") == "count|<stdin>\n{{line}}\n</stdin>");
  CHECK(asked(line, std::string("a\0b", 3)) == "error: the record is binary data, not text");
  CHECK(asked(line, "\xff") == "error: the record is binary data, not text");

  const auto fields = prompt("{{a}} {{b}}", RecordForm::json);
  CHECK(asked(fields, R"({"a":"{{b}}","b":{"c":[1,null]}})") == R"({{b}} {"c":[1,null]})");
  CHECK(asked(fields, R"({"a":1})") == "error: the record has no field \"b\"");
  CHECK(asked(fields, "[]") == "error: the record has no field \"a\"");
  CHECK(asked(prompt("{{line}}", RecordForm::json), R"({"a":1})") == R"({"a":1})");
  CHECK(asked(prompt("{{line}}", RecordForm::json), R"({"line":"its own"})") == "its own");
  const MapPrompt alone(chat::UserMessage{{chat::Text{"{{line}}"}}}, RecordForm::json, PromptIs::record);
  CHECK(asked(alone, R"({"line":"its own","b":1})") == R"({"line":"its own","b":1})");
  CHECK(asked(prompt("x", RecordForm::json), "nonsense").starts_with("error: the record is no JSON"));
}

TEST_CASE("map: lines are written in the order of the records, each as soon as it may", "[cli][map]") {
  const auto file = memory_file("").value();
  MapOutput output(file.get(), MapOutput::Bar::off, [] {});
  output.put(2, "two", RecordEnd::failed);
  output.put(1, "one", RecordEnd::done);
  CHECK(content_of(file).empty());
  output.put(0, "zero", RecordEnd::done);
  CHECK(content_of(file) == "zero\none\ntwo\n");
  output.put(3, "three", RecordEnd::unfinished);
  CHECK(content_of(file) == "zero\none\ntwo\nthree\n");
  CHECK(summary_of(output.progress()) == "4 records: 2 done, 1 failed, 1 unfinished");
}

TEST_CASE("map: a record far ahead waits for those before it, until it is stopped", "[cli][map]") {
  const auto file = memory_file("").value();
  MapOutput output(file.get(), MapOutput::Bar::off, [] {});
  std::stop_source stop;
  CHECK(output.await_turn(MapOutput::window - 1, stop.get_token()));
  bool came = false;
  std::jthread waiting([&] { came = output.await_turn(MapOutput::window, stop.get_token()); });
  output.put(0, "zero", RecordEnd::done);
  waiting.join();
  CHECK(came);
  stop.request_stop();
  CHECK_FALSE(output.await_turn(MapOutput::window + 1, stop.get_token()));
}

TEST_CASE("map: nothing is begun while many bytes wait, but what they wait for", "[cli][map]") {
  const auto file = memory_file("").value();
  MapOutput output(file.get(), MapOutput::Bar::off, [] {});
  std::stop_source stop;
  stop.request_stop();
  output.put(1, std::string(MapOutput::max_waiting_bytes - 1, 'x'), RecordEnd::done);
  CHECK(output.await_turn(3, stop.get_token()));
  output.put(2, "x", RecordEnd::done);
  CHECK_FALSE(output.await_turn(3, stop.get_token()));
  CHECK(output.await_turn(0, stop.get_token()));
  output.put(0, "zero", RecordEnd::done);
  CHECK(output.await_turn(4, stop.get_token()));
}

TEST_CASE("map: how far it is fits the terminal", "[cli][map]") {
  MapProgress progress{.done = 24, .failed = 1, .cost_usd = 0.42, .share = 0.25};
  CHECK(progress_line(progress, std::chrono::seconds(62), 80) ==
        "[#####---------------]  25%  24 done, 1 failed  $0.4200  1m02s");
  CHECK(progress_line({.done = 3}, std::chrono::seconds(62), 80) == "3 done  1m02s");
  CHECK(progress_line(progress, std::chrono::seconds(62), 10) == "[#####---…");
}

TEST_CASE("map: an earlier output is found by index and input", "[cli][map]") {
  const test::TempDir directory;
  const auto path = directory / "out.jsonl";
  const std::string lines =
      "{\"index\":1,\"input\":\"b\",\"is_error\":true}\n{\"index\":0,\"input\":{\"a\":1},\"is_error\":false}\n"
      "{\"index\":2,\"input\":\"c\",\"is_error\":true,\"unfinished\":true}\n{\"index\":3,\"inp";
  REQUIRE(write_file_atomic(path, lines));
  const auto earlier = EarlierOutput::read(path).value();
  const auto first = earlier.find(0, Json{{"a", 1}});
  REQUIRE(first);
  CHECK(first->text == "{\"index\":0,\"input\":{\"a\":1},\"is_error\":false}");
  CHECK(first->end == RecordEnd::done);
  CHECK(earlier.find(1, "b")->end == RecordEnd::failed);
  CHECK(earlier.find(2, "c")->end == RecordEnd::unfinished);
  CHECK_FALSE(earlier.find(1, "another"));
  CHECK_FALSE(earlier.find(3, "d"));
  const Fd same(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  CHECK(earlier.is_file_of(same.get()));
  CHECK_FALSE(earlier.is_file_of(memory_file("").value().get()));

  REQUIRE(write_file_atomic(path, "a: 1\nb: 2\n"));
  CHECK(EarlierOutput::read(path).error().kind == ErrorKind::failure);
  CHECK(EarlierOutput::read(directory.path()).error().kind == ErrorKind::failure);
}
