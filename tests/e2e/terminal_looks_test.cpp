// How answers look on screens: colours of each theme, and what stands where a row ends.

#include <string>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "support/chat_room.hpp"

using namespace errand;
using namespace errand::test::e2e;
using namespace errand::test::e2e::keys;

namespace {

using Room = ScreenRoom;

constexpr const char* answer =
    R"json(# A heading\n\nText with **bold**, *italic*, `code` and a [link](https://a.example/b).\n\n- one\n  1. two\n\n> quoted\n\n| name | size |\n|---|---:|\n| a | 1 |\n\n```python\ndef f(x):  # a comment\n    return \"text\" + str(42)\n```\n\nThe end.)json";

// Wide characters, marks, emoji, text from right to left, tabs, and a word longer than any row. No emoji of several
// parts: the model of the screen takes each part for one.
constexpr const char* edges =
    "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字 "
    "e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301 "
    "👍👍👍👍👍👍👍👍👍👍👍👍👍👍 שלום עולם مرحبا "
    "a\\tb ";

std::string said(const std::string& text) {
  return R"([{"reply": {"text": ")" + text + R"("}}])";
}

std::string long_word() {
  std::string out;
  for (int i = 0; i < 30; ++i) out += "word" + std::to_string(i);
  return out;
}

}  // namespace

TEST_CASE("looks: an answer, an approval and what is typed in the colours of each theme", "[e2e][terminal][looks]") {
  const auto* const theme = GENERATE("dark", "light", "16", "none");
  const auto* const depth = GENERATE("256", "truecolor");
  CAPTURE(theme, depth);
  const bool is_same_at_all_depths = std::string(theme) == "16" || std::string(theme) == "none";
  if (is_same_at_all_depths && std::string(depth) == "truecolor") return;
  const Room room(R"([{"reply": {"text": ")" + std::string(answer) + R"(", "tool_call": {"name": "Write",
                      "arguments": {"file_path": "a.txt", "content": "one\n"}}}}, {"reply": {"text": "Fine."}}])");
  auto screen = room.chat({90, 40}, {}, {{"COLORTERM", std::string(depth) == "256" ? "" : depth}});
  wait_for_prompt(screen);
  screen.type("/theme " + std::string(theme) + "\r");
  screen.wait_for("theme: " + std::string(theme));
  wait_for_prompt(screen);
  screen.type("show all\r");
  screen.wait_for("other words say why not");
  screen.type("n");
  screen.wait_for("> n. no");
  check_golden(screen, fmt::format("theme_{}_{}", theme, depth),
               [&] { return text::replace_all(screen.painted(), room.world.workspace(), "{{workspace}}"); });
  screen.type("\r");
  screen.wait_for("Fine.");
  leave(screen);
  room.check();
}

TEST_CASE("looks: what does not fit at the end of a row begins the next, and none is cut in two",
          "[e2e][terminal][looks]") {
  const auto columns = GENERATE(132, 80, 40, 20);
  CAPTURE(columns);
  const Room room(said(edges + long_word()));
  auto screen = room.chat({columns, 50});
  wait_for_prompt(screen);
  screen.type("漢字漢字漢字漢字x漢 e\u0301👍 שלום a\\\r" + long_word() + "\r");
  screen.wait_for("29\n");
  wait_for_prompt(screen);
  check_golden(screen, "edges_" + std::to_string(columns));
  leave(screen);
  room.check();
}
