#include "telemetry/tracer.hpp"

#include <algorithm>
#include <stdexcept>

#include <catch2/catch.hpp>

#include "base/json.hpp"

namespace errand::telemetry {

namespace {

namespace e = chat::event;

Timestamp at_ms(std::int64_t ms) {
  return Timestamp(std::chrono::milliseconds(1'700'000'000'000 + ms));
}

struct Measured {
  std::string name;
  double value = 0;
  std::string type{};  // error.type, or gen_ai.token.type
  bool operator==(const Measured&) const = default;
};

std::string text_at(const Attributes& attributes, std::string_view key) {
  const auto found = std::ranges::find(attributes, key, &Attribute::key);
  if (found == attributes.end()) return {};
  return std::get<std::string>(found->value);
}

std::optional<Value> value_at(const Span& span, std::string_view key) {
  const auto found = std::ranges::find(span.attributes, key, &Attribute::key);
  return found == span.attributes.end() ? std::nullopt : std::optional(found->value);
}

// A tracer that hears of events, in one run of one session unless said otherwise.
class Bench {
 public:
  explicit Bench(std::optional<TraceParent> outer = std::nullopt, Content content = Content::left_out,
                 Sampler sampler = {})
      : tracer(std::move(outer), sampler,
               {.on_span = [this](Span span) { spans.push_back(std::move(span)); },
                .measure = [this](const Instrument& instrument, double value,
                                  const Attributes& attributes) { note(instrument, value, attributes); },
                .content = content,
                .base_url = [](const std::string&) { return std::string("https://api.example:8443/v1"); }}) {}

  void tell(std::int64_t ms, chat::EventBody body, const std::string& path = "root", const std::string& session = "s1",
            const std::string& run = "r1") {
    tracer.on_event(
        {.seq = 0, .session = session, .run = run, .agent_path = path, .time = at_ms(ms), .body = std::move(body)});
  }
  void ready() {
    tell(0, e::Ready{.agent_id = "coder",
                     .model = "gemini/flash",
                     .tools = {},
                     .mcp_servers = {},
                     .permission_mode = {},
                     .sandbox = {}});
  }
  void user(std::int64_t ms, const std::string& text, const std::string& path = "root",
            const std::string& session = "s1") {
    tell(ms, e::User{"m", {{chat::Text{text}}}}, path, session);
  }
  void reply(std::int64_t ms, const std::string& text, chat::StopReason stop = chat::StopReason::end_turn,
             const std::string& path = "root", const std::string& session = "s1") {
    const chat::Usage usage{.input = 10, .output = 5, .cache_read = 30, .cache_write = 2, .reasoning = 1};
    tell(ms, e::Assistant{"m", {{chat::Text{text}}, "flash-001", stop, usage, "gemini"}, 0.25}, path, session);
    tell(ms, e::UsageEvent{usage, 0.25, 0.25}, path, session);
  }
  void call(std::int64_t ms, const std::string& id, const std::string& name, const std::string& input = "{}",
            const std::string& path = "root", const std::string& session = "s1") {
    tell(ms, e::ToolUse{id, name, input, ""}, path, session);
  }
  void result(std::int64_t ms, const std::string& id, bool failed = false, std::int64_t took = 5,
              const std::string& path = "root", const std::string& session = "s1") {
    tell(ms,
         e::ToolResult{.message_id = "m",
                       .result = {id, {chat::Text{"out"}}, failed},
                       .name = "x",
                       .duration = std::chrono::milliseconds(took),
                       .saved_to = {}},
         path, session);
  }
  void done(std::int64_t ms, std::optional<Error> error = std::nullopt) {
    e::Done done;
    done.error = std::move(error);
    tell(ms, std::move(done));
  }

  [[nodiscard]] const Span& span(std::string_view name) const {
    const auto found = std::ranges::find(spans, name, &Span::name);
    REQUIRE(found != spans.end());
    return *found;
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& one : spans) out.push_back(one.name);
    return out;
  }

  std::vector<Span> spans;
  std::vector<Measured> measured;
  std::vector<std::string> models_measured;
  Tracer tracer;

 private:
  void note(const Instrument& instrument, double value, const Attributes& attributes) {
    if (auto model = text_at(attributes, "gen_ai.response.model"); !model.empty()) models_measured.push_back(model);
    auto type = text_at(attributes, "error.type");
    if (type.empty()) type = text_at(attributes, "gen_ai.token.type");
    measured.push_back({std::string(instrument.name), value, std::move(type)});
  }
};

const TraceParent outside{.trace_id = "0af7651916cd43dd8448eb211c80319c", .span_id = "b7ad6b7169203331"};

}  // namespace

TEST_CASE("tracer: a run is a span with its requests and calls below it", "[telemetry][tracer]") {
  Bench bench(outside);
  bench.ready();
  bench.user(100, "hi");
  bench.tell(150, e::TextDelta{"w"});
  bench.tell(160, e::TextDelta{"ait"});
  bench.reply(200, "wait", chat::StopReason::tool_use);
  bench.call(200, "c1", "Grep");
  bench.result(1000, "c1", false, 30);
  bench.reply(1500, "done");
  bench.done(1510);

  CHECK(bench.names() ==
        std::vector<std::string>{"chat flash", "execute_tool Grep", "chat flash", "invoke_agent coder"});
  const auto& run = bench.span("invoke_agent coder");
  CHECK(run.trace_id == outside.trace_id);
  CHECK(run.parent_id == outside.span_id);
  CHECK(run.start == at_ms(100));
  CHECK(run.end == at_ms(1510));
  CHECK_FALSE(run.failed);
  CHECK(run.attributes == Attributes{{"gen_ai.operation.name", std::string("invoke_agent")},
                                     {"gen_ai.agent.id", std::string("coder")},
                                     {"gen_ai.agent.name", std::string("coder")},
                                     {"gen_ai.conversation.id", std::string("s1")},
                                     {"gen_ai.provider.name", std::string("gcp.gemini")},
                                     {"gen_ai.request.model", std::string("flash")},
                                     {"gen_ai.usage.input_tokens", std::int64_t{84}},
                                     {"gen_ai.usage.output_tokens", std::int64_t{10}},
                                     {"gen_ai.usage.cache_read.input_tokens", std::int64_t{60}},
                                     {"gen_ai.usage.cache_creation.input_tokens", std::int64_t{4}},
                                     {"gen_ai.usage.reasoning.output_tokens", std::int64_t{2}},
                                     {"errand.cost_usd", 0.5}});

  const auto& chat = bench.spans.front();
  CHECK(chat.parent_id == run.span_id);
  CHECK(chat.kind == Span::Kind::client);
  CHECK(chat.start == at_ms(100));
  CHECK(chat.end == at_ms(200));
  CHECK(chat.attributes == Attributes{{"gen_ai.operation.name", std::string("chat")},
                                      {"gen_ai.provider.name", std::string("gcp.gemini")},
                                      {"gen_ai.request.model", std::string("flash")},
                                      {"server.address", std::string("api.example")},
                                      {"server.port", std::int64_t{8443}},
                                      {"gen_ai.conversation.id", std::string("s1")},
                                      {"gen_ai.request.stream", true},
                                      {"gen_ai.response.time_to_first_chunk", 0.05},
                                      {"gen_ai.response.model", std::string("flash-001")},
                                      {"gen_ai.response.finish_reasons", std::vector<std::string>{"tool_use"}},
                                      {"errand.cost_usd", 0.25},
                                      {"gen_ai.usage.input_tokens", std::int64_t{42}},
                                      {"gen_ai.usage.output_tokens", std::int64_t{5}},
                                      {"gen_ai.usage.cache_read.input_tokens", std::int64_t{30}},
                                      {"gen_ai.usage.cache_creation.input_tokens", std::int64_t{2}},
                                      {"gen_ai.usage.reasoning.output_tokens", std::int64_t{1}}});

  const auto& call = bench.span("execute_tool Grep");
  CHECK(call.parent_id == run.span_id);
  CHECK(call.start == at_ms(970));  // what came before, the approval above all, is no part of it
  CHECK(call.end == at_ms(1000));
  CHECK(bench.spans.at(2).start == at_ms(1000));

  CHECK(bench.measured == std::vector<Measured>{{"gen_ai.client.operation.time_to_first_chunk", 0.05},
                                                {"gen_ai.client.token.usage", 42, "input"},
                                                {"gen_ai.client.token.usage", 5, "output"},
                                                {"gen_ai.client.operation.duration", 0.1},
                                                {"gen_ai.client.token.usage", 42, "input"},
                                                {"gen_ai.client.token.usage", 5, "output"},
                                                {"gen_ai.client.operation.duration", 0.5}});
}

TEST_CASE("tracer: a subagent hangs below the call that started it, parallel ones by their prompts",
          "[telemetry][tracer]") {
  Bench bench;
  bench.ready();
  bench.user(0, "review");
  bench.reply(10, "", chat::StopReason::tool_use);
  bench.call(10, "t1", "Task", R"({"subagent_type":"reviewer","prompt":"one","description":"d"})");
  bench.call(10, "t2", "Task", R"({"subagent_type":"reviewer","prompt":"two","description":"d"})");
  bench.user(20, "two", "root/reviewer#1", "s2");
  bench.user(20, "one", "root/reviewer#2", "s3");
  bench.reply(30, "first", chat::StopReason::end_turn, "root/reviewer#1", "s2");
  bench.result(40, "t2");
  bench.result(50, "t1", true);
  bench.reply(60, "both");
  bench.done(70);

  std::vector<Span> subagents;
  std::ranges::copy_if(bench.spans, std::back_inserter(subagents),
                       [](const Span& span) { return span.name == "invoke_agent reviewer"; });
  REQUIRE(subagents.size() == 2);
  const auto id_of_call = [&](const std::string& id) {
    const auto found = std::ranges::find_if(
        bench.spans, [&](const Span& span) { return value_at(span, "gen_ai.tool.call.id") == Value(id); });
    REQUIRE(found != bench.spans.end());
    return found->span_id;
  };
  CHECK(subagents[0].parent_id == id_of_call("t2"));
  CHECK_FALSE(subagents[0].failed);
  CHECK(value_at(subagents[0], "gen_ai.request.model") == Value(std::string("flash-001")));
  CHECK(subagents[1].parent_id == id_of_call("t1"));
  CHECK(subagents[1].failed);
  for (const auto& span : bench.spans) CHECK(span.trace_id == bench.spans.front().trace_id);
}

TEST_CASE("tracer: a call whose arguments are not what they should be started no subagent", "[telemetry][tracer]") {
  const auto* const input = GENERATE(R"({"prompt":7})", R"({"prompt":null})", R"([])", R"({"prompt":"other"})");
  CAPTURE(input);
  Bench bench;
  bench.ready();
  bench.user(0, "go");
  bench.reply(10, "", chat::StopReason::tool_use);
  bench.call(10, "t1", "Task", input);
  bench.call(10, "t2", "Task", R"({"subagent_type":"scout","prompt":"look","description":"d"})");
  bench.user(20, "look", "root/scout#1", "s2");
  bench.result(30, "t1", true);
  bench.result(40, "t2");
  bench.done(50);
  const auto& scout = bench.span("invoke_agent scout");
  const auto parent = std::ranges::find(bench.spans, scout.parent_id, &Span::span_id);
  REQUIRE(parent != bench.spans.end());
  CHECK(value_at(*parent, "gen_ai.tool.call.id") == Value(std::string("t2")));
}

TEST_CASE("tracer: names that a model or a server made up are cut and harmless", "[telemetry][tracer]") {
  Bench bench;
  const auto endless = "\x1b[31m" + std::string(100'000, 'x');
  bench.ready();
  bench.user(0, "hi");
  bench.tell(10, e::Assistant{"m", {{}, endless, chat::StopReason::tool_use, {.input = 1}, "gemini"}, std::nullopt});
  bench.call(10, endless, endless);
  bench.result(20, endless);
  bench.done(30);
  for (const auto& span : bench.spans) {
    CHECK(span.name.size() <= 150);
    CHECK(span.name.find('\x1b') == std::string::npos);
    for (const auto& attribute : span.attributes) {
      const auto* text = std::get_if<std::string>(&attribute.value);
      if (text == nullptr) continue;
      CAPTURE(attribute.key);
      CHECK(text->size() <= 128);
      CHECK(text->find('\x1b') == std::string::npos);
    }
  }
  CHECK(bench.spans.size() == 3);
  CHECK(bench.models_measured.empty());
}

TEST_CASE("tracer: large messages are left out of what one attribute holds", "[telemetry][tracer]") {
  Bench bench(std::nullopt, Content::captured);
  bench.ready();
  for (int i = 0; i < 20; ++i) bench.user(i, std::string(30'000, 'x'));
  bench.reply(30, "short");
  bench.done(40);
  const auto value = value_at(bench.spans.front(), "gen_ai.input.messages");
  REQUIRE(value);
  const auto& text = std::get<std::string>(*value);
  CHECK(text.size() > 200'000);
  CHECK(text.size() < 270'000);
  CHECK(Json::parse(text).size() == 8);
}

TEST_CASE("tracer: a fault of its own ends the tracing, not the run", "[telemetry][tracer]") {
  int spans = 0;
  Tracer tracer(outside, {},
                {.on_span =
                     [&](const Span&) {
                       ++spans;
                       throw std::runtime_error("no room");
                     },
                 .measure = [](const Instrument&, double, const Attributes&) {},
                 .base_url = {}});
  const auto tell = [&](chat::EventBody body) {
    tracer.on_event(
        {.seq = 0, .session = "s1", .run = "r1", .agent_path = "root", .time = at_ms(0), .body = std::move(body)});
  };
  for (int run = 0; run < 2; ++run) {
    CHECK_NOTHROW(tell(e::User{"m", {{chat::Text{"hi"}}}}));
    CHECK_NOTHROW(tell(e::Done{}));
  }
  CHECK(spans == 1);
  CHECK(tracer.variables("s1", "") == variables_of(outside));
}

TEST_CASE("tracer: what fails says so in its own span and in the run's", "[telemetry][tracer]") {
  Bench bench;
  bench.ready();
  bench.user(0, "hi");
  bench.tell(100, e::Retry{.attempt = 2,
                           .max_attempts = 3,
                           .delay = std::chrono::milliseconds(500),
                           .status = 529,
                           .reason = "overloaded"});
  bench.done(900, Error{.kind = ErrorKind::unavailable, .message = "the API is overloaded"});

  CHECK(bench.names() == std::vector<std::string>{"chat flash", "invoke_agent coder"});
  const auto& chat = bench.spans.front();
  CHECK(chat.failed);
  CHECK(chat.error.empty());
  CHECK(value_at(chat, "error.type") == Value(std::string("unavailable")));
  CHECK(value_at(chat, "http.request.resend_count") == Value(std::int64_t{1}));
  REQUIRE(chat.events.size() == 1);
  CHECK(chat.events[0] == SpanEvent{"retry",
                                    at_ms(100),
                                    {{"errand.retry.attempt", std::int64_t{2}},
                                     {"errand.retry.delay_ms", std::int64_t{500}},
                                     {"http.response.status_code", std::int64_t{529}}}});
  CHECK(bench.spans.back().failed);
  CHECK(bench.measured == std::vector<Measured>{{"gen_ai.client.operation.duration", 0.9, "unavailable"}});
}

TEST_CASE("tracer: a reply that was cut ended when it was kept, by what ended the run", "[telemetry][tracer]") {
  Bench bench;
  bench.ready();
  bench.user(0, "hi");
  bench.tell(50, e::TextDelta{"so"});
  bench.reply(100, "so", chat::StopReason::cancelled);
  bench.done(900, Error{.kind = ErrorKind::timeout, .message = "the time limit passed"});
  const auto& chat = bench.span("chat flash");
  CHECK(chat.end == at_ms(100));
  CHECK(value_at(chat, "error.type") == Value(std::string("timeout")));
  CHECK(value_at(chat, "gen_ai.usage.output_tokens") == Value(std::int64_t{5}));
}

TEST_CASE("tracer: a limit that is seen before the next request makes no request", "[telemetry][tracer]") {
  Bench bench;
  bench.ready();
  bench.user(0, "hi");
  bench.reply(10, "", chat::StopReason::tool_use);
  bench.call(10, "c1", "Bash");
  bench.tell(11, e::Approval{"a", "c1", "deny", "policy"});
  bench.result(12, "c1", true);
  bench.done(13, Error{.kind = ErrorKind::limit, .message = "turns"});
  CHECK(bench.names() == std::vector<std::string>{"chat flash", "execute_tool Bash", "invoke_agent coder"});
  CHECK(value_at(bench.span("execute_tool Bash"), "error.type") == Value(std::string("denied")));
}

TEST_CASE("tracer: a summary of the conversation is a request of its own", "[telemetry][tracer]") {
  Bench bench;
  bench.ready();
  bench.user(0, "hi");
  bench.tell(10, e::CompactStarted{"threshold", 100});
  bench.tell(40, e::UsageEvent{{.input = 7, .output = 3}, 0.1, 0.1});
  bench.tell(50, e::CompactCompleted{.reason = "threshold", .kept_from = {}, .summary = {}, .cleared_before = {}});
  bench.reply(90, "ok");
  bench.done(91);
  REQUIRE(bench.spans.size() == 3);
  CHECK(value_at(bench.spans[0], "errand.purpose") == Value(std::string("compaction")));
  CHECK(bench.spans[0].start == at_ms(10));
  CHECK(bench.spans[0].end == at_ms(50));
  CHECK(bench.spans[1].start == at_ms(50));
}

TEST_CASE("tracer: no text of a conversation is in a span unless that is asked for", "[telemetry][tracer]") {
  const auto content = GENERATE(Content::left_out, Content::captured);
  Bench bench(std::nullopt, content);
  bench.ready();
  bench.user(0, "the prompt");
  bench.tell(5, e::Retry{.attempt = 2, .max_attempts = 3, .status = 529, .reason = "no room for \"the first quote\""});
  bench.tell(6, e::Fallback{.from = "gemini/flash", .to = "gemini/pro", .reason = "no room for \"the second quote\""});
  bench.reply(10, "the answer", chat::StopReason::tool_use);
  bench.call(10, "c1", "Bash", R"({"command":"the command"})");
  bench.result(20, "c1");
  bench.reply(30, "the end");
  const auto kind = GENERATE(ErrorKind::failure, ErrorKind::unavailable, ErrorKind::auth);
  bench.done(31, Error{.kind = kind, .message = "the answer has no code; it begins \"the last quote\""});
  std::string all;
  const auto add_texts = [&](const Attributes& attributes) {
    for (const auto& attribute : attributes) {
      if (const auto* text = std::get_if<std::string>(&attribute.value)) all += *text + "\n";
    }
  };
  for (const auto& span : bench.spans) {
    all += span.error + "\n";
    add_texts(span.attributes);
    for (const auto& event : span.events) add_texts(event.attributes);
  }
  const bool is_there = content == Content::captured;
  for (const auto* text : {"the prompt", "the answer", "the command", "out\"", "the end", "the first quote",
                           "the second quote", "the last quote"}) {
    CAPTURE(text);
    CHECK((all.find(text) != std::string::npos) == is_there);
  }
  if (!is_there) return;
  CHECK(value_at(bench.spans.front(), "gen_ai.input.messages") ==
        Value(std::string(R"([{"role":"user","parts":[{"type":"text","content":"the prompt"}]}])")));
  CHECK(value_at(bench.spans.front(), "gen_ai.output.messages") ==
        Value(std::string(
            R"([{"role":"assistant","parts":[{"type":"text","content":"the answer"}],"finish_reason":"tool_use"}])")));
}

TEST_CASE("tracer: a command is told of its call's span, then of its agent's, then of the outer one",
          "[telemetry][tracer]") {
  Bench bench(outside);
  const auto traceparent = [&](const std::string& session, const std::string& call) {
    const auto variables = bench.tracer.variables(session, call);
    return variables.empty() ? std::string() : variables.front().second;
  };
  CHECK(traceparent("s1", "c1") == to_string(outside));
  bench.ready();
  bench.user(0, "hi");
  bench.reply(10, "", chat::StopReason::tool_use);
  bench.call(10, "c1", "Bash");
  const auto of_call = traceparent("s1", "c1");
  const auto of_agent = traceparent("s1", "");
  bench.result(20, "c1");
  bench.done(30);
  CHECK(of_call == "00-" + outside.trace_id + "-" + bench.span("execute_tool Bash").span_id + "-01");
  CHECK(of_agent == "00-" + outside.trace_id + "-" + bench.span("invoke_agent coder").span_id + "-01");
  CHECK(traceparent("s1", "c1") == to_string(outside));
}

TEST_CASE("tracer: what its parent does not keep is not exported, and commands hear so", "[telemetry][tracer]") {
  auto dropped = outside;
  dropped.sampled = false;
  Bench bench(dropped);
  bench.ready();
  bench.user(0, "hi");
  CHECK(bench.tracer.variables("s1", "").front().second.ends_with("-00"));
  bench.reply(10, "ok");
  bench.done(11);
  CHECK(bench.spans.empty());
  CHECK(bench.measured.size() == 3);  // measurements count everything
}

TEST_CASE("tracer: runs beside one another, and without an outer trace, are traces of their own",
          "[telemetry][tracer]") {
  Bench bench;
  for (const auto* run : {"r1", "r2"}) bench.tell(0, e::User{"m", {{chat::Text{"hi"}}}}, "root", run, run);
  for (const auto* run : {"r1", "r2"}) bench.tell(5, e::Done{}, "root", run, run);
  REQUIRE(bench.spans.size() == 2);
  CHECK(bench.spans[0].trace_id != bench.spans[1].trace_id);
  CHECK(bench.spans[0].trace_id.size() == 32);
  CHECK(bench.spans[0].parent_id.empty());
}

}  // namespace errand::telemetry
