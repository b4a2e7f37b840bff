#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/call.hpp"
#include "chat/event.hpp"
#include "chat/model.hpp"
#include "http/transport.hpp"
#include "provider/provider.hpp"

namespace errand::provider {

// Model servers on this machine: Ollama, llama.cpp, LM Studio, vLLM.

/// Whether that is such a server, by the dialect it is said to speak or by its name: its window can be asked for.
[[nodiscard]] bool is_local_server(const chat::ProviderSpec& provider);

/// How many tokens that server gives the model, 0 when it does not tell. What is loaded counts, not what the model
/// could take: these servers cut longer prompts, some without a word. Ollama loads the model for it, which its first
/// request would have done.
std::int64_t ask_window(const chat::ProviderSpec& provider, const std::string& model, http::Transport& transport,
                        const Call& call);

/// The first model of the first of these servers that answers and has one; models for embedding do not count. All are
/// asked at once, for at most a second.
std::optional<chat::ModelSpec> find_local_model(std::span<const chat::ProviderSpec> servers, http::Transport& transport,
                                                const Call& call);

/// The same model, which tells `warnings` with its first request.
std::unique_ptr<Provider> with_warnings(std::unique_ptr<Provider> model, std::vector<chat::event::Warning> warnings);

}  // namespace errand::provider
