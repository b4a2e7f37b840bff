// What every SearchIndex does. To hold another implementation to it, add it to AnyStore.

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "contract/store/every_store.hpp"

using namespace errand;
using namespace errand::store;
using namespace errand::test;

namespace {

chat::Event calls(const std::string& session, int seconds, const std::string& id, const std::string& tool,
                  const std::string& input) {
  chat::AssistantMessage message{{chat::ToolCall{"call-" + id, tool, input, ""}}, "m-1", chat::StopReason::tool_use};
  return event_of(session, seconds, chat::event::Assistant{id, std::move(message), 0.0});
}

chat::Event results(const std::string& session, int seconds, const std::string& id, const std::string& tool,
                    const std::string& text) {
  const chat::ToolResult result{"call-" + id, {chat::Text{text}}, false};
  return event_of(session, seconds, chat::event::ToolResult{id, result, tool, {}, false, ""});
}

std::string marked(const SearchHit& hit) {
  std::string out;
  for (const auto& part : hit.snippet) {
    out += part.kind == SnippetPart::Kind::hit ? "[" + part.text + "]" : part.text;
  }
  return out;
}

struct Opened : AnyStore {
  void keep(const std::string& id, const std::vector<Lasting>& events) const {
    const auto kept = store->append(id, events, {});
    if (!kept) FAIL(describe(kept.error()));
  }
  SearchResult search(const SearchQuery& query) const {
    auto found = store->search(query);
    if (!found) FAIL(describe(found.error()));
    return *std::move(found);
  }
  // The ids of the messages found, the best first.
  std::string found_for(const SearchQuery& query) const {
    std::vector<std::string> ids;
    for (const auto& hit : search(query).hits) ids.push_back(hit.message_id);
    return text::join(ids, " ");
  }
  std::string found(const std::string& text) const { return found_for({.text = text}); }
};

}  // namespace

TEST_CASE("search: words, phrases, beginnings and exclusions, in text of any language", "[store][contract][search]") {
  struct Case {
    std::string text;
    std::vector<std::string> found_by;
    std::vector<std::string> not_by;
  };
  const std::vector<Case> cases = {
      {"the quick brown fox",
       {"fox", "FOX quick", "\"quick brown\"", "bro*", "fox -wolf", "fox -\"brown quick\"", "\"brown fo\"*",
        "\"the quick"},
       {"foxes", "\"quick fox\"", "fox -quick", "fox -\"quick brown\"", "rown", "fox wolf"}},
      {"Füße und Straßen: naïve café", {"fusse", "FÜSSE", "strassen", "naive", "cafe", "CAFÉ"}, {"fuse"}},
      {"parseJsonValue of HTTPServer2",
       {"parseJsonValue", "parsejsonvalue", "json", "value", "parse_json_value", "parseJson*", "http", "server2",
        "HttpServer2", "\"parsejsonvalue of\"", "PARSE_JSON_VALUE"},
       {"parsejson", "\"json value\"", "httpserver"}},
      {"call parse_json_value(x) now",
       {"parse_json_value", "parseJsonValue", "json", "json_value", "parse_json", "parse_js*",
        "\"call parse_json_value\"", "parse_json_value("},
       {"json_parse", "parsejs"}},
      {"see src/store/open.cpp:12 there",
       {"src/store/open.cpp", "open.cpp", "store/open.cpp", "open", "cpp", "src/store", "open.cpp:12", "src/sto*"},
       {"store/src", "src/open.cpp"}},
      {"use --limit=20, not -n", {"--limit", "limit=20", "\"-n\"", "limit -m"}, {"limit -n", "--limits"}},
      {"私は日本語を話します",
       {"日本語", "日本", "本語", "日", "す", "日本語 話", "\"日本語を話\"", "日本*", "語を"},
       {"日語", "本日", "英"}},
      {"안녕하세요 세계", {"세계", "안녕", "하세", "계", "\"안녕하세요 세계\""}, {"세안"}},
      {"สวัสดีชาวโลก", {"ชาว", "โลก", "สวัสดี"}, {"โลกา"}},
      {"use Python语言 daily", {"python", "语言", "python语言", "\"语言 daily\"", "\"use python\""}, {"pythons"}},
      {"written in C++20 and C#", {"c++", "c++20", "C#", "c", "\"C++20 and C#\"", "\"c 20 and c\""}, {"g++", "c++11"}},
      {"done 🎉 today", {"🎉", "done 🎉"}, {"🎈"}},
      {std::string("a\0nul and \xFF bad byte", 20), {"nul", "\"bad byte\"", "nul bad"}, {"anul"}},
      {"\x1F"
       "role:user is only text",
       {"role", "\"role user\""},
       {"tool"}},
      {"AND OR NOT NEAR(a b) text:x ^c {d}", {"AND OR", "NEAR(a", "text:x", "OR", "^c", "{d}", "NOT*"}, {"nand"}},
  };
  const Opened store;
  const auto id = store.session();
  for (std::size_t i = 0; i < cases.size(); ++i) {
    store.keep(id, {user_says(id, 1, fmt::format("u{}", i), cases[i].text)});
  }
  for (std::size_t i = 0; i < cases.size(); ++i) {
    CAPTURE(cases[i].text);
    const auto has = [&](const std::string& query) {
      const auto ids = " " + store.found(query) + " ";
      return ids.find(fmt::format(" u{} ", i)) != std::string::npos;
    };
    for (const auto& query : cases[i].found_by) {
      CAPTURE(query);
      CHECK(has(query));
    }
    for (const auto& query : cases[i].not_by) {
      CAPTURE(query);
      CHECK_FALSE(has(query));
    }
  }
}

TEST_CASE("search: a text that says nothing to search for is a usage error", "[store][contract][search]") {
  struct Case {
    std::string text;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"", R"("" has no word to search for)"},
      {" -> \"\" * ", R"(" -> "" * " has no word to search for)"},
      {"-only -\"what not\"", R"("-only -"what not"" says only what is not wanted)"},
      {"fox a*", R"("a*" begins too many words)"},
      {"ж*", R"("ж*" begins too many words)"},
      {std::string(2001, 'x'), "a search of 2001 bytes; 2000 are allowed"},
      {text::join(std::vector<std::string>(65, "x"), " "), "a search for more than 64 words"},
  };
  const Opened store;
  for (const auto& c : cases) {
    CAPTURE(c.text);
    const auto found = store->search({.text = c.text});
    REQUIRE_FALSE(found);
    CHECK(found.error().kind == ErrorKind::usage);
    CHECK(found.error().message == c.message);
  }
}

TEST_CASE("search: a hit says where it is, with the words marked", "[store][contract][search]") {
  const Opened store;
  auto start = a_session();
  start.name = "nightly";
  start.title = "fix it";
  const auto id = store.session(start);
  store.keep(id,
             {warns(id, 1, "parser"),
              assistant_says(id, 2, "a1", std::string(400, 'x') + " then\n\tthe parser, parseFile() and more\nend")});
  const auto found = store.search({.text = "pars* file"});
  REQUIRE(found.hits.size() == 1);
  const SearchHit expected{id,
                           "nightly",
                           "fix it",
                           "helper",
                           "/home/a/a",
                           "a1",
                           2,
                           at(2),
                           SearchRole::assistant,
                           "",
                           {{"… " + std::string(49, 'x') + " then the ", SnippetPart::Kind::context},
                            {"parser", SnippetPart::Kind::hit},
                            {", ", SnippetPart::Kind::context},
                            {"parseFile", SnippetPart::Kind::hit},
                            {"() and more end", SnippetPart::Kind::context}}};
  CHECK(marked(found.hits[0]) == "… " + std::string(49, 'x') + " then the [parser], [parseFile]() and more end");
  CHECK(found.hits[0] == expected);
  CHECK_FALSE(found.ranked_among);
}

TEST_CASE("search: prompts, answers, calls and results are found, thinking is not", "[store][contract][search]") {
  const Opened store;
  const auto id = store.session();
  chat::AssistantMessage reply{{chat::Thinking{"secretthought", "sig", false}, chat::Text{"an answer"},
                                chat::ToolCall{"c1", "Grep", R"({"pattern":"needle","paths":["hay",7]})", ""},
                                chat::ToolCall{"c2", "Bash", R"({"command": "broken)", ""}},
                               "m-1",
                               chat::StopReason::tool_use};
  store.keep(id, {user_says(id, 1, "u1", "a question"), event_of(id, 2, chat::event::Assistant{"a1", reply, 0.0}),
                  results(id, 3, "t1", "Grep", "hay.txt: a needle"), results(id, 4, "t2", "Bash", "no such command")});
  struct Case {
    SearchQuery query;
    std::string found;
  };
  const std::vector<Case> cases = {
      {{.text = "question"}, "u1"},
      {{.text = "answer"}, "a1"},
      {{.text = "secretthought"}, ""},
      {{.text = "broken"}, "a1"},
      {{.text = "grep 7"}, "a1"},
      {{.text = "sig"}, ""},
      {{.text = "needle", .role = SearchRole::assistant}, "a1"},
      {{.text = "needle", .role = SearchRole::tool}, "t1"},
      {{.text = "needle", .role = SearchRole::user}, ""},
      {{.text = "command", .tool = "Bash"}, "a1 t2"},
      {{.text = "command", .tool = "Bas"}, ""},
      {{.text = "command", .tool = "Bash", .role = SearchRole::tool}, "t2"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.query.text);
    auto ids = text::split(store.found_for(c.query), ' ');
    std::sort(ids.begin(), ids.end());
    CHECK(text::join(ids, " ") == c.found);
  }
  CHECK(store.search({.text = "broken"}).hits.at(0).tool == "Bash");
  CHECK(store.search({.text = "needle", .role = SearchRole::assistant}).hits.at(0).tool == "Grep");
  CHECK(store.search({.text = "answer"}).hits.at(0).tool.empty());
  CHECK(store.search({.text = "command", .role = SearchRole::tool}).hits.at(0).tool == "Bash");
}

TEST_CASE("search: what was said can be narrowed by session, time and file", "[store][contract][search]") {
  const Opened store;
  auto start = a_session();
  const auto one = store.session(start);
  start.agent = "coder";
  start.project =
      "/home/a/\x1F"
      "b\"";
  start.cwd = "/home/a/b/src";
  const auto two = store.session(start);
  const auto run = a_run(two, 50);
  chat::event::Done done;
  done.report.files_written = {"/home/a/b/out/made.txt"};
  store.keep(one, {user_says(one, 1, "u1", "a word"), user_says(one, 86'400 * 3, "u2", "word")});
  store.keep(
      two, {user_says(two, 86'400 * 2, "u3", "word"),
            calls(two, 86'400 * 5, "a3", "Edit", R"({"file_path":"../lib/x.cpp"})"), event_of(two, 86'400 * 5, done)});
  struct Case {
    SearchQuery query;
    std::string found;
  };
  const std::vector<Case> cases = {
      {{.text = "word", .agent = "coder"}, "u3"},
      {{.text = "word", .agent = "code"}, ""},
      {{.text = "word",
        .project = "/home/a/\x1F"
                   "b\""},
       "u3"},
      {{.text = "word", .project = "/home/a/a"}, "u1 u2"},
      {{.text = "word", .agent = "coder", .project = "/home/a/a"}, ""},
      {{.text = "word", .file = "x.cpp"}, "u3"},
      {{.text = "word", .file = "lib/x.cpp"}, "u3"},
      {{.text = "word", .file = "/home/a/b/lib/x.cpp"}, "u3"},
      {{.text = "word", .file = "/lib/x.cpp"}, ""},
      {{.text = "word", .file = "b/x.cpp"}, ""},
      {{.text = "word", .file = "made.txt"}, "u3"},
      {{.text = "word", .agent = "helper", .file = "made.txt"}, ""},
      {{.text = "word", .since = at(86'400 * 2)}, "u2 u3"},
      {{.text = "word", .since = at(86'400 * 2 + 1)}, "u2"},
      {{.text = "word", .until = at(86'400 * 2)}, "u1 u3"},
      {{.text = "word", .since = at(2), .until = at(86'400 * 2)}, "u3"},
      {{.text = "word", .since = at(86'400 * 2), .until = at(3)}, ""},
  };
  for (const auto& c : cases) {
    CAPTURE(c.query.agent, c.query.project, c.query.file, c.found);
    auto ids = text::split(store.found_for(c.query), ' ');
    std::sort(ids.begin(), ids.end());
    CHECK(text::join(ids, " ") == c.found);
  }
}

TEST_CASE("search: what fits best comes first, newer before older where both fit as well",
          "[store][contract][search]") {
  const Opened store;
  const auto id = store.session();
  const std::string filler(600, '.');
  std::string long_text;
  for (int i = 0; i < 100; ++i) long_text += "other words ";
  store.keep(id, {user_says(id, 1, "long", "needle " + long_text), user_says(id, 2, "old", "the needle is here"),
                  user_says(id, 3, "often", "needle needle needle"), user_says(id, 4, "new", "the needle is here"),
                  user_says(id, 5, "without", "nothing")});
  CHECK(store.found("needle") == "often new old long");
  CHECK(store.found_for({.text = "needle", .limit = 2}) == "often new");
  CHECK(store.found_for({.text = "needle", .limit = 0}) == "often new old long");

  // The rare word decides.
  for (int i = 0; i < 30; ++i) store.keep(id, {user_says(id, 6, fmt::format("c{}", i), "common")});
  store.keep(id, {user_says(id, 7, "r1", "common common common rareword of it"),
                  user_says(id, 7, "r2", "common rareword rareword rareword it")});
  CHECK(store.found("common rareword") == "r2 r1");
}

TEST_CASE("search: of more than can be ranked the newest are, and that is said", "[store][contract][search]") {
  const Opened store;
  const auto id = store.session();
  std::vector<Lasting> events = {user_says(id, 1, "best", "word word word")};
  for (std::size_t i = 1; i < SearchIndex::max_ranked; ++i) {
    events.push_back(user_says(id, 2, fmt::format("m{}", i), "a word among others"));
  }
  store.keep(id, events);
  auto found = store.search({.text = "word", .limit = 1});
  CHECK(found.hits.at(0).message_id == "best");
  CHECK_FALSE(found.ranked_among);

  store.keep(id, {user_says(id, 3, "one more", "a word among others")});
  found = store.search({.text = "word", .limit = 1});
  CHECK(found.hits.at(0).message_id == "one more");
  CHECK(found.ranked_among == SearchIndex::max_ranked);
}

TEST_CASE("search: of a long text beginning and end are found", "[store][contract][search]") {
  const Opened store;
  const auto id = store.session();
  const std::string filler(100'000, '.');
  store.keep(id, {results(id, 1, "t1", "Bash", "firstword " + filler + " middleword " + filler + " lastword")});
  CHECK(store.found("firstword lastword") == "t1");
  CHECK(store.found("middleword").empty());
  CHECK(marked(store.search({.text = "lastword"}).hits.at(0)).ends_with(" [lastword]"));
}

TEST_CASE("search: what a fork copied is found once, what it adds too", "[store][contract][search]") {
  const Opened store;
  const auto id = store.session();
  store.keep(id, {user_says(id, 1, "u1", "needle")});
  const auto fork = store->fork(id, "").value().id;
  store.keep(fork, {user_says(fork, 2, "u2", "another needle")});
  const auto found = store.search({.text = "needle"}).hits;
  REQUIRE(found.size() == 2);
  CHECK(found[0].message_id + found[1].message_id == "u1u2");
  CHECK(found[0].session == id);
  CHECK(found[1].session == fork);
}

TEST_CASE("search: what was compacted away or rewound is found", "[store][contract][search]") {
  const Opened store;
  const auto id = store.session();
  store.keep(id,
             {user_says(id, 1, "u1", "needle"), assistant_says(id, 2, "a1", "thread"), user_says(id, 3, "u2", "hay")});
  store.keep(id, {event_of(id, 4, chat::event::CompactCompleted{"user", 10, 5, "u2", "summary", false}),
                  event_of(id, 5, chat::event::Rewound{""})});
  CHECK(store.found("needle") == "u1");
  CHECK(store.found("thread") == "a1");
}
