#include "provider/local_models.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <string_view>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/sync.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "provider/json_text.hpp"
#include "provider/model_list.hpp"
#include "provider/wire_value.hpp"

namespace errand::provider {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds connect_limit{250};
constexpr milliseconds answer_limit{1000};
constexpr std::chrono::seconds load_limit{60};  // of a model, from a slow disk

// What Ollama gives a model where nobody says otherwise (OLLAMA_CONTEXT_LENGTH); versions that tell it are asked.
constexpr std::int64_t ollama_default_window = 4096;

// Where a server's own API is: its address without the /v1 of the compatible one.
std::string server_root(const chat::ProviderSpec& provider) {
  std::string_view base = provider.base_url;
  base = base.substr(0, base.find('?'));
  while (base.ends_with('/')) base.remove_suffix(1);
  if (base.ends_with("/v1")) base.remove_suffix(3);
  return std::string(base);
}

// Questions to one server. What it does not answer is an empty object.
struct Server {
  const chat::ProviderSpec& provider;
  http::Transport& transport;
  const Call& call;

  [[nodiscard]] Json get(std::string_view path) const {
    return ask(get_request(provider, server_root(provider) + std::string(path)), answer_limit);
  }

  [[nodiscard]] Json post(std::string_view path, const Json& body, milliseconds limit) const {
    auto request = get_request(provider, server_root(provider) + std::string(path));
    request.method = "POST";
    request.headers.push_back({"content-type", "application/json"});
    request.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
    return ask(std::move(request), limit);
  }

 private:
  [[nodiscard]] Json ask(http::Request request, milliseconds limit) const {
    request.connect_limit = connect_limit;
    auto answer = ask_server(provider, std::move(request), transport, call.within(limit));
    return answer && answer->is_object() ? *std::move(answer) : Json::object();
  }
};

std::int64_t number_at(const Json& json, const char* key) {
  std::int64_t out = 0;
  overwrite(out, json, key);
  return out;
}

const Json& entry_with(const Json& entries, std::string_view key, std::string_view name) {
  static const Json none = Json::object();
  const auto found = std::ranges::find_if(
      entries, [&](const Json& entry) { return text_at(entry, std::string(key).c_str()) == name; });
  return found == entries.end() ? none : *found;
}

// GET /api/ps: {"models": [{"name": "qwen3:8b", "context_length": 4096, …}]}. A name without a tag means ":latest".
std::int64_t loaded_by_ollama(const Server& server, const std::string& model) {
  const auto running = server.get("/api/ps");
  const auto& models = array_at(running, "models");
  const auto tagged = model.find(':') == std::string::npos ? model + ":latest" : model;
  return number_at(entry_with(models, "name", tagged), "context_length");
}

// "parameters" of POST /api/show is text: "num_ctx   8192" on a line of its own.
std::int64_t num_ctx_in(std::string_view parameters) {
  for (const auto& line : text::lines(parameters)) {
    const std::string_view rest = text::trim(line);
    if (!rest.starts_with("num_ctx")) continue;
    const auto digits = text::trim(rest.substr(std::string_view("num_ctx").size()));
    std::int64_t out = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return std::max<std::int64_t>(out, 0);
  }
  return 0;
}

std::int64_t ollama_window(const Server& server, const std::string& model) {
  if (const auto loaded = loaded_by_ollama(server, model); loaded > 0) return loaded;
  const auto shown = server.post("/api/show", {{"model", model}}, answer_limit);
  if (shown.empty()) return 0;
  if (const auto told = num_ctx_in(text_at(shown, "parameters")); told > 0) return told;
  // Without a prompt it only loads.
  if (server.post("/api/generate", {{"model", model}, {"stream", false}}, load_limit).empty()) return 0;
  const auto loaded = loaded_by_ollama(server, model);
  return loaded > 0 ? loaded : ollama_default_window;
}

std::int64_t llamacpp_window(const Server& server, const std::string&) {
  return number_at(object_at(server.get("/props"), "default_generation_settings"), "n_ctx");
}

std::int64_t vllm_window(const Server& server, const std::string& model) {
  return number_at(entry_with(array_at(server.get("/v1/models"), "data"), "id", model), "max_model_len");
}

// GET /api/v0/models: what is loaded has loaded_context_length. Later versions have /api/v1/models instead.
std::int64_t lmstudio_window(const Server& server, const std::string& model) {
  const auto listed = server.get("/api/v0/models");
  const auto& entry = entry_with(array_at(listed, "data"), "id", model);
  if (const auto loaded = number_at(entry, "loaded_context_length"); loaded > 0) return loaded;
  const auto later = server.get("/api/v1/models");
  for (const auto& instance : array_at(entry_with(array_at(later, "models"), "key", model), "loaded_instances")) {
    if (const auto loaded = number_at(object_at(instance, "config"), "context_length"); loaded > 0) return loaded;
  }
  return 0;
}

struct Row {
  std::string_view name;
  std::int64_t (*window)(const Server&, const std::string& model);
};
constexpr std::array rows = {
    Row{"llamacpp", llamacpp_window},
    Row{"lmstudio", lmstudio_window},
    Row{"ollama", ollama_window},
    Row{"vllm", vllm_window},
};

const Row* row_of(const chat::ProviderSpec& provider) {
  const auto& name = provider.like.empty() ? provider.name : provider.like;
  const auto found = std::ranges::find(rows, name, &Row::name);
  return found == rows.end() ? nullptr : &*found;
}

// The first model that can chat, as far as its name tells.
std::string first_model(const chat::ProviderSpec& server, http::Transport& transport, const Call& call) {
  const auto listed = list_models(server, transport, call.within(answer_limit));
  if (!listed) return {};
  for (const auto& model : *listed) {
    const auto name = text::lower(model.id);
    if (name.find("embed") == std::string::npos && name.find("rerank") == std::string::npos) return model.id;
  }
  return {};
}

class Announced final : public Provider {
 public:
  Announced(std::unique_ptr<Provider> model, std::vector<chat::event::Warning> warnings)
      : model_(std::move(model)), warnings_(std::move(warnings)) {}

  Result<Reply> stream(const Request& request, StreamObserver& observer, const Call& call) override {
    const auto untold = warnings_.with([](auto& warnings) { return std::exchange(warnings, {}); });
    for (const auto& warning : untold) observer.on_warning(warning);
    return model_->stream(request, observer, call);
  }
  Result<std::int64_t> count_tokens(const Request& request, const Call& call) override {
    return model_->count_tokens(request, call);
  }
  [[nodiscard]] const chat::ModelSpec& model() const override { return model_->model(); }
  [[nodiscard]] std::vector<const chat::ModelSpec*> models() const override { return model_->models(); }

 private:
  std::unique_ptr<Provider> model_;
  Sync<std::vector<chat::event::Warning>> warnings_;
};

}  // namespace

bool is_local_server(const chat::ProviderSpec& provider) {
  return row_of(provider) != nullptr;
}

std::int64_t ask_window(const chat::ProviderSpec& provider, const std::string& model, http::Transport& transport,
                        const Call& call) {
  const auto* row = row_of(provider);
  return row == nullptr ? 0 : row->window(Server{provider, transport, call}, model);
}

std::optional<chat::ModelSpec> find_local_model(std::span<const chat::ProviderSpec> servers, http::Transport& transport,
                                                const Call& call) {
  std::vector<std::string> models(servers.size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < servers.size(); ++i) {
      threads.emplace_back([&, i] { models[i] = first_model(servers[i], transport, call); });
    }
  }
  for (std::size_t i = 0; i < servers.size(); ++i) {
    if (models[i].empty()) continue;
    chat::ModelSpec out;
    out.provider = servers[i].name;
    out.id = models[i];
    return out;
  }
  return std::nullopt;
}

std::unique_ptr<Provider> with_warnings(std::unique_ptr<Provider> model, std::vector<chat::event::Warning> warnings) {
  if (warnings.empty()) return model;
  return std::make_unique<Announced>(std::move(model), std::move(warnings));
}

}  // namespace errand::provider
