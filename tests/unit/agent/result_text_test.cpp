#include "agent/result_text.hpp"

#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "support/temp_dir.hpp"

using namespace errand;

TEST_CASE("result: a long one is saved whole and shown as head and tail", "[agent][result]") {
  const test::TempDir dir;
  std::string text;
  for (int i = 0; i < 30'000; ++i) text += "line " + std::to_string(i) + "\n";
  const auto fitted = agent::fit_result({chat::Text{text}}, dir.path(), "call_1").value();
  CHECK(fitted.truncated);
  CHECK(fitted.saved_to == dir / "call_1.txt");
  CHECK(read_file(fitted.saved_to).value() == text);
  const auto shown = chat::text_of(fitted.content);
  CHECK(shown.size() < agent::max_result_bytes + 500);
  CHECK(shown.starts_with("line 0\n"));
  CHECK(shown.ends_with("line 29999\n"));
  CHECK(shown.find(fitted.saved_to) != std::string::npos);
}

TEST_CASE("result: the whole of a cut one is found where it says, and nowhere else", "[agent][result]") {
  const test::TempDir dir;
  const std::string text(40'000, 'x');
  const auto fitted = chat::text_of(agent::fit_result({chat::Text{text}}, dir.path(), "call_1").value().content);
  CHECK(agent::whole_result(fitted, dir.path()) == text);
  CHECK(agent::whole_result(fitted, "/elsewhere") == std::nullopt);
  CHECK(agent::whole_result(fitted, "") == std::nullopt);
  CHECK(agent::whole_result("short", dir.path()) == std::nullopt);
  REQUIRE(write_file_atomic(dir / "outside.txt", "secret"));
  REQUIRE(make_directories(dir / "files", 0755));
  const auto named = "all 7 bytes are in " + (dir / "files") + "/../outside.txt, to be read in pieces with Read";
  CHECK(agent::whole_result(named, dir / "files") == std::nullopt);
}

TEST_CASE("result: the same id twice keeps both, a hostile id stays in the directory", "[agent][result]") {
  const test::TempDir dir;
  const std::string text(40'000, 'x');
  const auto first = agent::fit_result({chat::Text{text}}, dir.path(), "a").value();
  const auto second = agent::fit_result({chat::Text{text}}, dir.path(), "a").value();
  CHECK(first.saved_to != second.saved_to);
  const auto hostile = agent::fit_result({chat::Text{text}}, dir.path(), "../../etc/passwd").value();
  CHECK(parent_path(hostile.saved_to) == dir.path());
}

TEST_CASE("result: a short one passes, made harmless", "[agent][result]") {
  const auto fitted = agent::fit_result({chat::Text{"a\x1b[31mb"}}, "/nowhere", "x").value();
  CHECK_FALSE(fitted.truncated);
  CHECK(chat::text_of(fitted.content) == "a⟦escape⟧b");
}

TEST_CASE("result: one that can't be saved is a failure of the store", "[agent][result]") {
  const auto fitted = agent::fit_result({chat::Text{std::string(40'000, 'x')}}, "/no/such/directory", "x");
  REQUIRE_FALSE(fitted);
  CHECK(fitted.error().kind == ErrorKind::storage);
}
