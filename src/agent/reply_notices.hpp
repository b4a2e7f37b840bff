#pragma once

#include <optional>
#include <utility>

#include "agent/reporter.hpp"
#include "provider/provider.hpp"

namespace errand::agent {

/// Keeps with the session what a provider says beside a reply: that another model answers, and its warnings. What the
/// reply itself is for is the derived class's. The reporter must outlive it.
class ReplyNotices : public provider::StreamObserver {
 public:
  explicit ReplyNotices(Reporter& reporter) : reporter_(reporter) {}

  void on_fallback(const chat::event::Fallback& fallback) override { keep(fallback); }
  void on_warning(const chat::event::Warning& warning) override { keep(warning); }

  /// The error of an event that could not be kept.
  [[nodiscard]] const std::optional<Error>& failed() const { return failed_; }

 protected:
  [[nodiscard]] Reporter& reporter() { return reporter_; }

 private:
  void keep(chat::EventBody body) {
    if (auto kept = reporter_.record({std::move(body)}); !kept) failed_ = kept.error();
  }

  Reporter& reporter_;
  std::optional<Error> failed_;
};

}  // namespace errand::agent
