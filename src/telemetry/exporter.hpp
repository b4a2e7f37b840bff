#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/time.hpp"
#include "http/transport.hpp"
#include "telemetry/metrics.hpp"
#include "telemetry/settings.hpp"
#include "telemetry/span.hpp"

namespace errand::telemetry {

/// Sends spans and metrics to a collector, from a thread of its own: nobody who adds waits, and nothing that fails here
/// fails anything else. Spans that can't be sent for now are tried again, later each time, as long as there is room for
/// what comes meanwhile; what a collector refuses is dropped. The first failure, and the first
/// after what was sent meanwhile, is a line in the log.
class Exporter {
 public:
  static constexpr std::size_t max_queued = 2048;  ///< spans; what comes when so many wait is dropped
  static constexpr std::size_t batch = 512;        ///< spans of one request
  static constexpr std::size_t max_queued_bytes = std::size_t{64} << 20U;  ///< about; of spans, likewise
  static constexpr std::size_t batch_bytes = std::size_t{4} << 20U;        ///< about; one span may be more
  static constexpr std::chrono::milliseconds longest_backoff{60'000};
  static constexpr std::chrono::milliseconds short_patience{200};  ///< of finish() where nobody is to wait

  /// How long the end may take: `little` once the person wants to leave.
  enum class Patience { normal, little };

  /// `transport` is borrowed and asked for by the first request, on the exporter's thread; `patience_left` is asked
  /// while finish() waits.
  Exporter(Settings settings, std::function<http::Transport&()> transport, std::function<Patience()> patience_left);
  Exporter(const Exporter&) = delete;
  Exporter& operator=(const Exporter&) = delete;
  ~Exporter() { finish(); }

  /// Thread-safe, and the first of them starts the thread. After finish() they do nothing.
  void add(Span span);
  void measure(const Instrument& instrument, double value, const Attributes& attributes);

  /// Sends what is left and ends the thread, within Settings::patience; the rest is dropped. A collector that was
  /// silent once is not waited for again.
  void finish();

  /// What went wrong, as one sentence; nothing when all was sent.
  [[nodiscard]] std::optional<std::string> trouble() const;

 private:
  using Clock = std::chrono::steady_clock;

  struct Work {
    std::vector<Span> spans;
    bool metrics = false;
    bool is_last = false;
  };

  enum class Sent { yes, not_now, never };

  // These four under mutex_.
  void begin();
  std::vector<Span> take_batch();
  [[nodiscard]] std::optional<Clock::time_point> spans_wake() const;
  void note_failure(std::string_view what, const Endpoint& endpoint, const std::string& why);

  void work();
  Work next_work();
  void send_spans(std::vector<Span> spans);
  void send_metrics();
  Sent send(const Endpoint& endpoint, std::string_view what, std::string body);

  Settings settings_;
  std::function<http::Transport&()> transport_;
  std::function<Patience()> patience_left_;
  Metrics metrics_;
  Timestamp measured_since_ = now();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Span> spans_;
  std::size_t spans_bytes_ = 0;
  std::optional<Clock::time_point> spans_due_;
  Clock::time_point not_before_{};          // after a failure
  std::chrono::milliseconds next_backoff_;  // what follows the next one
  std::optional<Clock::time_point> metrics_due_;
  bool closing_ = false;
  bool ended_ = false;
  bool silent_ = false;  // a request got no answer in time
  std::size_t lost_ = 0;
  std::string first_failure_;

  std::stop_source give_up_;
  std::thread thread_;  // guarded by mutex_ until finish()
};

}  // namespace errand::telemetry
