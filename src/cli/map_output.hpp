#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "render/output.hpp"

namespace errand::cli {

/// What became of a record.
enum class RecordEnd { done, failed, unfinished };

/// How far a map is.
struct MapProgress {
  std::size_t done = 0;
  std::size_t failed = 0;
  std::size_t unfinished = 0;   ///< not started, or stopped with everything
  std::size_t kept = 0;         ///< of these: taken from an earlier output
  double cost_usd = 0;          ///< of this process, as far as prices are known
  std::optional<double> share;  ///< of the input that is through, 0 … 1; nullopt: how much there is is unknown

  [[nodiscard]] std::size_t count() const { return done + failed + unfinished; }
};

/// "120 records: 117 done, 2 failed, 1 unfinished, $0.4200".
std::string summary_of(const MapProgress& progress);

/// "[#####---------------]  25%  117 done, 2 failed  $0.4200  1m02s", at most `columns` wide.
std::string progress_line(const MapProgress& progress, std::chrono::milliseconds elapsed, std::size_t columns);

/// Lines of parallel work, written in the order of their records; at most `window` of them wait for an earlier one,
/// and none is begun while `max_waiting_bytes` wait.
/// Beside them a line on a terminal's stderr says how far it is. Thread-safe.
class MapOutput {
 public:
  static constexpr std::size_t window = 256;
  static constexpr std::size_t max_waiting_bytes = std::size_t{64} << 20U;

  enum class Bar { off, on };

  /// `on_failure` is called once when `out_fd`, which is borrowed, can't be written.
  MapOutput(int out_fd, Bar bar, std::function<void()> on_failure);
  ~MapOutput();

  /// Waits until the record may be worked on; false: stopped before.
  [[nodiscard]] bool await_turn(std::size_t index, const std::stop_token& stop);

  /// What came of the record: one line, without its end.
  void put(std::size_t index, std::string line, RecordEnd end);

  /// The record's line was taken from an earlier output.
  void count_kept();
  void use_share(double share);
  void use_cost(double cost_usd);

  /// A line for the person, on stderr.
  void note(std::string_view line);

  /// Takes the bar away. Fails when stdout could not be written; a closed one is no error here (closed()).
  Result<void> finish();
  [[nodiscard]] bool closed() const { return output_.closed(); }
  [[nodiscard]] MapProgress progress() const;

 private:
  void write_ready();
  void erase_bar();
  void show_bar();

  mutable std::mutex mutex_;
  std::condition_variable_any moved_;
  render::Output output_;
  Bar bar_;
  bool bar_shown_ = false;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point painted_{};
  std::size_t next_ = 0;                        // the record whose line is written next
  std::map<std::size_t, std::string> waiting_;  // lines behind it
  std::size_t waiting_bytes_ = 0;
  MapProgress progress_;
};

}  // namespace errand::cli
