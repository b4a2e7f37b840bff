#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "http/recording.hpp"
#include "http/redactor.hpp"
#include "http/transport.hpp"

namespace errand::http {

struct RecorderOptions {
  std::string path;
  std::string made_by;               ///< "errand 0.1.0"
  std::vector<NamedPlace> places{};  ///< directories that will be others when it is played
  std::vector<std::string> secrets{};
};

/// A Transport that passes everything on to another and keeps what went over the wire (recording.hpp). Each exchange is
/// written with one write when it has ended, so a program that is killed loses the ones that were open and no more.
/// Safe to call from several threads at once.
///
/// A recording that can't go on (a full disk, max_recording_bytes) ends after its last whole exchange: that is told
/// once, to the Request's on_warning as "recording", and requests go on as if there were none.
class Recorder final : public Transport {
 public:
  /// Opens `path`, mode 0600 when it is new; an old recording stays there until the first exchange has ended. `failure`
  /// when it can't be written, or holds what is no recording; `busy` when another process is recording into it.
  /// `inner` is asked for with each request, and borrowed.
  static Result<std::unique_ptr<Recorder>> open(std::function<Transport&()> inner, RecorderOptions options);

  Result<ResponseHead> send(const Request& request, const OnBody& on_body, const Call& call) override;

 private:
  Recorder(std::function<Transport&()> inner, RecorderOptions options, Fd file);
  RecordedExchange begin(const Request& request);
  [[nodiscard]] std::chrono::milliseconds since_begin() const;
  void keep(RecordedExchange exchange, const Request& request);
  Result<void> append(const std::string& lines);

  std::function<Transport&()> inner_;
  std::string path_;
  Fd file_;
  Recording about_;  // what the first line says
  Call::Clock::time_point began_ = Call::Clock::now();
  std::mutex mutex_;  // for what follows
  Redactor redactor_;
  std::size_t begun_ = 0;
  std::size_t written_bytes_ = 0;
  bool ended_ = false;  // nothing more can be kept
};

}  // namespace errand::http
