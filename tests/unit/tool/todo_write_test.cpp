#include <catch2/catch.hpp>

#include "support/tool_bench.hpp"

namespace errand::tool {
namespace {

TEST_CASE("TodoWrite: replaces the list and tells of it", "[tool][todo]") {
  test::ToolBench bench;
  bench.text("TodoWrite", {{"todos", {{{"content", "old"}, {"status", "pending"}}}}});
  const Json todos = {{{"content", "build\x1b[2J"}, {"status", "completed"}},
                      {{"content", "test"}, {"status", "in_progress"}, {"activeForm", "Testing"}}};
  CHECK(bench.text("TodoWrite", {{"todos", todos}}) == "2 todos: 1 completed, 1 in progress, 0 pending");
  REQUIRE(bench.events.size() == 2);
  const auto& items = std::get<chat::event::Todo>(bench.events[1]).items;
  REQUIRE(items.size() == 2);
  CHECK(items[0].content == "build⟦escape⟧");
  CHECK(items[1].active_form == "Testing");
  CHECK(bench.state.todos.with([](const auto& list) { return list.size(); }) == 2);
  CHECK(
      bench.text("TodoWrite", {{"todos", {{{"content", "x"}, {"status", "done"}}}}}) ==
      "error: TodoWrite: \"todos[0].status\" must be one of pending, in_progress, completed, not the string \"done\"");
}

}  // namespace
}  // namespace errand::tool
