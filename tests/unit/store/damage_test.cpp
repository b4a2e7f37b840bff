#include <catch2/catch.hpp>

#include "contract/store/samples.hpp"
#include "store/open.hpp"
#include "store/sqlite_database.hpp"
#include "support/temp_dir.hpp"

using namespace errand;
using namespace errand::store;
using namespace errand::test;

TEST_CASE("damage: a message that can't be read is named and costs no other", "[store][damage]") {
  const auto json = GENERATE(as<std::string>{}, "", "garbage", "{\"content\":", "[]", "7", "{}", "{\"content\":7}",
                             "{\"content\":[7]}", "{\"content\":[{\"type\":\"text\",\"text\":7},{\"type\":[]}]}",
                             "{\"content\":[{\"type\":\"image\",\"source\":{\"data\":\"*\"}}]}");
  const auto victim = GENERATE(as<std::string>{}, "u1", "a1", "t1");
  CAPTURE(json, victim);
  const TempDir directory;
  const auto store = open(directory.path(), "ada", OpenMode::create).value();
  const auto id = store->create(a_session()).value().id;
  const chat::ToolResult result{"c", {chat::Text{"r"}}, false};
  REQUIRE(store->append(
      id,
      {user_says(id, 1, "u0", "first"), user_says(id, 2, "u1", "x"), assistant_says(id, 3, "a1", "y"),
       event_of(id, 4, chat::event::ToolResult{"t1", result, "Read", {}, false, ""}), user_says(id, 5, "u2", "last")},
      {}));
  Database(directory / "ada/errand.db").run("UPDATE messages SET json = ? WHERE message_id = ?", {json, victim});

  std::vector<std::string> others = {"u0", "u1", "a1", "t1", "u2"};
  std::erase(others, victim);
  const auto history = store->read_history(id).value();
  CHECK(message_ids(history.messages) == others);
  REQUIRE(history.damaged.size() == 1);
  CHECK(history.damaged[0].message_id == victim);
  CHECK_FALSE(history.damaged[0].reason.empty());
  CHECK(store->records(id).value().size() == 5);
}
