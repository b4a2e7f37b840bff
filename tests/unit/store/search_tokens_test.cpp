#include "store/search_tokens.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "store/search_query.hpp"
#include "store/search_snippet.hpp"

using namespace errand;
using namespace errand::store;

namespace {

// The tokens, those at one place joined by '|'.
std::string tokens_of(std::string_view text) {
  std::string out;
  for_each_token(text, [&](const SearchToken& token) {
    if (!out.empty()) out += token.place == SearchToken::Place::same ? '|' : ' ';
    out += token.text;
    return true;
  });
  return out;
}

std::string words_of(const Term& term) {
  std::vector<std::string> phrases;
  for (const auto& phrase : term) {
    phrases.push_back(text::join(phrase.tokens, " ") + (phrase.last == Phrase::Last::beginning ? "*" : ""));
  }
  return text::join(phrases, " or ");
}

std::string shown(const Snippet& snippet) {
  std::string out;
  for (const auto& part : snippet.parts) {
    out += part.kind == SnippetPart::Kind::hit ? "[" + part.text + "]" : part.text;
  }
  return out;
}

}  // namespace

TEST_CASE("search tokens: text of any kind is taken apart into words", "[store][search]") {
  struct Case {
    std::string text;
    std::string tokens;
  };
  const std::vector<Case> cases = {
      {"", ""},
      {"  ,.-_*()\t\n", ""},
      {"The Parser", "the parser"},
      {"don't", "don t"},
      {"ÜBER Straße naïve ﬁne Ａ１", "uber strasse naive fine a1"},
      {"ΣΊΣΥΦΟΣ Ёлка", "σισυφοσ елка"},
      {"हिन्दी भाषा", "हिन्दी भाषा"},
      {"שָׁלוֹם مُحَمَّد", "שלום محمد"},
      {"C++, C#: g++ -o x; i++ a++b C++20 F#5 # ++ std::vector<int>#", "c|c++ c|c# g|g++ o x i|i++ a b c|c++ 20 f 5 std vector int"},
      {"verylongword++", "verylongword"},
      {"utf8 x86_64 v2.0", "utf8 x86 64 v2 0"},
      {"parseJsonValue", "parsejsonvalue|parse|json|value"},
      {"HTTPServer", "httpserver|http|server"},
      {"getHTTP2Server", "gethttp2server|get|http2|server"},
      {"iPhone SHA256sum XMLFile", "iphone|i|phone sha256sum xmlfile|xml|file"},
      {"parse_json_value __init__ MAX_BYTES", "parse json value init max bytes"},
      {"src/store/OpenFile.cpp:12", "src store openfile|open|file cpp 12"},
      {"日本語", "日本 本語|語"},
      {"日", "日"},
      {"日本 語", "日本|本 語"},
      {"カタカナとVim9使う", "カタ タカ カナ ナと|と vim9 使う|う"},
      {"한국어", "한국 국어|어"},
      {"🎉🎉 → ☃", "🎉 🎉 ☃"},
      {"a+b=c $5", "a b c 5"},
      {std::string("a\0b\xFF"
                   "c\xC3",
                   6),
       "a b c"},
      {"a\xEF\xBF\xBD"
       "b",
       "a b"},
      {"AbCdEfGhIjKlMnOpQr", "abcdefghijklmnopqr"},  // nine parts: nobody's name
  };
  for (const auto& c : cases) {
    CAPTURE(c.text);
    CHECK(tokens_of(c.text) == c.tokens);
  }
}

TEST_CASE("search tokens: a token is bounded, whole characters, and says what it was made of", "[store][search]") {
  CHECK(tokens_of(std::string(1000, 'X')) == std::string(64, 'x'));
  CHECK(tokens_of(std::string(63, 'x') + "ж") == std::string(63, 'x'));
  std::string places;
  for_each_token("The ÜberParser, 日本", [&](const SearchToken& token) {
    places += fmt::format("{}-{} ", token.begin, token.end);
    return true;
  });
  CHECK(places == "0-3 4-15 4-9 9-15 17-23 20-23 ");
  int taken = 0;
  for_each_token("one two three", [&](const SearchToken&) { return ++taken < 2; });
  CHECK(taken == 2);
}

TEST_CASE("search query: each word becomes the ways it can be written", "[store][search]") {
  struct Case {
    std::string text;
    std::vector<std::string> wanted;
    std::vector<std::string> unwanted;
  };
  const std::vector<Case> cases = {
      {"fox", {"fox"}, {}},
      {"fox -wolf -\"big bear\"", {"fox"}, {"wolf", "big bear"}},
      {"a-b - --c -", {"a b", "c"}, {}},
      {"pars* \"two wor\"* a*b", {"pars*", "two wor*", "a b"}, {}},
      {"\"open to the end", {"open to the end"}, {}},
      {"fo\"x y\"", {"fo x", "y"}, {}},
      {"\"a\"b", {"a", "b"}, {}},
      {"parseJson", {"parsejson or parse json"}, {}},
      {"parse_json*", {"parse json* or parsejson*"}, {}},
      {"a/openFile_x.cpp", {"a openfile x cpp or a open file x cpp or a openfilex cpp"}, {}},
      {"C++ \"modern C#\" c", {"c++", "modern c#", "c"}, {}},
      {"日", {"日*"}, {}},
      {"日本語 日本*", {"日本 本語", "日本"}, {}},
      {"x　y", {"x", "y"}, {}},
  };
  const auto all = [](const std::vector<Term>& terms) {
    std::vector<std::string> out;
    for (const auto& term : terms) out.push_back(words_of(term));
    return out;
  };
  for (const auto& c : cases) {
    CAPTURE(c.text);
    const auto parsed = parse_search(c.text).value();
    CHECK(all(parsed.wanted) == c.wanted);
    CHECK(all(parsed.unwanted) == c.unwanted);
  }
}

TEST_CASE("search query: nothing that was typed is an operator of FTS5", "[store][search]") {
  const auto parsed = parse_search("a OR \"b c\" -d pre*").value();
  CHECK(match_expression(parsed, {{"role:user"}, {"x\"\x1Fy", "z"}}) ==
        "(text : ((\"\x1F"
        "a\") AND (\"\x1For\") AND (\"\x1F"
        "b\x1F"
        "c\") AND (\"\x1Fpre\" *)) AND facet : (\"\x1Frole:user\") AND "
        "facet : (\"\x1Fx\"\"%1Fy\" OR \"\x1Fz\")) NOT text : ((\"\x1F"
        "d\"))");
}

TEST_CASE("search snippet: one line around most of what was asked for", "[store][search]") {
  const std::string far(500, '.');
  struct Case {
    std::string query;
    std::string text;
    std::string shown;
  };
  const std::vector<Case> cases = {
      {"fox", "The quick\n\n  fox.", "The quick [fox]."},
      {"fox", "  fox fox\n", "[fox] [fox]"},
      {"quick fox", "fox " + far + " a quick fox", "… " + std::string(57, '.') + " a [quick] [fox]"},
      {"nothing", "The text", "The text"},
      {"\"日本\" vim", "x日本語vim", "x[日本]語[vim]"},
      {"語", "日本語", "日[本語]"},
      {"json", "parseJson", "[parseJson]"},
      {"c++", "C, C++ and C#", "C, [C++] and C#"},
      {"a", "a" + far, "[a]" + std::string(239, '.') + " …"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.query, c.text);
    const auto parsed = parse_search(c.query).value();
    CHECK(shown(snippet_of(c.text, occurrences_in(c.text, parsed))) == c.shown);
  }
}
