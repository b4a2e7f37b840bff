#include "provider/model_list.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "chat/codec.hpp"
#include "provider/address.hpp"
#include "provider/api_error.hpp"
#include "provider/wire_value.hpp"

namespace errand::provider {

using chat::Protocol;

namespace {

// The first of these fields that holds a number.
template <std::size_t N>
std::int64_t first_number(const Json& json, const std::array<const char*, N>& keys) {
  std::int64_t out = 0;
  for (const char* key : keys) {
    overwrite(out, json, key);
    if (out > 0) return out;
  }
  return 0;
}

ListedModel read_entry(const Json& entry) {
  // Anthropic; Groq; OpenRouter and Together; Mistral and LM Studio; vLLM.
  constexpr std::array contexts = {"max_input_tokens", "context_window", "context_length", "max_context_length",
                                   "max_model_len"};
  constexpr std::array outputs = {"max_tokens", "max_completion_tokens"};
  ListedModel out{text_at(entry, "id"), first_number(entry, contexts), first_number(entry, outputs)};
  if (const auto& top = object_at(entry, "top_provider"); out.max_output == 0)
    out.max_output = first_number(top, outputs);
  return out;
}

bool generates_content(const Json& entry) {
  const auto& methods = array_at(entry, "supportedGenerationMethods");
  return methods.empty() || std::ranges::find(methods, Json("generateContent")) != methods.end();
}

ListedModel read_gemini_entry(const Json& entry) {
  constexpr std::string_view prefix = "models/";
  auto id = text_at(entry, "name");
  if (id.starts_with(prefix)) id.erase(0, prefix.size());
  return {std::move(id), first_number(entry, std::array{"inputTokenLimit"}),
          first_number(entry, std::array{"outputTokenLimit"})};
}

// In what a server lists; null where it has none (Ollama).
const Json* entries_of(const Json& body, const char* key) {
  if (body.is_array()) return &body;
  const auto found = body.is_object() ? body.find(key) : body.end();
  if (!body.is_object() || found == body.end() || !(found->is_array() || found->is_null())) return nullptr;
  return &*found;
}

std::string list_url(const chat::ProviderSpec& provider) {
  const auto url = joined_url(api_root(provider), "/models");
  const auto with = [&url](std::string_view query) {
    return fmt::format("{}{}{}", url, url.find('?') == std::string::npos ? "?" : "&", query);
  };
  if (provider.protocol == Protocol::anthropic) return with("limit=1000");
  return provider.protocol == Protocol::gemini ? with("pageSize=1000") : url;
}

Error no_list(const chat::ProviderSpec& provider, int status) {
  return {ErrorKind::config,
          fmt::format("{} has no list of models (HTTP {})", text::public_url(provider.base_url), status),
          fmt::format("if requests fail too, check base_url of provider \"{}\"", provider.name),
          {},
          {},
          false,
          {},
          std::string(no_model_list)};
}

bool has_no_such_path(const Error& error, int status) {
  return (status == 404 || status == 405 || status == 501) && error.kind != ErrorKind::auth;
}

struct Answer {
  http::ResponseHead head;
  std::string body;
};

Result<Answer> fetch(const http::Request& request, http::Transport& transport, const Call& call) {
  Answer out;
  const auto keep = [&out](const http::ResponseHead&, std::string_view bytes) -> Result<void> {
    if (out.body.size() + bytes.size() > max_answer_bytes)
      return fail(ErrorKind::unavailable, fmt::format("the answer exceeds {} bytes", max_answer_bytes));
    out.body += bytes;
    return {};
  };
  ERRAND_TRY_ASSIGN(out.head, transport.send(request, keep, call));
  return out;
}

Result<Json> read_answer(const Answer& answer, const chat::ProviderSpec& provider) {
  const Endpoint endpoint{provider, {}};
  const auto status = answer.head.status;
  if (status < 200 || status >= 300) {
    auto error = explain(read_failure(status, answer.body), endpoint);
    return fail(has_no_such_path(error, status) ? no_list(provider, status) : std::move(error));
  }
  const auto body = text::trim(answer.body);
  if (body.empty())
    return fail(
        broken_reply(fmt::format("{} answered with an empty body", text::public_url(provider.base_url)), endpoint));
  if (body.starts_with('<')) return fail(page_answer(body, endpoint));
  return parse_wire(body, endpoint);
}

}  // namespace

http::Request get_request(const chat::ProviderSpec& provider, std::string url) {
  http::Request out;
  out.method = "GET";
  out.url = std::move(url);
  out.headers = key_headers(provider);
  out.headers.push_back({"accept", "application/json"});
  if (provider.protocol == Protocol::anthropic) out.headers.push_back({"anthropic-version", "2023-06-01"});
  return out;
}

Result<Json> ask_server(const chat::ProviderSpec& provider, http::Request request, http::Transport& transport,
                        const Call& call) {
  ERRAND_TRY_ASSIGN(const auto answer, fetch(addressed(std::move(request), provider), transport, call));
  return read_answer(answer, provider);
}

Result<std::vector<ListedModel>> read_model_list(const Json& body, const chat::ProviderSpec& provider) {
  const bool is_gemini = provider.protocol == Protocol::gemini;
  const auto* entries = entries_of(body, is_gemini ? "models" : "data");
  if (entries == nullptr) {
    return fail(broken_reply(
        fmt::format("{} answered with JSON that is no list of models", text::public_url(provider.base_url)),
        Endpoint{provider, {}}));
  }
  std::vector<ListedModel> out;
  for (const auto& entry : *entries) {
    if (!entry.is_object() || (is_gemini && !generates_content(entry))) continue;
    auto model = is_gemini ? read_gemini_entry(entry) : read_entry(entry);
    if (!model.id.empty()) out.push_back(std::move(model));
  }
  return out;
}

Result<std::vector<ListedModel>> list_models(const chat::ProviderSpec& provider, http::Transport& transport,
                                             const Call& call) {
  ERRAND_TRY_ASSIGN(const auto body, ask_server(provider, get_request(provider, list_url(provider)), transport, call));
  return read_model_list(body, provider);
}

}  // namespace errand::provider
