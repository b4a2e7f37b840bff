#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "cli/run_options.hpp"
#include "config/configuration.hpp"
#include "http/client.hpp"
#include "http/recorder.hpp"
#include "http/replayer.hpp"
#include "provider/recorded.hpp"

namespace errand::cli {

/// The network as this configuration's environment says: its certificates, its proxies.
std::unique_ptr<http::Client> make_client(const config::Configuration& config);

/// Where the requests of a run go: over the network, into a recording beside that (--record), or nowhere, to be
/// answered by a recording (--replay, models named replay/FILE). Thread-safe.
class Wire {
 public:
  /// `config` is borrowed; `places` are directories that are others in another run. `failure` when a file named by an
  /// option can't be written or read, `config` when it is no recording.
  static Result<std::unique_ptr<Wire>> make(const config::Configuration& config, const RunArguments& arguments,
                                            std::vector<http::NamedPlace> places);
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// For every model that is not a file.
  http::Transport& transport();

  /// For questions beside the conversation, which are not recorded.
  http::Transport& network() { return client(); }

  /// Whether that plays a recording: no key is needed, and no time passes.
  [[nodiscard]] bool replays() const { return replayer_ != nullptr; }

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
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<http::Replayer>> opened_;  // by path; guarded by mutex_
};

}  // namespace errand::cli
