#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "unit/provider/support.hpp"

// The dialects of Chat Completions, beside the streams in golden_test and recordings_test.

namespace errand::provider::test {

using chat::StopReason;

namespace {

std::string chunk(const Json& delta, const Json& finish = nullptr, const Json& more = Json::object()) {
  Json out = {{"model", "m"}, {"choices", {{{"index", 0}, {"delta", delta}, {"finish_reason", finish}}}}};
  out.update(more);
  return "data: " + out.dump() + "\n\n";
}

Decoded read(const std::string& body) {
  return decode(*make_openai_chat_codec(), openai_endpoint(), {200, {}}, {body});
}

}  // namespace

TEST_CASE("openai_chat: how a reply ended, in the dialects", "[provider][openai_chat]") {
  struct Case {
    const char* finish;
    std::optional<StopReason> stop;  ///< absent: it is an error, and another try may do
  };
  const Case cases[] = {
      {"stop", StopReason::end_turn},
      {"SOMETHING_NEW", StopReason::end_turn},
      {"length", StopReason::max_tokens},
      {"MAX_TOKENS", StopReason::max_tokens},
      {"max_output_tokens", StopReason::max_tokens},
      {"model_length", StopReason::context_window},
      {"model_context_window_exceeded", StopReason::context_window},
      {"content_filter", StopReason::refusal},
      {"content_filter: SAFETY", StopReason::refusal},
      {"sensitive", StopReason::refusal},
      {"SAFETY", StopReason::refusal},
      {"refusal", StopReason::refusal},
      {"RECITATION", StopReason::refusal},
      {"prohibited_content", StopReason::refusal},
      {"blocklist", StopReason::refusal},
      {"spii", StopReason::refusal},
      {"error", std::nullopt},
      {"network_error", std::nullopt},
      {"abort", std::nullopt},
      {"insufficient_system_resource", std::nullopt},
  };
  for (const auto& c : cases) {
    CAPTURE(c.finish);
    const auto decoded = read(chunk({{"content", "half an ans"}}) + chunk(Json::object(), c.finish));
    CHECK(decoded.message.text() == "half an ans");
    CHECK(decoded.message.stop == c.stop.value_or(StopReason::cancelled));
    CHECK(decoded.error.has_value() == !c.stop);
    if (decoded.error) CHECK(decoded.error->retryable);
  }
}

}  // namespace errand::provider::test
