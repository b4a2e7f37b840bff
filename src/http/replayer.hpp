#pragma once

#include <memory>
#include <string>
#include <vector>

#include "http/recording.hpp"
#include "http/transport.hpp"

namespace errand::http {

enum class ReplayMode {
  lenient,  ///< a request that differs is answered all the same, and told
  strict,   ///< it is an error
};

struct ReplayOptions {
  ReplayMode mode = ReplayMode::lenient;
  std::vector<NamedPlace> places{};  ///< where those of the recording are now
  std::vector<std::string> secrets{};
};

/// A Transport that answers from a recording, without a network: the same bytes in the same pieces with the same end,
/// at once.
///
/// Each exchange answers one request. Of those left, with the same method and resource (the path, whatever the host),
/// it is the one whose body means the same; where none does, the one that differs in the fewest places, the earlier of
/// equals. So parallel requests each find their own, retries of one request come in their order, and a changed prompt
/// still plays. Headers and the query do not count, nor do `places` and session ids in a body.
///
/// Errors: `failure` when no exchange is left, naming the file and the request, and in strict mode for a difference;
/// else what ended the recorded exchange. Differences and a recording that was cut go to the Request's on_warning, each
/// once, as "replay_differs" and "replay_cut". Safe to call from several threads at once.
class Replayer final : public Transport {
 public:
  Replayer(Recording recording, ReplayOptions options);
  ~Replayer() override;

  Result<ResponseHead> send(const Request& request, const OnBody& on_body, const Call& call) override;

  /// What is played.
  [[nodiscard]] const Recording& recording() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace errand::http
