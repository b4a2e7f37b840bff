#include "provider/api_error.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"
#include "http/redactor.hpp"

namespace errand::provider {

namespace {

constexpr std::size_t max_shown_columns = 300;

// How providers say that the prompt does not fit; matched in lower case (recorded and reported wordings).
constexpr std::array overflow_wordings = std::to_array<std::string_view>({
    "context length",
    "context limit",
    "context size",
    "context window",
    "context_length",
    "exceed_context",
    "exceeds max length",
    "input is too long",
    "inputs` tokens",
    "maximum allowed length",
    "maximum model length",
    "maximum number of tokens",
    "maximum prompt length",
    "max_prompt_tokens",
    "more than max tokens allowed",
    "must have less than",
    "prompt is too long",
    "prompt token count",
    "prompt too long",
    "range of input length",
    "reduce the length",
    "token limit",
    "too long",
    "too many tokens",
});
// What says so too, and means another thing.
constexpr std::array<std::string_view, 5> other_limits = {"name is too long", "output token limit", "per minute",
                                                          "string too long", "took too long"};
constexpr std::array<std::string_view, 3> token_wordings = {"token", "context", "prompt"};
constexpr std::array<std::string_view, 4> quota_wordings = {"insufficient_quota", "billing_error",
                                                            "insufficient_balance", "credit balance is too low"};
constexpr std::array<std::string_view, 6> refused_key_wordings = {"invalid api key",   "incorrect api key",
                                                                  "api key not valid", "invalid_api_key",
                                                                  "api_key_invalid",   "authentication_error"};
constexpr std::array<std::string_view, 6> unknown_model_wordings = {"model_not_found", "model not found",
                                                                    "unknown model",   "model does not exist",
                                                                    "no such model",   "not a valid model"};

std::string string_or_number(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end()) return {};
  if (found->is_string()) return found->get<std::string>();
  return found->is_number_integer() ? std::to_string(found->get<long long>()) : std::string();
}

int status_in(const Json& error) {
  for (const char* key : {"status_code", "code", "status"}) {
    const auto found = error.find(key);
    if (found == error.end() || !found->is_number_integer()) continue;
    const auto number = found->get<long long>();
    if (number >= 400 && number < 600) return static_cast<int>(number);
  }
  return 0;
}

// {"detail": "text"} or, from FastAPI, {"detail": [{"loc": […], "msg": "text"}]}.
std::string detail_text(const Json& detail) {
  if (detail.is_string()) return detail.get<std::string>();
  if (detail.is_array() && !detail.empty() && detail.front().is_object())
    return string_or_number(detail.front(), "msg");
  return {};
}

// Mistral: {"message": {"detail": [{"msg": "text"}]}}.
std::string nested_text(const Json& message) {
  if (!message.is_object()) return {};
  const auto detail = message.find("detail");
  return detail == message.end() ? std::string() : detail_text(*detail);
}

// google.rpc.ErrorInfo: {"reason": "API_KEY_INVALID"}.
std::string reason_in(const Json& error) {
  const auto details = error.find("details");
  if (details == error.end() || !details->is_array()) return {};
  for (const auto& detail : *details) {
    if (!detail.is_object()) continue;
    if (auto reason = string_or_number(detail, "reason"); !reason.empty()) return reason;
  }
  return {};
}

// OpenRouter wraps what the upstream provider said.
std::string upstream_text(const Json& error) {
  const auto metadata = error.find("metadata");
  if (metadata == error.end() || !metadata->is_object()) return {};
  return string_or_number(*metadata, "raw");
}

// google.rpc.RetryInfo: {"retryDelay": "34.4s"}.
std::optional<std::chrono::milliseconds> retry_delay_in(const Json& error) {
  constexpr double longest_seconds = 366.0 * 24 * 3600;
  const auto details = error.find("details");
  if (details == error.end() || !details->is_array()) return std::nullopt;
  for (const auto& detail : *details) {
    if (!detail.is_object()) continue;
    const auto text = string_or_number(detail, "retryDelay");
    double seconds = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (failed != std::errc{} || std::string_view(end) != "s" || !(seconds > 0)) continue;
    return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(std::min(seconds, longest_seconds) * 1000)));
  }
  return std::nullopt;
}

void read_error_object(ApiFailure& out, const Json& error) {
  out.type = string_or_number(error, "type");
  if (out.type.empty()) out.type = string_or_number(error, "status");
  out.code = string_or_number(error, "code");
  out.message = string_or_number(error, "message");
  if (out.message.empty()) out.message = string_or_number(error, "msg");
  if (const auto inner = error.find("message"); out.message.empty() && inner != error.end())
    out.message = nested_text(*inner);
  if (const auto reason = reason_in(error); !reason.empty()) out.code = reason;
  if (auto upstream = upstream_text(error); !upstream.empty()) out.message += ": " + upstream;
  if (out.status == 0) out.status = status_in(error);
  out.retry_delay = retry_delay_in(error);
}

// What the provider's settings hold and nobody is to read: servers repeat what they were sent.
std::vector<std::string> secrets_of(const chat::ProviderSpec& provider) {
  std::vector<std::string> out;
  const auto add_words = [&out](std::string_view value) {
    for (auto& word : http::secret_words(value)) out.push_back(std::move(word));
  };
  for (const auto& [name, value] : provider.headers) add_words(value);
  if (const auto query = provider.base_url.find('?'); query != std::string::npos)
    add_words(std::string_view(provider.base_url).substr(query + 1));
  std::erase_if(out, [](const std::string& secret) { return secret.size() < http::Redactor::shortest_secret; });
  if (!provider.key.empty()) out.push_back(provider.key);
  std::ranges::stable_sort(out, std::greater<>{}, &std::string::size);
  return out;
}

std::string page_text(std::string_view body) {
  std::string title;
  static const RE2 title_element("(?is)<title[^>]*>\\s*([^<]*?)\\s*</title>");
  if (RE2::PartialMatch(re2::StringPiece(body.data(), body.size()), title_element, &title)) {
    return fmt::format("an HTML page titled \"{}\"", title);
  }
  return "an HTML page";
}

template <std::size_t N>
bool says(const ApiFailure& failure, const std::array<std::string_view, N>& wordings) {
  const auto all = text::lower(failure.type + "\n" + failure.code + "\n" + failure.message);
  return std::ranges::any_of(wordings, [&](std::string_view w) { return all.find(w) != std::string::npos; });
}

bool is_overflow(const ApiFailure& failure) {
  switch (failure.status) {
    case 0:
    case 400:
    case 422:
    case 500:
      return says(failure, overflow_wordings) && !says(failure, other_limits);
    case 413:  // else a body of too many bytes
      return (says(failure, overflow_wordings) || says(failure, token_wordings)) && !says(failure, other_limits);
    default:
      return false;
  }
}

bool is_unknown_model(const ApiFailure& failure) {
  if (failure.status != 0 && failure.status != 400 && failure.status != 404) return false;
  return says(failure, unknown_model_wordings) || failure.type == "not_found_error" || failure.status == 404;
}

bool is_passing(const ApiFailure& failure) {
  constexpr std::array<std::string_view, 5> lasting = {"invalid_request", "invalid_request_error", "not_found_error",
                                                       "permission_error", "request_too_large"};
  if (failure.status == 0) return std::ranges::find(lasting, failure.type) == lasting.end();
  return failure.status == 408 || failure.status == 409 || failure.status == 429 || failure.status >= 500;
}

bool is_rate_limit(const ApiFailure& failure) {
  return failure.status == 429 || (failure.status == 0 && failure.type == "rate_limit_error");
}

std::string status_text(const ApiFailure& failure) {
  return failure.status == 0 ? std::string() : fmt::format(" (HTTP {})", failure.status);
}

// "head (HTTP n): what the API said".
std::string sentence(std::string_view head, const ApiFailure& failure, const Endpoint& endpoint) {
  const auto said = public_text(failure.message, endpoint);
  auto out = fmt::format("{}{}", head, status_text(failure));
  if (!said.empty()) out += ": " + said;
  return out;
}

std::string key_hint(const Endpoint& endpoint) {
  const auto& names = endpoint.provider.key_variables;
  if (!names.empty()) return fmt::format("set {}, or api_key_env in config.yaml", names.front());
  return fmt::format("set api_key_env for provider \"{}\" in config.yaml", endpoint.provider.name);
}

// The API's own message is left out: it may repeat the key.
Error refused_key(const ApiFailure& failure, const Endpoint& endpoint) {
  const auto* verb = endpoint.provider.key.empty() ? "wants a key" : "refused the key";
  return {ErrorKind::auth,
          fmt::format("the model API {}{}", verb, status_text(failure)),
          key_hint(endpoint),
          {},
          {},
          false};
}

Error forbidden(const ApiFailure& failure, const Endpoint& endpoint) {
  const auto about_model = text::lower(failure.message).find("model") != std::string::npos;
  if (about_model) {
    return {ErrorKind::config,
            sentence(fmt::format("the key may not use the model \"{}\"", endpoint.model.id), failure, endpoint),
            "choose another model, or ask for access to this one",
            {},
            {},
            false};
  }
  return {
      ErrorKind::auth, sentence("the model API refused access", failure, endpoint), key_hint(endpoint), {}, {}, false};
}

Error unknown_model(const ApiFailure& failure, const Endpoint& endpoint) {
  const auto message = text::lower(failure.message);
  if (failure.status != 404 || message.find("model") != std::string::npos) {
    return {ErrorKind::config,
            fmt::format("the model API does not know the model \"{}\"{}", endpoint.model.id, status_text(failure)),
            "see \"errand models\", and the model's id in config.yaml",
            {},
            {},
            false};
  }
  return {ErrorKind::config,
          sentence(fmt::format("there is no model API at {}", text::public_url(endpoint.provider.base_url)), failure,
                   endpoint),
          fmt::format("check base_url of provider \"{}\"", endpoint.provider.name),
          {},
          {},
          false};
}

Error refused_request(const ApiFailure& failure, const Endpoint& endpoint) {
  if (failure.status >= 300 && failure.status < 400) {
    return {ErrorKind::config,
            fmt::format("the model API at {} has moved (HTTP {})", text::public_url(endpoint.provider.base_url),
                        failure.status),
            fmt::format("check base_url of provider \"{}\"", endpoint.provider.name),
            {},
            {},
            false};
  }
  return {ErrorKind::failure, sentence("the model API refused the request", failure, endpoint), "", {}, {}, false};
}

}  // namespace

ApiFailure failure_in(int status, const Json& body) {
  ApiFailure out{status, {}, {}, {}, {}};
  const Json& top = body.is_array() && !body.empty() ? body.front() : body;
  if (!top.is_object()) return out;
  const auto error = top.find("error");
  if (error != top.end() && error->is_object()) {
    read_error_object(out, *error);
  } else {
    read_error_object(out, top);
    if (error != top.end() && error->is_string()) out.message = error->get<std::string>();
    if (const auto detail = top.find("detail"); detail != top.end() && out.message.empty())
      out.message = detail_text(*detail);
    if (const auto errors = top.find("errors"); errors != top.end() && out.message.empty()) {
      const Json& first = errors->is_array() && !errors->empty() ? errors->front() : *errors;
      out.message = first.is_object() ? string_or_number(first, "message") : detail_text(first);
    }
  }
  return out;
}

ApiFailure read_failure(int status, std::string_view body) {
  const auto trimmed = text::trim(body);
  if (trimmed.starts_with('<')) return {status, "", "", page_text(trimmed), {}};
  const auto json = chat::parse_json(trimmed);
  if (json) return failure_in(status, *json);
  return {status, "", "", std::string(trimmed), {}};
}

Error explain(const ApiFailure& failure, const Endpoint& endpoint) {
  if (is_overflow(failure)) {
    return {ErrorKind::limit,
            sentence("the request does not fit the model's context window", failure, endpoint),
            "start a new session, or choose a model with a larger window",
            {},
            {},
            false,
            {},
            std::string(error_code::context_window)};
  }
  if (failure.status == 402 || says(failure, quota_wordings)) {
    return {ErrorKind::unavailable,
            sentence("the account with the model API has no credit left", failure, endpoint),
            "add credit, or choose another model",
            {},
            {},
            false,
            {},
            std::string(error_code::no_credit)};
  }
  if (failure.status == 401 || (failure.status <= 400 && says(failure, refused_key_wordings))) {
    return refused_key(failure, endpoint);
  }
  if (failure.status == 403 || (failure.status == 0 && failure.type == "permission_error"))
    return forbidden(failure, endpoint);
  if (is_unknown_model(failure)) return unknown_model(failure, endpoint);
  if (failure.status == 413 || failure.type == "request_too_large") {
    return {ErrorKind::limit,
            sentence("the request is larger than the model API takes", failure, endpoint),
            "start a new session, or leave out the largest attachment",
            {},
            {},
            false};
  }
  if (!is_passing(failure)) return refused_request(failure, endpoint);
  return {ErrorKind::unavailable,
          sentence("the model API failed", failure, endpoint),
          "try again later",
          {},
          {},
          true,
          {},
          std::string(is_rate_limit(failure) ? error_code::rate_limit : "")};
}

Error page_answer(std::string_view page, const Endpoint& endpoint) {
  const auto& provider = endpoint.provider;
  return {
      ErrorKind::unavailable,
      fmt::format("the model API at {} answered with {}", text::public_url(provider.base_url),
                  public_text(read_failure(0, page).message, endpoint)),
      fmt::format("something else answers there, such as a proxy or a login page; check base_url of provider \"{}\"",
                  provider.name),
      {},
      {},
      false};
}

std::string public_text(std::string_view message, const Endpoint& endpoint) {
  std::string out(message.substr(0, 4096));
  for (const auto& secret : secrets_of(endpoint.provider)) out = text::replace_all(std::move(out), secret, "…");
  // Keys and accounts, bearers, UUIDs.
  static const RE2 secret(R"((?i)\b(?:sk|pk|rk|key|org|proj|user|acct)[-_][a-z0-9_*\-]{8,})"
                          R"(|(?i)\bbearer\s+\S+)"
                          R"(|(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)");
  RE2::GlobalReplace(&out, secret, "…");
  auto lines = text::lines(unicode::sanitize(out));
  std::erase_if(lines, [](const std::string& line) { return text::trim(line).empty(); });
  if (lines.size() > 2) lines.resize(2);
  auto shown = text::ellipsize(text::join(lines, " "), max_shown_columns);
  while (shown.ends_with('.')) shown.pop_back();
  return shown;
}

Error broken_reply(std::string message, const Endpoint& endpoint) {
  return {ErrorKind::unavailable,
          std::move(message),
          fmt::format("check the network and base_url of provider \"{}\"", endpoint.provider.name),
          {},
          {},
          true};
}

}  // namespace errand::provider
