#include <catch2/catch.hpp>

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

TEST_CASE("openai_chat: an error that says nothing is none", "[provider][openai_chat]") {
  for (const Json& none : {Json(), Json(false), Json(""), Json(0), Json::object(), Json::array()}) {
    CAPTURE(none.dump());
    auto last = Json::parse(chunk(Json::object(), "stop", {{"error", none}}).substr(6));
    last["choices"][0]["error"] = none;
    const auto decoded = read(chunk({{"content", "Hi"}}, nullptr, {{"error", none}}) + "data: " + last.dump() + "\n\n");
    CHECK(decoded.error == std::nullopt);
    CHECK(decoded.message.text() == "Hi");
  }
  for (const Json& some : {Json(true), Json("oops"), Json{{"message", "oops"}}}) {
    CAPTURE(some.dump());
    CHECK(read(chunk({{"content", "Hi"}}, "stop", {{"error", some}})).error);
    CHECK(read(chunk({{"content", "Hi"}}) + R"(data: {"choices":[{"finish_reason":"stop","error":)" + some.dump() +
               "}]}\n\n")
              .error);
  }
}

TEST_CASE("openai_chat: usage is found where servers tell it", "[provider][openai_chat]") {
  const Json told = {{"prompt_tokens", 100.0}, {"completion_tokens", 5}, {"total_tokens", 105}, {"cached_tokens", 80}};
  const chat::Usage expected{20, 5, 80, 0, 0};
  const auto start = chunk({{"content", "Hi"}});
  CHECK(read(start + chunk(Json::object(), "stop", {{"usage", told}})).message.usage == expected);
  CHECK(read(start + chunk(Json::object(), "stop", {{"x_groq", {{"usage", told}}}})).message.usage == expected);
  const Json in_choice = {{"index", 0}, {"delta", {{"content", "!"}}}, {"finish_reason", nullptr}, {"usage", told}};
  const Json mid = {{"model", "m"}, {"choices", Json::array({in_choice})}};
  const auto decoded = read(start + "data: " + mid.dump() + "\n\n" + chunk(Json::object(), "stop"));
  CHECK(decoded.message.usage == expected);
  CHECK(decoded.message.text() == "Hi!");
}

TEST_CASE("openai_chat: calls at one place without ids are told apart once each is whole", "[provider][openai_chat]") {
  const auto call = [](const char* name, const char* arguments) {
    const Json wire = {{"index", 0}, {"id", ""}, {"function", {{"name", name}, {"arguments", arguments}}}};
    return chunk({{"tool_calls", Json::array({wire})}});
  };
  const auto arguments_in = [&](const std::string& body) {
    std::vector<std::string> out;
    for (const auto& made : read(body + chunk(Json::object(), "tool_calls")).message.tool_calls()) {
      out.push_back(made.arguments);
    }
    return out;
  };
  using Arguments = std::vector<std::string>;
  CHECK(arguments_in(call("Bash", R"({"a":1})") + call("Bash", R"({"b":2})")) == Arguments{R"({"a":1})", R"({"b":2})"});
  CHECK(arguments_in(call("Bash", R"({"a":)") + call("", "1}") + call("Bash", R"({"b":2})")) ==
        Arguments{R"({"a":1})", R"({"b":2})"});
  CHECK(arguments_in(call("Bash", R"({"a":)") + call("Bash", "1}")) == Arguments{R"({"a":1})"});  // it repeats the name
}

}  // namespace errand::provider::test
