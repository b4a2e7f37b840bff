#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json_fwd.hpp"
#include "cli/run_options.hpp"
#include "config/configuration.hpp"
#include "http/client.hpp"
#include "http/recorder.hpp"
#include "http/replayer.hpp"
#include "provider/recorded.hpp"

namespace errand::cli {

/// The network as this configuration's environment says: its certificates, its proxies.
std::unique_ptr<http::Client> make_client(const config::Configuration& config);

class Rehearsal;

/// Where the requests of a run go: over the network, into a recording beside that (--record), or nowhere, to be
/// answered by a recording (--replay, models named replay/FILE) or by nobody (--dry-run). Thread-safe.
class Wire {
 public:
  /// `config` is borrowed; `places` are directories that are others in another run. `failure` when a file named by an
  /// option can't be written or read, `config` when it is no recording.
  static Result<std::unique_ptr<Wire>> make(const config::Configuration& config, const RunArguments& arguments,
                                            std::vector<http::NamedPlace> places);
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  ~Wire();

  /// For every model that is not a file.
  http::Transport& transport();

  /// For questions beside the conversation, which are not recorded.
  http::Transport& network() { return client(); }

  /// Whether nothing goes over the network: no key is needed, and no time passes.
  [[nodiscard]] bool is_offline() const { return replayer_ != nullptr || rehearsal_ != nullptr; }

  /// With --dry-run, the request that would have gone out first: as JSON, without keys. None: nothing was to be sent.
  [[nodiscard]] std::optional<Json> held_request() const;

  /// Begins to load what the network needs.
  void preload();

  /// The model of a recording. All that are opened by one path share it: each exchange answers once.
  Result<provider::Recorded> open_recording(const std::string& path);

 private:
  Wire(const config::Configuration& config, const RunArguments& arguments, std::vector<http::NamedPlace> places);
  http::Client& client();
  [[nodiscard]] std::unique_ptr<http::Replayer> player(http::Recording recording) const;
  [[nodiscard]] provider::Endpoint with_known_facts(provider::Endpoint endpoint) const;

  const config::Configuration& config_;
  http::ReplayMode mode_;
  std::vector<http::NamedPlace> places_;
  std::once_flag client_made_;  // parallel subagents may be the first to need it
  std::unique_ptr<http::Client> client_;
  std::unique_ptr<http::Recorder> recorder_;
  std::unique_ptr<http::Replayer> replayer_;
  std::unique_ptr<Rehearsal> rehearsal_;  // --dry-run
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<http::Replayer>> opened_;  // by path; guarded by mutex_
};

}  // namespace errand::cli
