#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "base/error.hpp"
#include "base/json_fwd.hpp"
#include "chat/model.hpp"
#include "http/transport.hpp"

namespace errand::provider {

/// A model as its server lists it. Figures are tokens, 0 where the server does not tell.
struct ListedModel {
  std::string id;
  std::int64_t context = 0;
  std::int64_t max_output = 0;
  bool operator==(const ListedModel&) const = default;
};

/// Code of the Error for a server that has no list of models: what it says of the key is unknown.
inline constexpr std::string_view no_model_list = "no_model_list";

/// The largest answer that is read.
inline constexpr std::size_t max_answer_bytes = std::size_t{16} << 20U;

/// Asks a server something beside the conversation and reads its JSON answer. Errors as those of a model request:
/// `auth` for a refused key, `unavailable` for no connection, an empty body or a page, `config` for a wrong address.
Result<Json> ask_server(const chat::ProviderSpec& provider, http::Request request, http::Transport& transport,
                        const Call& call);

/// A GET of `url` with the provider's key.
http::Request get_request(const chat::ProviderSpec& provider, std::string url);

/// The models a provider's server lists, as they come; one page of at most 1,000. This costs nothing, so it is also how
/// a key and an address are tried. A server without such a list is `config` with the code no_model_list.
Result<std::vector<ListedModel>> list_models(const chat::ProviderSpec& provider, http::Transport& transport,
                                             const Call& call);

/// Reads such a list: {"data": […]} of Anthropic and of what is like OpenAI, a bare […] (Together), or {"models": […]}
/// of Gemini, without what generates no content. `unavailable` when it is none of these.
Result<std::vector<ListedModel>> read_model_list(const Json& body, const chat::ProviderSpec& provider);

}  // namespace errand::provider
