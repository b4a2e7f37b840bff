#include "base/text.hpp"

#include <catch2/catch.hpp>

using namespace errand;

TEST_CASE("text: a typing mistake finds the nearest name, another word does not", "[base][text]") {
  const std::vector<std::string> known = {"Bash", "Glob", "Grep", "Read"};
  CHECK(text::nearest("Grpe", known) == "Grep");
  CHECK(text::nearest("grep", known) == "Grep");
  CHECK(text::nearest("Telephone", known) == std::nullopt);
  CHECK(text::suggest("Grpe", known, "tools") == "did you mean \"Grep\"? known tools: Bash, Glob, Grep, Read");
}

TEST_CASE("text: lines drop the final line end and keep empty lines", "[base][text]") {
  CHECK(text::lines("a\n\nb\n") == std::vector<std::string>{"a", "", "b"});
  CHECK(text::lines("").empty());
  CHECK(text::lines("\n") == std::vector<std::string>{""});
}

TEST_CASE("text: a preview keeps head and tail, counts what is left out and cuts no character", "[base][text]") {
  std::string long_text;
  for (int i = 0; i < 1000; ++i) long_text += "zeile äöü " + std::to_string(i) + "\n";
  const auto cut = text::preview(long_text, 1000, "the whole is in x");
  CHECK(cut.truncated);
  CHECK(cut.text.starts_with("zeile äöü 0\n"));
  CHECK(cut.text.ends_with("zeile äöü 999\n"));
  CHECK(cut.text.find("the whole is in x") != std::string::npos);
  CHECK(cut.omitted_bytes > long_text.size() - 1100);
  CHECK_FALSE(text::preview("short", 1000, "").truncated);
}

TEST_CASE("text: a URL is shown without what may be secret in it", "[base][text]") {
  CHECK(text::public_url("https://a.example:8443/v1") == "https://a.example:8443/v1");
  CHECK(text::public_url("https://me:p@ss@a.example/v1@2?key=1&b#c") == "https://a.example/v1@2?…");
  CHECK(text::public_url("no url") == "no url");
}

TEST_CASE("text: ellipsize counts columns, not bytes", "[base][text]") {
  CHECK(text::ellipsize("日本語テキスト", 7) == "日本語…");
  CHECK(text::ellipsize("abc", 3) == "abc");
}

TEST_CASE("text: a name as long as a file is near nothing, and that is found at once", "[base][text]") {
  const std::vector<std::string> known(1000, "Grep");
  CHECK_FALSE(text::nearest(std::string(1'000'000, 'x'), known).has_value());
}
