#include "repl/editor/line_queue.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace errand::repl;
using Lines = std::vector<std::string>;

namespace {

LineQueue::Line line(const std::string& text) {
  return {text, {.prompt = "> ", .text = text}};
}

Lines shown(const LineQueue& queue, std::size_t columns, std::string_view typed = {}) {
  Lines out;
  for (const auto& row : queue.rows(columns, Styles::none, typed)) out.push_back(row.text);
  return out;
}

std::string text_of(const std::optional<LineQueue::Line>& one) {
  return one ? one->text : "none";
}

}  // namespace

TEST_CASE("line queue: lines come in their order, the newest goes back, and none while it is paused", "[repl][queue]") {
  LineQueue queue;
  queue.pause();  // there is nothing to pause
  for (const auto* text : {"one", "two", "three"}) queue.add(line(text));
  CHECK(text_of(queue.take_newest()) == "three");
  CHECK(text_of(queue.next()) == "one");
  queue.pause();
  CHECK(text_of(queue.next()) == "none");
  queue.resume();
  CHECK(text_of(queue.next()) == "two");
  CHECK(text_of(queue.next()) == "none");
  CHECK(text_of(queue.take_newest()) == "none");
}

TEST_CASE("line queue: one after the other is taken to be edited, and goes back to its place", "[repl][queue]") {
  using Toward = LineQueue::Toward;
  LineQueue queue;
  for (const auto* text : {"one", "two", "three"}) queue.add(line(text));
  queue.pause();
  CHECK(text_of(queue.take_newest()) == "three");
  CHECK(text_of(queue.take_beside(line("THREE"), Toward::older)) == "two");
  CHECK(text_of(queue.take_beside(line("TWO"), Toward::older)) == "one");
  CHECK(text_of(queue.take_beside(line("ONE"), Toward::older)) == "none");  // it stays where it is edited
  CHECK(text_of(queue.take_beside(line("ONE"), Toward::newer)) == "TWO");
  queue.add(line("2"));
  CHECK_FALSE(queue.lends());
  CHECK(shown(queue, 80) ==
        Lines{"Enter asks what waits, Up takes it back", "queued: ONE", "queued: 2", "queued: THREE"});

  CHECK(text_of(queue.take_newest()) == "THREE");
  CHECK(text_of(queue.take_beside(line("3"), Toward::newer)) == "none");
  CHECK_FALSE(queue.lends());
  CHECK(shown(queue, 80).back() == "queued: 3");

  queue.resume();
  CHECK(text_of(queue.take_newest()) == "3");
  CHECK(text_of(queue.next()) == "ONE");
  CHECK(text_of(queue.next()) == "2");
  CHECK(text_of(queue.take_beside(line("3!"), Toward::newer)) == "none");
  CHECK(text_of(queue.next()) == "3!");
}

TEST_CASE("line queue: a queue whose only line is edited is as it was once that is back", "[repl][queue]") {
  LineQueue queue;
  queue.add(line("one"));
  queue.pause();
  CHECK(text_of(queue.take_newest()) == "one");
  CHECK(text_of(queue.take_beside(line("one"), LineQueue::Toward::newer)) == "none");
  CHECK(text_of(queue.next()) == "none");
  queue.take_newest();
  queue.forget_lent();
  queue.add(line("another"));
  CHECK(text_of(queue.next()) == "another");
}

TEST_CASE("line queue: what a run did not take comes before what waits", "[repl][queue]") {
  LineQueue queue;
  queue.add(line("after"));
  for (const auto* text : {"taken", "left", "left too"}) queue.steer(line(text));
  CHECK(shown(queue, 80) ==
        Lines{"for this run: taken", "for this run: left", "for this run: left too", "queued: after"});
  CHECK(text_of(queue.take_steered()) == "taken");
  queue.pause();
  queue.steer_no_more();
  CHECK(text_of(queue.next()) == "none");
  queue.resume();
  CHECK(shown(queue, 80) == Lines{"queued: left", "queued: left too", "queued: after"});
  CHECK(text_of(queue.next()) == "left");
  CHECK(text_of(queue.take_steered()) == "none");
}

TEST_CASE("line queue: while it is paused it says which key lets it go", "[repl][queue]") {
  LineQueue queue;
  for (const auto* text : {"one", "two"}) queue.add(line(text));
  queue.pause();
  CHECK(shown(queue, 80) == Lines{"Enter asks what waits, Up takes it back", "queued: one", "queued: two"});
  CHECK(shown(queue, 80, "a draft").front() == "Enter asks what waits, then this");
  CHECK(shown(queue, 80, "/model").front() == "Enter does this, what waits goes on waiting");
  for (const auto* text : {"three", "four", "five"}) queue.add(line(text));
  CHECK(shown(queue, 20) ==
        Lines{"Enter asks what wai…", "queued: one", "queued: two", "queued: three", "… and 2 more"});
  queue.resume();
  CHECK(shown(queue, 80).front() == "queued: one");
}

TEST_CASE("line queue: each line takes a row, of many some are only counted", "[repl][queue]") {
  LineQueue queue;
  for (const auto* text : {"one\nand more", "\x1b[2Jtwo", "three is rather long", "four", "five"})
    queue.add(line(text));
  CHECK(shown(queue, 20) ==
        Lines{"queued: one and more", "queued: ⟦escape⟧two", "queued: three is ra…", "… and 2 more"});
}

TEST_CASE("line queue: a prompt that begins with a path is no command", "[repl][queue]") {
  for (const auto* command : {"/model x", "/exit", "!make", "!!make", "/?", "/"}) CHECK(is_command(command));
  for (const auto* prompt : {"/usr/bin/ls does what?", "/a.txt", "/ ", "and then", ""}) CHECK_FALSE(is_command(prompt));
}
