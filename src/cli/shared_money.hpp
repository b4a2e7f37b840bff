#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace errand::cli {

/// Money that several cases of a batch spend at the same time, so that together they spend no more than there is. Each
/// that begins is given a share of what nobody has, and what it did not spend comes back with its end.
///
/// Any thread may call.
class SharedMoney {
 public:
  /// `usd` for `cases` cases, of which up to `at_once` run together.
  SharedMoney(double usd, std::size_t cases, std::size_t at_once) : free_(usd), waiting_(cases), at_once_(at_once) {}

  struct Share {
    double usd = 0;
    bool is_all = true;  ///< nothing was kept back for others, and none of them has any
  };

  /// For a case that begins: equal parts of what is free for all that may run now. Waits while others have all of it,
  /// for they may give some back. No more than zero: it is spent.
  Share take();
  /// That case has ended; a reply may cost more than it was given.
  void give_back(const Share& share, double spent_usd);

 private:
  std::mutex mutex_;
  std::condition_variable given_back_;
  double free_;
  std::size_t waiting_;
  std::size_t running_ = 0;
  const std::size_t at_once_;
};

}  // namespace errand::cli
