#pragma once

#include <memory>

#include "chat/model.hpp"
#include "http/recording.hpp"
#include "http/transport.hpp"
#include "provider/codec.hpp"
#include "provider/http_provider.hpp"
#include "provider/provider.hpp"

namespace errand::provider {

/// A recording as a model (`replay/FILE`).
struct Recorded {
  Endpoint endpoint;  ///< who was asked when it was made, without a key
  http::Transport& transport;
};

/// Who the recording's first request went to, by its notes: the provider's name and dialect, the protocol and the
/// model. `config` when it has none, or one that is no provider's. Nothing can be reached by what comes back.
Result<Endpoint> endpoint_of(const http::Recording& recording);

/// For what is played back: waits are over at once.
DriverClock replay_clock();

/// The model through its real codec; it calls itself `as`.
std::unique_ptr<Provider> make_recorded(std::unique_ptr<Codec> codec, const Recorded& recorded,
                                        const chat::RetrySettings& retry, chat::ModelSpec as);

}  // namespace errand::provider
