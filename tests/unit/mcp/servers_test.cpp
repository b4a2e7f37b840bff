#include "mcp/servers.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <thread>

#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "http/client.hpp"
#include "sandbox/sandbox.hpp"
#include "support/loopback_server.hpp"
#include "support/temp_dir.hpp"

using namespace errand;
using tool::ServerState;

namespace {

// Speaks the protocol in the shell: "add" counts in a file, "die" ends it, "more" brings another tool, "deaf" never
// answers.
constexpr std::string_view program = R"script(
say() { printf '%s\n' "$1"; }
tools='{"name":"add","description":"adds","inputSchema":{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]},"annotations":{"readOnlyHint":true}},{"name":"die","inputSchema":{"type":"object"}},{"name":"more.tools","inputSchema":{"type":"object"}},{"name":"deaf","inputSchema":{"type":"object"}}'
echo "a line for people"
echo "started" >> started
while IFS= read -r line; do
  id=
  [[ $line =~ \"id\":([0-9]+) ]] && id=${BASH_REMATCH[1]}
  case $line in
    *'"method":"initialize"'*)
      say '{"jsonrpc":"2.0","id":"p1","method":"ping"}'
      say '{"jsonrpc":"2.0","id":'$id',"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"counter","version":"1.2"}}}' ;;
    *'"id":"p1","result":{}'*) echo pong >> pongs ;;
    *'"method":"tools/list"'*'"cursor":"two"'*)
      say '{"jsonrpc":"2.0","id":'$id',"result":{"tools":[{"name":"last","inputSchema":{"type":"object"}}]}}' ;;
    *'"method":"tools/list"'*)
      say '{"jsonrpc":"2.0","id":'$id',"result":{"tools":['"$tools"'],"nextCursor":"two"}}' ;;
    *'"name":"add"'*)
      echo "$line" >> calls
      say '{"jsonrpc":"2.0","id":'$id',"result":{"content":[{"type":"text","text":"'$(wc -l < calls)'"}]}}' ;;
    *'"name":"more.tools"'*)
      tools+=',{"name":"new","inputSchema":{"type":"object"}}'
      say '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}'
      say '{"jsonrpc":"2.0","id":'$id',"result":{"content":[]}}' ;;
    *'"name":"die"'*) echo "I am leaving" >&2; exit 3 ;;
    *'"name":"deaf"'*) echo "$line" >> heard ;;
    *'notifications/cancelled'*) echo "$line" >> cancelled ;;
  esac
done
echo over >> ended
)script";

// One set of servers in a directory of its own.
class Place {
 public:
  Place() {
    std::ofstream(path("server.sh")) << program;
    policy_.workspace = real_path(dir_.path()).value();
    policy_.writable = {policy_.workspace};
    policy_.enforced = false;  // what a sandbox does with it is tried end to end
  }

  [[nodiscard]] std::string path(const std::string& name) const { return join_path(dir_.path(), name); }
  [[nodiscard]] std::string content(const std::string& name) const { return read_file(path(name)).value_or(""); }
  [[nodiscard]] chat::McpServer counter() const {
    return {.name = "counter", .command = "bash", .args = {"server.sh"}, .timeout = std::chrono::seconds(20)};
  }
  [[nodiscard]] const sandbox::SandboxPolicy& policy() const { return policy_; }
  mcp::Servers& servers() { return *servers_; }
  void end() { servers_.reset(); }

  tool::ServerStatus connect(const chat::McpServer& server, const Call& call = {}) {
    const auto out = servers().connect({server}, policy_, call);
    REQUIRE(out);
    return out->front();
  }

  static tool::Tool& tool_of(const tool::ServerStatus& status, std::string_view name) {
    const auto found = std::ranges::find_if(status.tools, [&](const auto* tool) { return tool->spec().name == name; });
    REQUIRE(found != status.tools.end());
    return **found;
  }

  Result<tool::Output> run(const tool::ServerStatus& status, std::string_view name, const Json& input,
                           const Call& call = {}) {
    return tool_of(status, name).run(input, context_, call);
  }

  [[nodiscard]] const tool::Context& context() const { return context_; }

  http::Client client_;

 private:
  class Nobody final : public chat::Interaction {
    [[nodiscard]] bool available() const override { return false; }
    Result<chat::ApprovalAnswer> approve(const chat::ApprovalQuestion&, const Call&) override {
      return fail(ErrorKind::denied, "nobody");
    }
    Result<std::vector<std::string>> answer(const std::vector<chat::event::Question>&, const Call&) override {
      return fail(ErrorKind::denied, "nobody");
    }
    Result<chat::PlanAnswer> review(const std::string&, const Call&) override {
      return fail(ErrorKind::denied, "nobody");
    }
  };

  test::TempDir dir_;
  sandbox::SandboxPolicy policy_;
  std::unique_ptr<sandbox::Sandbox> sandbox_ = sandbox::open_bubblewrap();
  sandbox::Workspace files_{policy_};
  tool::SessionState state_;
  Nobody nobody_;
  std::vector<chat::SkillDefinition> skills_;
  tool::Context context_{
      .files = files_, .shell = *sandbox_, .state = state_, .interaction = nobody_, .skills = skills_};
  std::optional<mcp::Servers> servers_{std::in_place, mcp::Surroundings{.sandbox = *sandbox_,
                                                                        .network = [this] { return &client_; },
                                                                        .variables = {},
                                                                        .clean = [](std::string text) { return text; },
                                                                        .version = "1"}};
};

std::string text_of(const Result<tool::Output>& output) {
  if (!output) return "error: " + output.error().message;
  return chat::text_of(output->content);
}

std::vector<std::string> names_of(const tool::ServerStatus& status) {
  std::vector<std::string> out;
  for (const auto* tool : status.tools) out.push_back(tool->spec().name);
  return out;
}

}  // namespace

TEST_CASE("servers: a program's tools are listed, called and described", "[mcp]") {
  Place place;
  CHECK(place.servers().look({place.counter()}, place.policy()).front().state == ServerState::pending);
  const auto status = place.connect(place.counter());
  INFO(status.detail);
  REQUIRE(status.state == ServerState::connected);
  CHECK(status.detail == "counter 1.2");
  CHECK(names_of(status) == std::vector<std::string>{"mcp__counter__add", "mcp__counter__die",
                                                     "mcp__counter__more_tools", "mcp__counter__deaf",
                                                     "mcp__counter__last"});
  CHECK(status.tools.front()->spec().description == "adds");
  CHECK(status.tools.front()->spec().parallel_safe);
  CHECK(status.tools.front()->spec().effect == chat::Effect::execute);
  CHECK(status.tools.front()->summary({{"n", 4}}) == R"(counter add {"n":4})");
  CHECK(text_of(place.run(status, "mcp__counter__add", {{"n", 4}})) == "1");
  CHECK(text_of(place.run(status, "mcp__counter__add", {{"n", 5}})) == "2");
  CHECK(place.content("calls").find(R"("arguments":{"n":5})") != std::string::npos);
  CHECK(place.content("pongs") == "pong\n");
  place.end();
  CHECK(place.content("ended") == "over\n");
}

TEST_CASE("servers: who wants the same server in the same place shares it", "[mcp]") {
  Place place;
  const auto first = place.connect(place.counter());
  CHECK(place.connect(place.counter()).tools == first.tools);
  auto other = place.counter();
  other.env = {{"A", "b"}};
  CHECK(place.connect(other).tools != first.tools);
}

TEST_CASE("servers: a program that ended says why, and is begun again by the next call", "[mcp]") {
  Place place;
  const auto status = place.connect(place.counter());
  CHECK(text_of(place.run(status, "mcp__counter__die", Json::object())) ==
        "error: the MCP server \"counter\": it ended with exit code 3: I am leaving");
  const auto lost = place.servers().look({place.counter()}, place.policy()).front();
  CHECK(lost.state == ServerState::failed);
  CHECK(text_of(place.run(status, "mcp__counter__add", {{"n", 1}})) == "1");
  CHECK(place.servers().look({place.counter()}, place.policy()).front().state == ServerState::connected);
}

TEST_CASE("servers: calls that see a loss at once begin it again together", "[mcp]") {
  Place place;
  const auto status = place.connect(place.counter());
  CHECK_FALSE(place.run(status, "mcp__counter__die", Json::object()));
  std::array<std::string, 6> answers;
  auto& add = Place::tool_of(status, "mcp__counter__add");
  {
    std::vector<std::jthread> callers;
    for (auto& answer : answers) {
      callers.emplace_back([&] { answer = text_of(add.run({{"n", 1}}, place.context(), {})); });
    }
  }
  std::ranges::sort(answers);
  CHECK(answers == std::array<std::string, 6>{"1", "2", "3", "4", "5", "6"});
  CHECK(place.content("started") == "started\nstarted\n");
}

TEST_CASE("servers: many that heed nothing end together", "[mcp]") {
  Place place;
  const std::string script = "trap '' TERM; " + std::string(program) + "while :; do sleep 1; done";
  std::vector<chat::McpServer> stubborn;
  for (const auto* name : {"one", "two", "three", "four"})
    stubborn.push_back({.name = name, .command = "bash", .args = {"-c", script}});
  const auto connected = place.servers().connect(stubborn, place.policy(), {});
  REQUIRE(connected);
  for (const auto& server : *connected) CHECK(server.state == ServerState::connected);
  place.end();
  CHECK(place.content("ended") == "over\nover\nover\nover\n");
}

TEST_CASE("servers: tools that have changed are listed anew, and the old ones can still be held", "[mcp]") {
  Place place;
  const auto before = place.connect(place.counter());
  CHECK(text_of(place.run(before, "mcp__counter__more_tools", Json::object())) == "(no output)");
  const auto after = place.connect(place.counter());
  CHECK(after.tools.size() == before.tools.size() + 1);
  CHECK(after.tools.front() == before.tools.front());
  CHECK(text_of(place.run(before, "mcp__counter__add", {{"n", 1}})) == "1");
}

TEST_CASE("servers: a call that is not awaited any more is called off at the server", "[mcp]") {
  Place place;
  const auto status = place.connect(place.counter());
  std::stop_source stop;
  const std::jthread person([&] {
    while (place.content("heard").empty()) std::this_thread::yield();
    stop.request_stop();
  });
  const auto cancelled = place.run(status, "mcp__counter__deaf", Json::object(), {.stop = stop.get_token()});
  REQUIRE_FALSE(cancelled);
  CHECK(cancelled.error().kind == ErrorKind::cancelled);

  const auto slow =
      place.run(status, "mcp__counter__deaf", Json::object(), Call{}.within(std::chrono::milliseconds(50)));
  REQUIRE_FALSE(slow);
  CHECK(slow.error().kind == ErrorKind::timeout);
  CHECK(text_of(place.run(status, "mcp__counter__add", {{"n", 1}})) == "1");
  CHECK(place.content("cancelled").find(R"("requestId":)") != std::string::npos);
}

TEST_CASE("servers: what can't be started fails alone, with the reason", "[mcp]") {
  Place place;
  const auto missing = place.connect({.name = "none", .command = "no-such-program"});
  CHECK(missing.state == ServerState::failed);
  CHECK(missing.detail.find("was not found in the sandbox") != std::string::npos);

  const auto silent =
      place.connect({.name = "silent", .command = "sleep", .args = {"60"}, .timeout = std::chrono::milliseconds(200)});
  CHECK(silent.state == ServerState::failed);
  CHECK(silent.detail == "it did not answer within 0.2s");

  const auto unset = place.connect({.name = "unset", .command = "bash", .env = {{"A", "${NOT_SET_HERE}"}}});
  CHECK(unset.state == ServerState::failed);
  CHECK(unset.detail.find("NOT_SET_HERE is not set") != std::string::npos);

  const auto old = place.connect({.name = "old", .url = "http://localhost/sse", .old_transport = true});
  CHECK(old.state == ServerState::failed);
}

TEST_CASE("servers: one that sends more than a message may have is ended", "[mcp]") {
  Place place;
  const auto flood = place.connect({.name = "flood", .command = "bash", .args = {"-c", "tr '\\0' x < /dev/zero"}});
  CHECK(flood.state == ServerState::failed);
  CHECK(flood.detail.find("a message of more than") != std::string::npos);
}

TEST_CASE("servers: over HTTP, answers come as JSON or as events, and the session is kept and ended", "[mcp]") {
  std::atomic<int> deletes = 0;
  test::LoopbackServer server([&](const test::ReceivedRequest& request) {
    if (request.method == "DELETE") {
      ++deletes;
      return test::text_reply(200, "");
    }
    const auto message = Json::parse(request.body);
    const auto id = message.value("id", Json()).dump();
    if (message["method"] == "initialize") {
      auto reply = test::text_reply(
          200,
          R"({"jsonrpc":"2.0","id":)" + id +
              R"(,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"wiki"}}})");
      reply.headers.emplace_back("Mcp-Session-Id", "s-1");
      return reply;
    }
    if (request.header("mcp-session-id") != "s-1" || request.header("mcp-protocol-version") != "2025-11-25" ||
        request.header("authorization") != "Bearer t") {
      return test::text_reply(400, "missing header");
    }
    if (message["method"] == "tools/list") {
      return test::stream_reply(
          {"event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}\n\n",
           "data: {\"jsonrpc\":\"2.0\",\"id\":" + id +
               ",\"result\":{\"tools\":[{\"name\":\"look\",\"inputSchema\":{\"type\":\"object\"}}]}}\n\n"});
    }
    if (message["method"] == "tools/call") {
      return test::text_reply(
          200, R"({"jsonrpc":"2.0","id":)" + id + R"(,"error":{"code":-32602,"message":"no such page"}})");
    }
    return test::text_reply(202, "");
  });
  Place place;
  const auto status =
      place.connect({.name = "wiki", .url = server.url("/mcp"), .headers = {{"Authorization", "Bearer t"}}});
  INFO(status.detail);
  REQUIRE(status.state == ServerState::connected);
  CHECK(names_of(status) == std::vector<std::string>{"mcp__wiki__look"});
  CHECK(status.tools.front()->spec().effect == chat::Effect::network);
  CHECK(text_of(place.run(status, "mcp__wiki__look", Json::object())) ==
        "error: the MCP server \"wiki\": no such page (error -32602)");
  place.end();
  CHECK(deletes == 1);
}

TEST_CASE("servers: over HTTP, who wants to know who asks is told apart from who is not there", "[mcp]") {
  Place place;
  test::LoopbackServer locked([](const test::ReceivedRequest&) { return test::text_reply(401, "who are you"); });
  const auto asks = place.connect({.name = "locked", .url = locked.url("/mcp")});
  CHECK(asks.state == ServerState::needs_auth);

  test::LoopbackServer broken([](const test::ReceivedRequest&) { return test::text_reply(500, "oh\x1b[31m no"); });
  const auto fails = place.connect({.name = "broken", .url = broken.url("/mcp")});
  CHECK(fails.state == ServerState::failed);
  CHECK(fails.detail.find("HTTP status 500") != std::string::npos);
  CHECK(fails.detail.find('\x1b') == std::string::npos);
}

TEST_CASE("servers: over HTTP, what the server asks is answered while it makes up its mind, and a call is called off",
          "[mcp]") {
  std::mutex mutex;
  std::condition_variable changed;
  int pongs = 0;
  std::vector<std::string> cancelled;
  test::LoopbackServer server([&](const test::ReceivedRequest& request) {
    const auto message = Json::parse(request.body);
    const auto id = message.value("id", Json()).dump();
    std::unique_lock lock(mutex);
    if (message.contains("result")) {
      ++pongs;
      changed.notify_all();
      return test::text_reply(202, "");
    }
    if (message["method"] == "notifications/cancelled") cancelled.push_back(message["params"]["requestId"].dump());
    if (message["method"] == "initialize") {
      return test::stream_reply(
          {"data: {\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"ping\"}\n\n",
           "data: {\"jsonrpc\":\"2.0\",\"id\":" + id +
               ",\"result\":{\"protocolVersion\":\"2025-06-18\",\"capabilities\":{\"tools\":{}}}}\n\n"});
    }
    if (message["method"] == "tools/list")
      return test::text_reply(200, R"({"jsonrpc":"2.0","id":)" + id + R"(,"result":{"tools":[{"name":"look"}]}})");
    if (message["method"] == "tools/call") {
      auto reply = test::stream_reply({": here\n\n", ": never\n\n"});
      reply.body.back().stall = true;
      return reply;
    }
    return test::text_reply(202, "");
  });
  Place place;
  const auto status = place.connect({.name = "wiki", .url = server.url("/mcp")});
  INFO(status.detail);
  REQUIRE(status.state == ServerState::connected);
  std::stop_source stop;
  const std::jthread person([&] {
    server.wait_for_stalls(1);
    stop.request_stop();
  });
  const auto stopped = place.run(status, "mcp__wiki__look", Json::object(), {.stop = stop.get_token()});
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().kind == ErrorKind::cancelled);
  const std::lock_guard lock(mutex);
  CHECK(pongs == 1);
  CHECK(cancelled == std::vector<std::string>{"3"});
}

TEST_CASE("servers: a schema that is no object's, and a tool too many, cost only that tool", "[mcp]") {
  Place place;
  std::string tools =
      R"({"name":"text","inputSchema":{"type":"string"}},{"name":"good"},{"name":")" + std::string(200, 'x') + R"("})";
  const std::string script = R"script(
while IFS= read -r line; do
  [[ $line =~ \"id\":([0-9]+) ]] || continue
  id=${BASH_REMATCH[1]}
  case $line in
    *initialize*) echo '{"jsonrpc":"2.0","id":'$id',"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}}}}' ;;
    *) echo '{"jsonrpc":"2.0","id":'$id',"result":{"tools":['"$TOOLS"']}}' ;;
  esac
done
)script";
  const auto status =
      place.connect({.name = "odd", .command = "bash", .args = {"-c", script}, .env = {{"TOOLS", tools}}});
  INFO(status.detail);
  CHECK(names_of(status) == std::vector<std::string>{"mcp__odd__good"});
  REQUIRE(status.left_out.size() == 2);
  CHECK(status.left_out[0].find("the input of mcp__odd__text is to be no object") != std::string::npos);
  CHECK(status.left_out[1].size() < 300);
}

TEST_CASE("servers: a session that the server has forgotten is begun again", "[mcp]") {
  std::atomic<int> sessions = 0;
  test::LoopbackServer server([&](const test::ReceivedRequest& request) {
    if (request.method == "DELETE") return test::text_reply(200, "");
    const auto message = Json::parse(request.body);
    const auto id = message.value("id", Json()).dump();
    if (message["method"] == "initialize") {
      auto reply =
          test::text_reply(200, R"({"jsonrpc":"2.0","id":)" + id +
                                    R"(,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}}}})");
      reply.headers.emplace_back("Mcp-Session-Id", "s-" + std::to_string(++sessions));
      return reply;
    }
    if (message["method"] == "tools/list") {
      return test::text_reply(200, R"({"jsonrpc":"2.0","id":)" + id + R"(,"result":{"tools":[{"name":"look"}]}})");
    }
    if (message["method"] == "tools/call" && request.header("mcp-session-id") == "s-1")
      return test::text_reply(404, "gone");
    return test::text_reply(
        200, R"({"jsonrpc":"2.0","id":)" + id + R"(,"result":{"content":[{"type":"text","text":"here"}]}})");
  });
  Place place;
  const auto status = place.connect({.name = "wiki", .url = server.url("/mcp")});
  CHECK(text_of(place.run(status, "mcp__wiki__look", Json::object())) == "here");
  CHECK(sessions == 2);
}
