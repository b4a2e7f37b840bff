// agent::Rewinding against a store: what is planned is what the conversation is afterwards.

#include "agent/rewind.hpp"

#include <functional>

#include <catch2/catch.hpp>

#include "contract/store/samples.hpp"
#include "store/open.hpp"

using namespace errand;
using namespace errand::test;

namespace {

using Ids = std::vector<std::string>;

struct World {
  std::unique_ptr<store::Store> store = store::open_temporary().value();
  std::string id = store->create(a_session()).value().id;
  int seconds = 0;

  void tell(const std::string& run, const Ids& messages) {
    for (const auto& message : messages) {
      auto event = message.starts_with('u')   ? user_says(id, ++seconds, message, "x")
                   : message.starts_with('a') ? assistant_says(id, ++seconds, message, "y")
                                              : compaction(message.substr(1));
      event.run = run;
      REQUIRE(store->append(id, {event}, {}));
    }
  }

  chat::Event compaction(const std::string& kept_from) {
    return event_of(id, ++seconds, chat::event::CompactCompleted{"user", 9, 1, kept_from, "summary", false});
  }

  // What is planned, done.
  Result<agent::Rewinding> go(const std::function<Result<agent::Rewinding>(const agent::Said&)>& plan) {
    const auto history = store->read_history(id).value();
    const auto records = store->records(id).value();
    auto rewinding = plan({history, records});
    if (!rewinding) return rewinding;
    std::vector<store::Lasting> events;
    for (const auto& event : rewinding->events) events.push_back(event_of(id, ++seconds, event));
    REQUIRE(store->append(id, events, {}));
    return rewinding;
  }
  Result<agent::Rewinding> back(int nth) {
    return go([&](const agent::Said& said) { return agent::rewind_before_prompt(said, nth); });
  }
  Result<agent::Rewinding> to(const std::string& message) {
    return go([&](const agent::Said& said) { return agent::rewind_to(said, message); });
  }

  [[nodiscard]] Ids conversation() const { return message_ids(store->history(id).value()); }
  [[nodiscard]] bool is_compacted() const { return store->read_history(id).value().compaction.has_value(); }
};

}  // namespace

TEST_CASE("rewind: before a prompt of the person, not of a hook", "[agent][rewind]") {
  World world;
  world.tell("run-1", {"u1", "a1"});
  world.tell("run-2", {"u2", "a2", "u2-hook", "a3"});
  const auto back = world.back(1);
  CHECK(back->leaving == Ids{"u2", "a2", "u2-hook", "a3"});
  CHECK(world.conversation() == Ids{"u1", "a1"});
  CHECK(world.back(2).error().message == "the conversation has 1 prompt, and no prompt -2");
  CHECK(world.back(1)->leaving == Ids{"u1", "a1"});
  CHECK(world.conversation().empty());
  CHECK(world.back(1).error().message == "the conversation has 0 prompts, and no prompt -1");

  const auto forward = world.to("a2");
  CHECK(forward->returning == Ids{"u1", "a1", "u2", "a2"});
  CHECK(world.conversation() == Ids{"u1", "a1", "u2", "a2"});
}

TEST_CASE("rewind: a message by its id or the only beginning of it", "[agent][rewind]") {
  World world;
  world.tell("run-1", {"u-1111", "a-1111", "u-1122", "a-2222"});
  CHECK(world.to("u-11").error().message == "\"u-11\" is the beginning of 2 messages");
  CHECK(world.to("u-1").error().message == "the session has no message \"u-1\"");
  CHECK(world.to("a-11")->leaving == Ids{"u-1122", "a-2222"});
  CHECK(world.to("a-1111")->events.empty());  // there already
}

TEST_CASE("rewind: the newest compaction is undone, and no message with it", "[agent][rewind]") {
  World world;
  const auto undo = [&] { return world.go([](const agent::Said& said) { return agent::undo_compaction(said); }); };
  CHECK_FALSE(undo());
  world.tell("run-1", {"u1", "a1", "#u1", "u2", "a2", "#a2", "u3", "a3"});
  CHECK(world.is_compacted());
  CHECK(undo()->undoes_compaction);
  CHECK(world.store->read_history(world.id)->compaction->kept_from == "u1");
  CHECK(undo());
  CHECK_FALSE(world.is_compacted());
  CHECK(world.conversation() == Ids{"u1", "a1", "u2", "a2", "u3", "a3"});
  CHECK_FALSE(undo());

  world.tell("run-2", {"#a3"});
  CHECK(world.back(1)->undoes_compaction);
  CHECK_FALSE(world.is_compacted());
}
