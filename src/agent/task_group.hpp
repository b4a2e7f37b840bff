#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace errand::agent {

/// Runs `job(0) … job(count - 1)` on at most `cap` threads at a time and returns when all have ended. The first
/// exception (a bug) is rethrown here. One job, or a cap of one, runs on the calling thread.
template <class Job>
void run_together(std::size_t count, std::size_t cap, Job&& job) {
  const auto workers = std::min(count, std::max<std::size_t>(cap, 1));
  if (workers <= 1) {
    for (std::size_t i = 0; i < count; ++i) job(i);
    return;
  }
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr first;
  {
    std::vector<std::jthread> threads;
    threads.reserve(workers);
    for (std::size_t w = 0; w < workers; ++w) {
      threads.emplace_back([&] {
        for (auto i = next++; i < count; i = next++) {
          try {
            job(i);
          } catch (...) {
            const std::lock_guard lock(mutex);
            if (!first) first = std::current_exception();
          }
        }
      });
    }
  }
  if (first) std::rethrow_exception(first);
}

}  // namespace errand::agent
