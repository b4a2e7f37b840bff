#include "render/text_sink.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>

#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "base/text.hpp"
#include "capture.hpp"

using namespace errand;
using namespace errand::render;
using std::chrono::milliseconds;
namespace event = chat::event;

namespace {

// Events as a run sends them, in short.
class Script {
 public:
  Script& from(std::string agent_path) {
    agent_path_ = std::move(agent_path);
    return *this;
  }
  Script& send(chat::EventBody body) {
    chat::Event out;
    out.seq = events_.size() + 1;
    out.session = "s1";
    out.run = "r1";
    out.agent_path = agent_path_;
    out.body = std::move(body);
    events_.push_back(std::move(out));
    return *this;
  }
  Script& text(std::string piece) { return send(event::TextDelta{std::move(piece)}); }
  Script& thinking(std::string piece) { return send(event::ThinkingDelta{std::move(piece)}); }
  Script& reply(std::string whole) {
    event::Assistant out;
    out.message.content = {chat::Text{std::move(whole)}};
    return send(std::move(out));
  }
  Script& call(std::string id, std::string summary) {
    return send(event::ToolUse{std::move(id), "Bash", "{}", std::move(summary)});
  }
  Script& output(std::string id, std::string piece) {
    return send(event::ToolOutput{std::move(id), "stdout", std::move(piece)});
  }
  Script& result(std::string id, std::string content, bool is_error = false) {
    event::ToolResult out;
    out.result = {std::move(id), {chat::Text{std::move(content)}}, is_error};
    out.name = "Bash";
    out.duration = milliseconds(1200);
    return send(std::move(out));
  }
  Script& done(std::string text, std::optional<Error> error = std::nullopt) {
    event::Done out;
    out.result = std::move(text);
    out.error = std::move(error);
    out.num_turns = 2;
    out.duration = milliseconds(3400);
    out.usage = {100, 20, 0, 0, 0};
    return send(std::move(out));
  }
  [[nodiscard]] const std::vector<chat::Event>& events() const { return events_; }

 private:
  std::string agent_path_ = "root";
  std::vector<chat::Event> events_;
};

void play(TextSink& sink, const Script& script) {
  for (const auto& e : script.events()) sink.on_event(e);
}

event::Ready ready() {
  event::Ready out;
  out.agent_id = "helper";
  out.model = "scripted/x";
  out.permission_mode = "ask";
  out.sandbox = "bubblewrap";
  return out;
}

Script tools() {
  Script s;
  s.send(ready()).thinking("I should ").thinking("build it.").text("Let me ").text("build.").reply("Let me build.");
  s.call("1", "Bash make -s test").output("1", "cc a.c\ncc ").output("1", "b.c\n").result("1", "cc a.c\ncc b.c");
  s.call("2", "Read a.cpp")
      .call("3", "Bash false")
      .result("2", "1  int main\n2  {}")
      .result("3", "[exit code 1]", true);
  s.send(event::Todo{{{"build", "completed", "building"}, {"answer", "in_progress", "answering"}}});
  s.text("It ").text("builds.\n\nTwice.").reply("It builds.\n\nTwice.").done("It builds.\n\nTwice.");
  return s;
}

Script subagents() {
  Script s;
  s.call("1", "Task review it").call("2", "Task explore");
  s.from("root/reviewer#1").text("not shown").call("1", "Read a.cpp").result("1", "x");
  s.from("root/explorer#1").reply("not shown").call("1", "Grep TODO").result("1", "nothing", true);
  s.from("root/explorer#1/helper#1").call("1", "Bash ls").result("1", "a");
  s.from("root/explorer#1")
      .send(event::ErrorEvent{Error{ErrorKind::limit, "the subagent reached its limit", "raise it", {}, {}, false}});
  s.from("root").result("1", "fine").result("2", "limit", true).text("Done.").reply("Done.").done("Done.");
  return s;
}

Script restarted() {
  Script s;
  s.text("Half a rep").send(event::Retry{1, 5, milliseconds(4000), 529, "overloaded", true});
  s.send(event::Fallback{"claude-x", "gpt-y", "overloaded"}).send(event::Warning{"sandbox", "the sandbox is off"});
  s.text("A whole reply").reply("A whole reply").done("A whole reply");
  return s;
}

Script failed() {
  Script s;
  const Error error{
      ErrorKind::unavailable, "the model API did not answer", "try again later", {}, {"while asking claude-x"}, true};
  s.text("Half")
      .send(event::Retry{1, 2, milliseconds(500), 0, "connection reset", false})
      .send(event::ErrorEvent{error})
      .done("Half", error);
  return s;
}

Script partial() {
  Script s;
  const Error error{
      ErrorKind::limit, "the agent reached its limit of 2 turns", "raise it with --max-turns", {}, {}, false};
  s.text("So far").reply("So far").call("1", "Bash rm x").result("1", "the rule Bash(rm *) denies it", true);
  event::Done done;
  done.result = "So far";
  done.error = error;
  done.denials = {{"1", "Bash", R"({"command":"rm x"})", "it is what the rule Bash(rm *) denies"}};
  s.send(event::ErrorEvent{error}).send(done);
  return s;
}

Script cancelled() {
  Script s;
  s.text("So fa").call("1", "Bash sleep 100");
  s.send(event::Cancelled{"SIGINT"}).done("So fa", Error{ErrorKind::cancelled, "cancelled", "", {}, {}, false});
  return s;
}

Script hostile() {
  Script s;
  s.text("a\x1b")
      .text("]0;title\a b \xE2")
      .text(
          "\x80\xAE"
          "c")
      .reply("");
  s.call("1", "Bash echo \x1b[2J\nnext").output("1", "x\x1b[31m\n").result("1", "\x1b[2J\rlie", true);
  s.from("root/\x1b[1mx#1").call("2", "Read \xFF").result("2", "");
  s.from("root").send(event::Warning{"x", "w\x1b[0m"});
  s.send(event::ErrorEvent{Error{ErrorKind::failure, "e\x1b[0m", "", {}, {}, false}});
  s.done("a\x1b]0;title\a b", Error{ErrorKind::failure, "e\x1b[0m", "", {}, {}, false});
  return s;
}

// Control characters as text, so that a golden file can be read.
std::string visible(std::string text) {
  text = text::replace_all(std::move(text), "\x1b", "␛");
  text = text::replace_all(std::move(text), "\r", "␍");
  text = text::replace_all(std::move(text), "\a", "␇");
  if (!text.empty() && !text.ends_with('\n')) text += "⏎̸\n";
  return text;
}

struct Face {
  std::string name;
  std::function<void(TextOptions&)> set;
  bool one_screen = false;
};

void on_terminal(TextOptions& o) {
  o.answer = AnswerMode::streamed;
  o.out = o.err = Medium::terminal;
  o.columns = 60;
  o.repaint_every = milliseconds(0);
}

const std::vector<Face> faces = {
    {"terminal", [](TextOptions& o) { on_terminal(o), o.err_color = Color::on, o.err_motion = Motion::on; }, true},
    {"terminal, laid out",
     [](TextOptions& o) { on_terminal(o), o.out_motion = o.err_motion = Motion::on, o.out_depth = ColorDepth::ansi16; },
     true},
    {"dumb terminal", on_terminal, true},
    {"dumb terminal, verbose", [](TextOptions& o) { on_terminal(o), o.verbosity = Verbosity::verbose; }, true},
    {"dumb terminal, quiet", [](TextOptions& o) { on_terminal(o), o.verbosity = Verbosity::quiet; }, true},
    {"pipe", [](TextOptions&) {}, false},
    {"pipe, quiet", [](TextOptions& o) { o.verbosity = Verbosity::quiet; }, false},
    {"terminal, stderr in a file", [](TextOptions& o) { on_terminal(o), o.err = Medium::pipe; }, false},
};

std::string shown_on(const Face& face, const Script& script) {
  const test::Capture out;
  const test::Capture err;
  TextOptions options;
  options.out_fd = out.fd();
  options.err_fd = face.one_screen ? out.fd() : err.fd();
  face.set(options);
  TextSink sink(options);
  play(sink, script);
  const std::string head = "=== " + face.name;
  if (face.one_screen) return head + "\n" + visible(out.text());
  return head + ": stdout\n" + visible(out.text()) + head + ": stderr\n" + visible(err.text());
}

void check_golden(const std::string& name, const std::string& got) {
  const auto path = std::string(ERRAND_SOURCE_DIR) + "/tests/golden/render/" + name + ".txt";
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << got;
  CHECK(read_file(path).value() == got);
}

}  // namespace

TEST_CASE("text sink: runs look as the golden files say", "[render][text]") {
  const std::vector<std::pair<std::string, Script>> scripts = {
      {"tools", tools()},     {"subagents", subagents()}, {"restarted", restarted()}, {"failed", failed()},
      {"partial", partial()}, {"cancelled", cancelled()}, {"hostile", hostile()}};
  for (const auto& [name, script] : scripts) {
    std::string all;
    for (const auto& face : faces) all += shown_on(face, script);
    CAPTURE(name);
    check_golden(name, all);
  }
}

TEST_CASE("text sink: the answer ends with its terminator, once", "[render][text]") {
  struct Case {
    std::string result;
    char terminator;
    std::string expected;
  };
  const std::vector<Case> cases = {{"a", '\n', "a\n"},
                                   {"a\n", '\n', "a\n"},
                                   {"a\n\n", '\n', "a\n\n"},
                                   {"a", '\0', std::string("a\0", 2)},
                                   {"a\n", '\0', std::string("a\n\0", 3)},
                                   {"", '\n', ""}};
  for (const auto& c : cases) {
    const test::Capture out;
    const test::Capture err;
    TextOptions options;
    options.out_fd = out.fd();
    options.err_fd = err.fd();
    options.terminator = c.terminator;
    TextSink sink(options);
    play(sink, Script().done(c.result));
    CHECK(out.text() == c.expected);
  }
}

TEST_CASE("text sink: no control sequence gets out, and a pipe gets all else byte for byte", "[render][text]") {
  const std::string answer = "a\x1b[2Jb\r\n\t\xE2\x80\x8C";
  for (const auto medium : {Medium::pipe, Medium::terminal}) {
    const test::Capture out;
    TextOptions options;
    options.out_fd = options.err_fd = out.fd();
    options.out = medium;
    TextSink sink(options);
    play(sink, Script().done(answer));
    CHECK(out.text() == (medium == Medium::pipe ? "a⟦escape⟧b\r\n\t\xE2\x80\x8C\n" : "a⟦escape⟧b\n\t⟦invisible⟧\n"));
  }
}

TEST_CASE("text sink: a host that was refused is told, what was done only to those who ask", "[render][text]") {
  event::Done done;
  done.report.files_written = {"/w/a.txt", "/w/b\x1b[31m.txt"};
  done.report.hosts = {{"example.org", 443, true, ""}, {"10.0.0.1\x1b[2J", 80, false, "a private address"}};
  const std::string refused = "blocked: 10.0.0.1⟦escape⟧:80: a private address\n";
  for (const auto verbosity : {Verbosity::quiet, Verbosity::normal, Verbosity::verbose}) {
    const test::Capture out;
    const test::Capture err;
    TextOptions options;
    options.out_fd = out.fd();
    options.err_fd = err.fd();
    options.verbosity = verbosity;
    TextSink sink(options);
    play(sink, Script().send(done));
    const auto text = err.text();
    CAPTURE(text);
    CHECK((text.find(refused) != std::string::npos) == (verbosity != Verbosity::quiet));
    CHECK((text.find("wrote /w/a.txt, /w/b⟦escape⟧.txt") != std::string::npos) == (verbosity == Verbosity::verbose));
    CHECK((text.find("contacted example.org:443") != std::string::npos) == (verbosity == Verbosity::verbose));
    CHECK(text.find('\x1b') == std::string::npos);
  }
}

TEST_CASE("text sink: who refused a call in a chat needs no error to know, all others do", "[render][text]") {
  struct Case {
    std::string by;
    Reader reader;
    bool is_told;
  };
  const auto c = GENERATE(values<Case>({{"user", Reader::who_answers, false},
                                        {"user", Reader::anybody, true},
                                        {"rule", Reader::who_answers, true},
                                        {"policy", Reader::who_answers, true}}));
  CAPTURE(c.by);
  const test::Capture out;
  TextOptions options;
  options.out_fd = options.err_fd = out.fd();
  options.reader = c.reader;
  TextSink sink(options);
  const Error error{ErrorKind::denied, "a call of Bash was denied", "", {}, {}, false};
  Script script;
  script.call("1", "Bash rm x").send(event::Approval{"a", "1", "deny", "user"});
  script.call("2", "Bash rm y").send(event::Approval{"b", "2", "deny", c.by});
  event::Done done;
  done.result = "Fine.";
  done.error = error;
  done.denials = {{"1", "Bash", "{}", "the user said no"}, {"2", "Bash", "{}", "no"}};
  play(sink, script.send(event::ErrorEvent{error}).send(done));
  CHECK((out.text().find("error: a call of Bash was denied") != std::string::npos) == c.is_told);
  CHECK((out.text().find("denied: Bash: the user said no") != std::string::npos) == (c.reader == Reader::anybody));
  CHECK((out.text().find("denied: Bash: no") != std::string::npos) == (c.reader == Reader::anybody));
  play(sink, Script().done("", error));  // of a run in which nobody was asked
  CHECK(out.text().find("error: a call of Bash was denied") != std::string::npos);
}

TEST_CASE("text sink: a closed stdout stops the run, a closed stderr nothing", "[render][text]") {
  std::signal(SIGPIPE, SIG_IGN);
  auto pipe = make_pipe().value();
  pipe.read_end.reset();
  const test::Capture file;
  int stops = 0;
  TextOptions options;
  on_terminal(options);
  options.on_failure = [&] { ++stops; };
  options.out_fd = pipe.write_end.get();
  options.err_fd = file.fd();
  TextSink no_out(options);
  play(no_out, tools());
  CHECK(stops == 1);
  CHECK(no_out.output().closed());
  CHECK_FALSE(file.text().empty());

  options.out_fd = file.fd();
  options.err_fd = pipe.write_end.get();
  TextSink no_err(options);
  play(no_err, tools());
  CHECK(stops == 1);
  CHECK_FALSE(no_err.output().failed());
  CHECK(file.text().ends_with("Twice.\n"));
}

TEST_CASE("text sink: two runs on one sink print two answers", "[render][text]") {
  const test::Capture out;
  TextOptions options;
  options.out_fd = options.err_fd = out.fd();
  options.answer = AnswerMode::streamed;
  options.out = options.err = Medium::terminal;
  TextSink sink(options);
  play(sink, Script().text("one").reply("one").done("one").reply("two").done("two"));
  CHECK(out.text() == "one\ntwo\n");
}

TEST_CASE("text sink: an answer the caller keeps is not printed", "[render][text]") {
  const test::Capture out;
  const test::Capture err;
  TextOptions options;
  options.out_fd = out.fd();
  options.err_fd = err.fd();
  options.answer = AnswerMode::kept;
  TextSink sink(options);
  play(sink, tools());
  CHECK(out.text().empty());
  CHECK_FALSE(err.text().empty());
}

TEST_CASE("text sink: with flushing by the caller nothing is written before", "[render][text]") {
  const test::Capture out;
  TextOptions options;
  options.out_fd = options.err_fd = out.fd();
  options.answer = AnswerMode::streamed;
  options.flushing = Flushing::by_caller;
  TextSink sink(options);
  play(sink, Script().text("a").text("b"));
  CHECK(out.text().empty());
  sink.flush();
  CHECK(out.text() == "ab");
}

TEST_CASE("text sink: room is made for a question in the middle of a line", "[render][text]") {
  const test::Capture out;
  TextOptions options;
  options.out_fd = options.err_fd = out.fd();
  on_terminal(options);
  options.err_motion = Motion::on;
  TextSink sink(options);
  play(sink, Script().text("half"));
  sink.make_room();
  CHECK(out.text() == "half\n");
  play(sink, Script().call("1", "Bash x"));
  sink.make_room();
  CHECK(out.text() ==
        "half\n\x1b[?2026h\x1b[?25l\x1b[?7l\r⋯ Bash x\x1b[K\r\x1b[8C\x1b[?7h\x1b[?25h\x1b[?2026l"
        "\x1b[?2026h\x1b[?25l\x1b[?7l\r\x1b[K\r\x1b[?7h\x1b[?25h\x1b[?2026l");
}

TEST_CASE("text sink: a status is said once, a model left by a chain waits for nothing, dropped is not summarised",
          "[render][text]") {
  const test::Capture out;
  TextOptions options;
  options.out_fd = options.err_fd = out.fd();
  TextSink sink(options);
  play(sink, Script()
                 .send(event::Retry{2, 8, milliseconds(500), 429, "too many (HTTP 429): slow down", false})
                 .send(event::Retry{2, 8, milliseconds(500), 503, "overloaded", false})
                 .send(event::Retry{0, 0, milliseconds(0), 0, "overloaded", true})
                 .send(event::CompactCompleted{"threshold", 900, 200, "m", "[dropped]", true}));
  CHECK(out.text() ==
        "too many (HTTP 429): slow down: trying again in 0.5s, attempt 2 of 8\n"
        "overloaded (HTTP 503): trying again in 0.5s, attempt 2 of 8\n"
        "older turns were dropped: 900 tokens, about 200 now\n");
}
