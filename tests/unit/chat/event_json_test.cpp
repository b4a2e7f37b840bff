#include "chat/event_json.hpp"

#include <catch2/catch.hpp>

#include "base/json.hpp"

using namespace errand;
using namespace errand::chat;

TEST_CASE("event json: envelope first, compact, bad bytes replaced", "[chat][event]") {
  Event event{7, "s", "r", "root", Timestamp{}, event::TextDelta{"a\xFF\n"}};
  CHECK(
      to_json_line(event) ==
      R"({"type":"text_delta","seq":7,"session_id":"s","run_id":"r","time":"1970-01-01T00:00:00.000Z","agent":"root","text":"a)"
      "\xEF\xBF\xBD"
      R"(\n"})");
}

TEST_CASE("event json: a delta's line is what its JSON dumps to", "[chat][event]") {
  std::string every_byte;
  for (int byte = 0; byte < 128; ++byte) every_byte += static_cast<char>(byte);
  for (const auto& text : {every_byte, std::string("ä👩‍💻\"\\"), std::string("a\xFF"), std::string()}) {
    for (const auto& body : {EventBody{event::TextDelta{text}}, EventBody{event::ThinkingDelta{text}}}) {
      const Event event{7, "s\"", "r", "root/x#1", Timestamp{}, body};
      CHECK(to_json_line(event) == to_json(event).dump(-1, ' ', false, Json::error_handler_t::replace));
    }
  }
}

TEST_CASE("event json: a tool call whose arguments are no object shows {} and the text", "[chat][event]") {
  const auto json = body_json(event::ToolUse{"t", "Bash", "{\"command\": \"l", ""});
  CHECK(json["input"] == Json::object());
  CHECK(json["input_raw"] == "{\"command\": \"l");
}

TEST_CASE("event json: a failed done carries its error with the kind's public name", "[chat][event]") {
  event::Done done;
  done.stop_reason = "limit";
  done.error = Error{ErrorKind::limit, "too many", "", std::nullopt, {}, false};
  const auto json = body_json(done);
  CHECK(json["is_error"] == true);
  CHECK(json["error"]["kind"] == "limit");
  CHECK(json["total_cost_usd"].is_null());
}
