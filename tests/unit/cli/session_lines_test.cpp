#include <catch2/catch.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "chat/codec.hpp"
#include "chat/event_json.hpp"
#include "cli/session_reader.hpp"
#include "contract/store/samples.hpp"
#include "support/temp_dir.hpp"

using namespace errand;
using namespace errand::cli;
using namespace errand::test;

namespace {

store::StoredRecord record_of(std::int64_t position, const std::string& message_id, const chat::EventBody& body) {
  return {position,
          std::string(chat::type_of(body)),
          message_id,
          "run-1",
          "root/a#2",
          at(static_cast<int>(position)),
          chat::dump(chat::body_json(body))};
}

// A session with one of everything that is kept.
store::WholeSession a_whole_session() {
  namespace event = chat::event;
  store::WholeSession out;
  out.info.id = "0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c1d";
  out.info.start = {"helper",       "sha256:1", "m",
                    "/home/\xFF",   "/home/a",  "ask",
                    "ti\"tle\n<b>", "na me",    "0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c1e"};
  out.info.created = at(0);
  out.info.updated = at(99);
  out.info.turns = 2;
  out.info.runs = 1;
  out.info.usage = {1, 2, 3, 4, 5, 6};
  out.info.cost_usd = 0.1 + 0.2;
  out.info.status = "failed";
  out.info.forked_from = "0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c1f";
  const chat::AssistantMessage reply{
      {chat::Thinking{"hm", "sig", false}, chat::Text{"ü\u2028"}, chat::ToolCall{"c1", "Bash", "{ \"a\" :1}", "s"},
       chat::ToolCall{"c2", "Bash", "{broken", ""}, chat::Native{"anthropic", "{}"}},
      "m-1",
      chat::StopReason::tool_use,
      {1, 2, 3, 4, 5}};
  const chat::ToolResult result{"c1", {chat::Text{"3"}, chat::Image{"image/png", std::string("\0\xFF", 2)}}, true};
  const std::vector<std::pair<std::string, chat::EventBody>> bodies = {
      {"u1", event::User{"u1", {{chat::Text{"a\nb"}, chat::Document{"text/plain", "n", "x"}}}}},
      {"a1", event::Assistant{"a1", reply, 0.5}},
      {"", event::ToolUse{"c1", "Bash", "{broken", "Bash ls"}},
      {"", event::ToolUse{"c2", "Bash", "{\"command\":\"ls\"}", "Bash ls"}},
      {"t1", event::ToolResult{"t1", result, "Bash", std::chrono::milliseconds(7), true, "/files/x"}},
      {"", event::Warning{"w", "slow"}},
      {"", event::ErrorEvent{{ErrorKind::limit, "too much", "less", std::nullopt, {"while"}, true, {}, {}}}},
      {"", event::Cancelled{"SIGINT"}},
      {"", event::CompactCompleted{"user", 9, 1, "u1", "sum", false}},
      {"", event::Rewound{"u1"}},
      {"", event::Rewound{""}},
      {"", event::UsageEvent{{1, 2, 3, 4, 5, 6}, 0.1, std::nullopt}},
      {"", event::Todo{{{"x", "pending", "y"}}}}};
  for (const auto& [id, body] : bodies) {
    out.records.push_back(record_of(static_cast<std::int64_t>(out.records.size()) + 1, id, body));
  }
  store::StoredRun run{
      "0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c20", "helper", "sha256:1", "tty", {"run", "x"}, "ended", at(1)};
  run.ended = at(50);
  run.exit_code = 7;
  run.error_kind = "limit";
  run.stop_reason = "limit";
  run.turns = 2;
  run.usage = {1, 2, 3, 4, 5, 6};
  out.runs = {run};
  return out;
}

ReadSessions read(std::string_view text, LineFormat format = LineFormat::automatic) {
  const secrets::Redactor nothing;
  return read_session_lines(text, format, nothing);
}

}  // namespace

TEST_CASE("session lines: what is written is read back as it was", "[cli][session_lines]") {
  const auto session = a_whole_session();
  const auto text = lines_of(session, {{"big.txt", 7}});
  const auto back = read(text + "\n" + lines_of(session, {}));
  REQUIRE(back.sessions.size() == 2);
  CHECK(back.skipped.empty());
  CHECK(back.sessions[0].info == session.info);
  CHECK(back.sessions[0].records == session.records);
  CHECK(back.sessions[0].runs == session.runs);
  CHECK(back.sessions[1] == session);

  const auto lines = text::lines(text);
  CHECK(Json::parse(lines[0])["metadata"]["files_left_behind"][0]["name"] == "big.txt");
  const auto result = Json::parse(lines[5]);
  CHECK(result["role"] == "tool_result");
  CHECK(result["tool_name"] == "Bash");
  CHECK(result["tool_use_id"] == "c1");
  CHECK(result["is_error"] == true);
  CHECK(result["message_id"] == "t1");
  std::vector<std::string> roles;
  for (const auto& line : lines) roles.push_back(Json::parse(line)["role"]);
  CHECK(roles == std::vector<std::string>{"system", "user", "assistant", "tool_use", "tool_use", "tool_result",
                                          "system", "system", "system", "event", "event", "event", "event", "event"});
}

TEST_CASE("session lines: a document is read back as it was, in one line and in many", "[cli][session_lines]") {
  auto session = a_whole_session();
  // What stands beside a record may be a name in it too.
  session.records[10].json = R"({"to":"","time":"noon","agent":7})";
  const auto indent = GENERATE(-1, 2);
  CAPTURE(indent);
  const auto one = read(document_of(session, {{"big.txt", 7}}).dump(indent));
  REQUIRE(one.sessions.size() == 1);
  CHECK(one.skipped.empty());
  CHECK(one.sessions[0] == session);

  auto other = session;
  other.info.id = "0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c2d";
  const Json both = {{"sessions", {document_of(session, {}), document_of(other, {})}}};
  const auto two = read(both.dump(indent));
  REQUIRE(two.sessions.size() == 2);
  CHECK(two.sessions[0] == session);
  CHECK(two.sessions[1] == other);
}

TEST_CASE("session lines: of a document that is anybody's the records that can be read are taken",
          "[cli][session_lines]") {
  auto document = document_of(a_whole_session(), {});
  const auto whole = document["records"].size();
  document["records"].push_back(7);
  document["records"].push_back({{"type", "user"}, {"content", 7}});
  const auto back = read(document.dump(2));
  REQUIRE(back.sessions.size() == 1);
  CHECK(back.sessions[0].records.size() == whole);
  CHECK(back.skipped.size() == 2);

  CHECK(read(R"({"sessions":[7,{"session":[]}]})").sessions.empty());
  CHECK(read("{\n\"session\": {},\n").sessions.empty());
}

TEST_CASE("session lines: a session with a result larger than any buffer is read back from a file",
          "[cli][session_lines]") {
  auto session = a_whole_session();
  const chat::ToolResult result{"c1", {chat::Text{std::string(std::size_t{4} << 20U, 'x')}}, false};
  session.records = {session.records[0],
                     record_of(2, "t2", chat::event::ToolResult{"t2", result, "Bash", {}, false, ""})};
  const TempDir directory;
  const auto path = join_path(directory.path(), "large.jsonl");
  REQUIRE(write_file_atomic(path, lines_of(session, {})));
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  FdLines lines(file.get(), max_session_line_bytes);
  const secrets::Redactor nothing;
  SessionReader reader(lines, LineFormat::automatic, nothing);
  const auto back = reader.next().value();
  REQUIRE(back);
  CHECK((back->session == session));  // not shown when it differs
  // A row of SQLite's, as parts and as `raw`: what can be stored can be written, and read.
  static_assert(max_session_line_bytes > std::size_t{3} * 1'000'000'000);
  CHECK_FALSE(reader.next().value());
  CHECK(reader.skipped_count() == 0);
}

TEST_CASE("session lines: a file larger than one that is read whole, and a line that is too long, cost nothing",
          "[cli][session_lines]") {
  const auto session = a_whole_session();
  const TempDir directory;
  const auto path = join_path(directory.path(), "large.jsonl");
  REQUIRE(write_file_atomic(path, ""));
  // Holes: 400 MiB that take no room.
  const Fd file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  constexpr off_t hole_bytes = off_t{100} << 20U;
  constexpr int holes = 4;
  for (int hole = 1; hole <= holes; ++hole) REQUIRE(::pwrite(file.get(), "\n", 1, hole * hole_bytes) == 1);
  REQUIRE(::lseek(file.get(), 0, SEEK_END) > static_cast<off_t>(max_file_bytes));
  REQUIRE(write_all(file.get(), lines_of(session, {})));
  REQUIRE(::lseek(file.get(), 0, SEEK_SET) == 0);
  FdLines lines(file.get(), std::size_t{1} << 20U);
  const secrets::Redactor nothing;
  SessionReader reader(lines, LineFormat::automatic, nothing);
  const auto back = reader.next().value();
  REQUIRE(back);
  CHECK(back->session == session);
  CHECK_FALSE(reader.next().value());
  REQUIRE(reader.skipped_count() == holes);
  CHECK(reader.skipped()[0] == SkippedLine{1, "longer than 1048576 bytes"});
}

TEST_CASE("session lines: a stored text that is not as we would write it comes back byte for byte",
          "[cli][session_lines]") {
  auto session = a_whole_session();
  session.records = {session.records[0]};
  const auto json = GENERATE(as<std::string>{}, R"({"content":"a string","message_id":"u1"})",
                             R"({ "message_id": "u1", "content": [] , "more": 1})");
  session.records[0].json = json;
  const auto back = read(lines_of(session, {}));
  REQUIRE(back.sessions.size() == 1);
  CHECK(back.sessions[0] == session);
}

TEST_CASE("session lines: a line that is no part of a session is skipped and costs no other", "[cli][session_lines]") {
  struct Case {
    std::string line;
    std::string reason;
  };
  const auto c = GENERATE(values<Case>({
      {"{", "not JSON"},
      {"7", "no object"},
      {"{}", "neither a message nor an event"},
      {R"({"role":"king"})", ""},
      {R"({"role":"user"})", "no content"},
      {R"({"role":"user","content":[{"type":"text","text":{}}],"message_id":7})", ""},
      {R"({"role":"assistant","content":[7]})", ""},
      {R"({"role":"assistant","content":[{"type":"tool_use","input":{"a":{}}}],"metadata":7})", ""},
      {R"({"role":"user","content":"x","message_id":"\u0000"})", "no id"},
      {R"({"role":"user","content":"x","message_id":"first"})", "a second message"},
      {R"({"role":"event","metadata":{"type":"../x","body":{}}})", "neither"},
      {R"({"role":"user","content":"x","metadata":{"raw":"[]"}})", "its raw text is no object"},
      {R"({"role":"user","content":"x","metadata":{"raw":"{\"content\":7}"}})", "content is no list"},
      {std::string(300, '[') + std::string(300, ']'), "nests deeper"},
  }));
  CAPTURE(c.line);
  const auto back = read("{\"role\":\"user\",\"content\":\"one\",\"message_id\":\"first\"}\n" + c.line +
                         "\n{\"role\":\"assistant\",\"content\":\"two\"}\n");
  REQUIRE(back.sessions.size() == 1);
  const auto& records = back.sessions[0].records;
  REQUIRE(records.size() >= 2);
  CHECK(records.front().message_id == "first");
  CHECK(records.back().type == "assistant");
  if (c.reason.empty()) return;
  REQUIRE(back.skipped.size() == 1);
  CHECK(back.skipped[0].number == 2);
  CHECK_THAT(back.skipped[0].reason, Catch::Contains(c.reason));
}

TEST_CASE("session lines: what stands behind a first line that can't be read joins no other session",
          "[cli][session_lines]") {
  auto session = a_whole_session();
  const auto broken = GENERATE(as<std::string>{}, "{\"role\":\"system\",\"metad",
                               R"({"role":"system","metadata":{"session":7,"format":"errand/1"}})");
  const auto records_before = GENERATE(std::size_t{0}, std::size_t{1}, std::size_t{13});
  auto before = session;
  before.records.resize(records_before);
  auto lines = text::lines(lines_of(session, {}));
  lines[0] = broken;
  const auto text = lines_of(before, {}) + text::join(lines, "\n") + "\n" + lines_of(session, {});
  const auto back = read(text);
  REQUIRE(back.sessions.size() == 2);
  CHECK(back.sessions[0] == before);
  CHECK(back.sessions[1] == session);
  REQUIRE(back.skipped.size() == lines.size());
  CHECK(back.skipped[1] == SkippedLine{records_before + 3, "the first line of its session can't be read"});
}

TEST_CASE("session lines: a record that can't be read, even in two pieces, costs no other of its session",
          "[cli][session_lines]") {
  const auto session = a_whole_session();
  auto lines = text::lines(lines_of(session, {}));
  lines[3].insert(lines[3].size() / 2, "\n");
  const auto back = read(text::join(lines, "\n"));
  REQUIRE(back.sessions.size() == 1);
  CHECK(back.skipped.size() == 2);
  CHECK(back.sessions[0].records.size() == session.records.size() - 1);
}

TEST_CASE("session lines: facts that can't be true are not believed", "[cli][session_lines]") {
  const auto back = read(
      R"({"role":"system","metadata":{"session":{"id":"../x","name":"-1","title":7,"turns":-5,"runs":1e99,)"
      R"("usage":{"input":18446744073709551615},"cost_usd":-1,"status":"king","parent":"p","created":"never"},)"
      R"("runs":[7,{"id":"x"},{"id":"0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c20","started":"2026-01-01T00:00:00Z","argv":[7,"a"]}]}})");
  REQUIRE(back.sessions.size() == 1);
  const auto& info = back.sessions[0].info;
  CHECK(info.id.size() == 36);
  CHECK(info.start == store::NewSession{});
  CHECK(info.turns == 0);
  CHECK(info.usage == chat::Usage{});
  CHECK_FALSE(info.cost_usd);
  CHECK(info.status == "interrupted");
  REQUIRE(back.sessions[0].runs.size() == 1);
  CHECK(back.sessions[0].runs[0].argv == std::vector<std::string>{"a"});
}

TEST_CASE("session lines: secrets are taken out, ids and media are not touched", "[cli][session_lines]") {
  secrets::Redactor redactor;
  redactor.learn({{"hunter2-hunter2", "THE_KEY", secrets::Source::key}});
  const auto back = read_session_lines(
      R"({"role":"assistant","message_id":"m","content":[{"type":"thinking","thinking":"hunter2-hunter2","signature":"s"},)"
      R"({"type":"text","text":"it is hunter2-hunter2"}]})",
      LineFormat::automatic, redactor);
  REQUIRE(back.sessions.size() == 1);
  const auto& json = back.sessions[0].records[0].json;
  CHECK(json.find("hunter2") == std::string::npos);
  CHECK(json.find("[removed: THE_KEY]") != std::string::npos);
  CHECK(json.find("\"signature\":\"\"") != std::string::npos);
}

TEST_CASE("session lines: a secret that a value is called by is taken out too", "[cli][session_lines]") {
  secrets::Redactor redactor;
  redactor.learn({{"hunter2-hunter2", "THE_KEY", secrets::Source::key}});
  const auto back = read_session_lines(
      R"({"role":"event","metadata":{"type":"x","body":{"a":{"hunter2-hunter2":[1],"[removed: THE_KEY]":2},"b":3}}})",
      LineFormat::automatic, redactor);
  REQUIRE(back.sessions.size() == 1);
  CHECK(back.sessions[0].records[0].json == R"({"a":{"[removed: THE_KEY]":[1],"[removed: THE_KEY] 2":2},"b":3})");
}

TEST_CASE("session lines: a transcript of Claude Code keeps its order, its branches and its summary",
          "[cli][session_lines]") {
  const auto user = [](const std::string& id, const std::string& parent, const std::string& text) {
    return fmt::format(R"({{"type":"user","uuid":"{}","parentUuid":"{}","message":{{"content":"{}"}}}})", id, parent,
                       text) +
           "\n";
  };
  const auto reply = [](const std::string& id, const std::string& api_id, const std::string& block) {
    return fmt::format(R"({{"type":"assistant","uuid":"{}","message":{{"id":"{}","content":[{}]}}}})", id, api_id,
                       block) +
           "\n";
  };
  const std::string text = R"({"type":"text","text":"x"})";
  const std::string call = R"({"type":"tool_use","id":"c1","name":"Read","input":{"file_path":"a"}})";
  const auto back = read(
      user("u1", "", "one") + reply("a1", "r1", text) + reply("a2", "r1", call) +
      R"({"type":"user","uuid":"t1","message":{"content":[{"type":"tool_result","tool_use_id":"c1","content":[{"type":"text","text":"r"},{"type":"tool_reference"}]}]}})"
      "\n" +
      reply("a3", "r2", text) + user("u2", "a3", "two") + user("u3", "a3", "instead") +
      R"({"type":"user","uuid":"s1","isCompactSummary":true,"message":{"content":"so far"}})"
      "\n" +
      user("u4", "s1", "three"));
  REQUIRE(back.sessions.size() == 1);
  std::vector<std::string> told;
  for (const auto& record : back.sessions[0].records) {
    told.push_back(record.type + (record.message_id.empty() ? "" : " " + record.message_id));
  }
  CHECK(told == std::vector<std::string>{"user u1", "assistant a1", "tool_use", "tool_result t1", "assistant a3",
                                         "user u2", "rewound", "user u3", "compact_completed", "user u4"});
  const auto& records = back.sessions[0].records;
  CHECK(Json::parse(records[1].json)["content"].size() == 2);
  CHECK(Json::parse(records[2].json)["summary"] == "Read a");
  CHECK(Json::parse(records[6].json)["to"] == "a3");
  CHECK(Json::parse(records[8].json)["kept_from"] == "u4");
  CHECK(Json::parse(records[8].json)["summary"] == "so far");
  CHECK(back.skipped.empty());
}
