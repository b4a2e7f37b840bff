#include "provider/api_error.hpp"

#include <catch2/catch.hpp>

#include "unit/provider/support.hpp"

namespace errand::provider::test {

namespace {

struct Case {
  const char* about;
  int status;
  const char* body;
  ErrorKind kind;
  bool retryable;
  const char* message;
};

}  // namespace

TEST_CASE("api errors: each answer is named for what it means", "[provider][errors]") {
  const auto c = GENERATE(values<Case>({
      {"overflow, Anthropic", 400,
       R"({"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens > 8 maximum"}})",
       ErrorKind::limit, false,
       "the request does not fit the model's context window (HTTP 400): prompt is too long: 9 tokens > 8 maximum"},
      {"overflow, Google's words", 400,
       R"([{"error":{"code":400,"message":"The input token count (9) exceeds the maximum number of tokens allowed (8).","status":"INVALID_ARGUMENT"}}])",
       ErrorKind::limit, false,
       "the request does not fit the model's context window (HTTP 400): The input token count (9) exceeds the maximum "
       "number of tokens allowed (8)"},
      {"overflow, llama.cpp", 400,
       R"({"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error"}})",
       ErrorKind::limit, false,
       "the request does not fit the model's context window (HTTP 400): the request exceeds the available context "
       "size"},
      {"a bad key, Mistral", 401, R"({"detail":"Invalid API Key"})", ErrorKind::auth, false,
       "the model API refused the key (HTTP 401)"},
      {"a bad key, xAI", 400, R"({"code":"c","error":"Incorrect API key provided: sk***1. See https://x"})",
       ErrorKind::auth, false, "the model API refused the key (HTTP 400)"},
      {"a model that is not there", 404,
       R"({"error":{"message":"The model `m` does not exist","code":"model_not_found"}})", ErrorKind::config, false,
       "the model API does not know the model \"gpt-x\" (HTTP 404)"},
      {"nothing at that path", 404, "<html><head><title>404 Not Found</title></head></html>", ErrorKind::config, false,
       "there is no model API at https://api.openai.com/v1 (HTTP 404): an HTML page titled \"404 Not Found\""},
      {"a model that is not allowed", 403, R"({"error":{"message":"Project has no access to model x"}})",
       ErrorKind::config, false,
       "the key may not use the model \"gpt-x\" (HTTP 403): Project has no access to model x"},
      {"forbidden", 403, "", ErrorKind::auth, false, "the model API refused access (HTTP 403)"},
      {"too large", 413, R"({"error":{"type":"request_too_large","message":"Request exceeds the maximum size"}})",
       ErrorKind::limit, false,
       "the request is larger than the model API takes (HTTP 413): Request exceeds the maximum size"},
      {"rate limit", 429, R"({"error":{"message":"Slow down."}})", ErrorKind::unavailable, true,
       "the model API failed (HTTP 429): Slow down"},
      {"no credit looks like a rate limit", 429, R"({"error":{"message":"Buy some","code":"insufficient_quota"}})",
       ErrorKind::unavailable, false, "the account with the model API has no credit left (HTTP 429): Buy some"},
      {"a proxy's page", 502, "<HTML><title> Bad\ngateway </title>", ErrorKind::unavailable, true,
       "the model API failed (HTTP 502): an HTML page titled \"Bad gateway\""},
      {"plain text", 503, "upstream connect error\n\nreset\nmore", ErrorKind::unavailable, true,
       "the model API failed (HTTP 503): upstream connect error reset"},
      {"FastAPI", 422, R"({"detail":[{"loc":["body"],"msg":"field required"}]})", ErrorKind::failure, false,
       "the model API refused the request (HTTP 422): field required"},
      {"a wrapped error, OpenRouter", 400,
       R"({"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"bad thing","provider_name":"P"}}})",
       ErrorKind::failure, false, "the model API refused the request (HTTP 400): Provider returned error: bad thing"},
      {"it moved", 308, "", ErrorKind::config, false,
       "the model API at https://api.openai.com/v1 has moved (HTTP 308)"},
      {"in mid-stream", 0, R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})",
       ErrorKind::unavailable, true, "the model API failed: Overloaded"},
      {"in mid-stream, with a status of its own", 0, R"({"error":{"message":"No","status_code":400}})",
       ErrorKind::failure, false, "the model API refused the request (HTTP 400): No"},
  }));
  CAPTURE(c.about);
  const auto error = explain(read_failure(c.status, std::string_view(c.body)), openai_endpoint());
  CHECK(error.message == c.message);
  CHECK(error.kind == c.kind);
  CHECK(error.retryable == c.retryable);
}

TEST_CASE("api errors: a refused key names the variable, and nothing of the key is shown", "[provider][errors]") {
  auto endpoint = openai_endpoint();
  const auto refused = explain({401, "", "", "Incorrect key sk-secret-2"}, endpoint);
  CHECK(refused.hint == "set OPENAI_API_KEY, or api_key_env in config.yaml");
  endpoint.provider.key.clear();
  CHECK(explain({401, "", "", ""}, endpoint).message == "the model API wants a key (HTTP 401)");
  endpoint.provider.key_variables.clear();
  CHECK(explain({401, "", "", ""}, endpoint).hint == "set api_key_env for provider \"openai\" in config.yaml");
}

TEST_CASE("api errors: messages are harmless: no key, no account, no control sequence, two lines",
          "[provider][errors]") {
  const auto endpoint = openai_endpoint();
  CHECK(public_text("key sk-secret-2 is bad", endpoint) == "key … is bad");
  CHECK(public_text("token sk-proj-abcdefgh12345 of org-ABCDEFGHIJ", endpoint) == "token … of …");
  CHECK(public_text("organization (01234567-89ab-cdef-0123-456789abcdef) of 50,000", endpoint) ==
        "organization (…) of 50,000");
  CHECK(public_text("Authorization: Bearer abc.def", endpoint) == "Authorization: …");
  CHECK(public_text("a\x1b[31mb\r\n\n c\nd\ne", endpoint).find('\x1b') == std::string::npos);
  CHECK(public_text("one\ntwo\nthree", endpoint) == "one two");
  CHECK(public_text(std::string(10'000, 'x'), endpoint).size() < 400);
  auto odd = endpoint;
  odd.provider.key = "p@ss";
  CHECK(public_text("you sent p@ss.", odd) == "you sent …");
  odd.provider.headers = {{"x-team", "Token token=team-hush-99, id=7"}};
  odd.provider.base_url = "https://me:pass-word-1@a.example/v1?subscription-key=query-hush-1&b=2";
  CHECK(public_text("x-team: Token token=team-hush-99, id=7; team-hush-99; query-hush-1", odd) == "x-team: …; …; …");
  CHECK(explain({302, "", "", ""}, odd).message == "the model API at https://a.example/v1?… has moved (HTTP 302)");
  CHECK(page_answer("<html>", odd).message == "the model API at https://a.example/v1?… answered with an HTML page");
}

TEST_CASE("api errors: a prompt that does not fit is known in every wording", "[provider][errors]") {
  const auto message = GENERATE(values<const char*>({
      "prompt is too long: 215000 tokens > 200000 maximum",
      "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease input length",
      "This model's maximum context length is 128000 tokens.",
      "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
      "prompt token count of 137500 exceeds the limit of 128000",
      "Prompt exceeds max length",
      "Range of input length should be [1, 129024]",
      "The decoder prompt (length 9000) is longer than the maximum model length of 4096",
      "The conversation is too long for this model",
      "tokens in request more than max tokens allowed",
      "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens",
      "The input (9000 tokens) is longer than the model's context length (8192 tokens)",
      "Input length 9000 exceeds the maximum allowed length 8192",
  }));
  CAPTURE(message);
  CHECK(explain({400, "", "", message}, openai_endpoint()).code == error_code::context_window);
}

TEST_CASE("api errors: other limits are not taken for the window", "[provider][errors]") {
  CHECK(
      explain({400, "", "", "max_completion_tokens (70000) exceeds the output token limit"}, openai_endpoint()).kind ==
      ErrorKind::failure);
  CHECK(explain({400, "", "", "string too long. Expected at most 64 characters"}, openai_endpoint()).kind ==
        ErrorKind::failure);
  CHECK(explain({500, "", "", "the upstream took too long to answer"}, openai_endpoint()).kind ==
        ErrorKind::unavailable);
  CHECK(explain({413, "", "", "Request body too large for gpt-4o. Max size: 8000 tokens."}, openai_endpoint()).code ==
        error_code::context_window);
  CHECK(explain({413, "", "", "Request too large: limit 12000 tokens per minute"}, openai_endpoint()).code.empty());
}

TEST_CASE("api errors: what servers wrap their messages in is taken off", "[provider][errors]") {
  const auto said = [](const char* body) { return read_failure(400, body); };
  CHECK(said(R"({"code":1214,"msg":"bad messages"})").message == "bad messages");
  CHECK(said(R"({"object":"error","message":{"detail":[{"loc":["body"],"msg":"field required"}]}})").message ==
        "field required");
  CHECK(said(R"({"errors":[{"message":"first"},{"message":"second"}]})").message == "first");
  const auto expired = said(R"({"error":{"code":400,"message":"API key expired. Please renew the API key.",
    "details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}})");
  CHECK(explain(expired, openai_endpoint()).kind == ErrorKind::auth);
  const auto refused = read_failure(0, R"({"type":"error","error":{"type":"permission_error","message":"no access"}})");
  CHECK(explain(refused, openai_endpoint()).kind == ErrorKind::auth);
}

}  // namespace errand::provider::test
